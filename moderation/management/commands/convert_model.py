"""Converts a model to the fast format, once, and compares it with Detoxify.predict."""

import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from archive.management.progress import Progress
from moderation.management.arguments import number_of, parse_texts
from moderation.scoring import ModelDescription, ScoringError, available, describe
from moderation.scoring.catalogue.descriptions import MODELS
from moderation.scoring.catalogue.published import PUBLISHED, Published

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}")


class Command(BaseCommand):
    """`convert_model NAME|CHECKPOINT [--texts FILE] …`"""

    help = "Convert a model of Detoxify's, or a local checkpoint, to the form that scores fast; done once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument(
            "model", metavar="NAME|CHECKPOINT", help=f"{', '.join(PUBLISHED)}; a .ckpt file, or a Hugging Face folder"
        )
        parser.add_argument("--config", type=Path, metavar="FOLDER", help="config.json and tokenizer of the base model")
        parser.add_argument("--texts", type=Path, metavar="FILE", help="comments to compare on; without it, six")
        parser.add_argument("--name", help="what a local checkpoint is called here; without it, its file's name")
        parser.add_argument("--languages", help="what it was trained for, such as en,fr; the first is the default (en)")
        parser.add_argument("--licence", help="of a local checkpoint's weights")
        parser.add_argument(
            "--max-tokens",
            type=number_of("--max-tokens"),
            help="the longest window; without it, 512 or what the model has",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Converts, compares, and prints a report."""
        name, published = _name(options), _published(options)
        if name in MODELS:
            raise CommandError(f"{name} comes with the project; give the model another name.")
        try:
            lines = self._convert(name, published, options)
        except ScoringError as error:
            raise CommandError(error.detail) from error
        self.stdout.write("\n".join(lines))

    def _convert(self, name: str, published: Published, options: dict[str, Any]) -> list[str]:
        # These import torch, which a server never does.
        from moderation.scoring.conversion.convert import PROBE_TEXTS, Origin, convert
        from moderation.scoring.conversion.detoxified import fetch_published

        texts = parse_texts(options["texts"]) or list(PROBE_TEXTS)
        checkpoint = fetch_published(published.kind) if options["model"] in PUBLISHED else Path(options["model"])
        target = Path(settings.MODERATION_MODELS_FOLDER) / name
        origin = Origin(
            name,
            _version(name),
            published.languages,
            published.licence,
            published.source,
            published.max_tokens,
            published.overlap_tokens,
        )
        description, parity = convert(
            checkpoint, target, origin, config=options["config"], texts=texts, progress=progress_shown()
        )
        return [*_report(description, parity), f"To score with it: manage.py model activate {description.label}"]


def progress_shown() -> Callable[[Sequence[str]], Iterator[str]]:
    """Returns a generator function that passes texts through and shows the progress on standard error."""

    def shown(texts: Sequence[str]) -> Iterator[str]:
        with Progress(unit="text") as progress:
            for done, text in enumerate(texts, 1):
                yield text
                progress.show(done, len(texts))

    return shown


def _name(options: dict[str, Any]) -> str:
    name = options["model"] if options["model"] in PUBLISHED else options["name"] or Path(options["model"]).stem.lower()
    if options["model"] in PUBLISHED and options["name"]:
        raise CommandError("--name: a model of Detoxify's keeps its name.")
    if not NAME.fullmatch(name):
        raise CommandError(f"--name: {name!r} must be lower-case letters, digits and hyphens, 64 at most.")
    if name in PUBLISHED and options["model"] not in PUBLISHED:
        raise CommandError(f"--name: {name} is one of Detoxify's models; give the checkpoint another name.")
    return str(name)


def _published(options: dict[str, Any]) -> Published:
    """Returns the metadata of one of Detoxify's models, or of a local checkpoint from the options."""
    if options["model"] in PUBLISHED:
        return PUBLISHED[options["model"]]
    languages = tuple((options["languages"] or "en").split(","))
    if not all(LANGUAGE.fullmatch(code) for code in languages):
        raise CommandError("--languages: give ISO 639 codes with commas between them, such as en,fr.")
    if options["max_tokens"] is not None and not 128 <= options["max_tokens"] <= 512:  # noqa: PLR2004
        raise CommandError("--max-tokens: must be from 128 to 512.")
    longest = options["max_tokens"] or 512
    return Published("", "", languages, "", options["licence"] or "not stated", longest)


def _version(name: str) -> int:
    """Returns the next version number: a model's scores stay with the version that gave them."""
    return describe(name).version + 1 if name in available() else 1


def _report(description: ModelDescription, parity: Any) -> list[str]:
    size = f"{description.size_bytes / 1e6:,.0f} MB"
    return [
        f"{description.label}: {', '.join(description.attributes)}",
        f"languages: {', '.join(description.languages)}; windows of {description.max_tokens} tokens; {size}",
        f"checkpoint SHA-256: {description.checkpoint_sha256}",
        f"files SHA-256: {description.sha256}",
        f"parity with Detoxify.predict on {parity.texts:,} texts ({parity.left_out:,} longer ones left out):",
        *(_line(strayed) + ", too far" for strayed in _strayed(parity)),
        _line(parity),
    ]


def _strayed(parity: Any) -> list[Any]:
    """Returns the parities of faster arithmetics that were tried and rejected, in order."""
    return [*_strayed(parity.strayed), parity.strayed] if parity.strayed else []


def _line(parity: Any) -> str:
    return (
        f"  {parity.arithmetic}: largest difference {parity.largest:.5f}, mean {parity.mean:.6f}, "
        f"rank correlation {parity.rank_correlation:.5f}, smallest spread {parity.spread:.3f}"
    )
