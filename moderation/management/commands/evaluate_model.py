"""`evaluate_model`: how good a model is on labelled texts, as Markdown and as JSON."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.progress import Progress
from moderation.scoring import Scorer, ScoringError, open_scorer
from moderation.scoring.quality import ROUNDS
from moderation.services.errors import ServiceError
from moderation.services.evaluation import evaluate, output_compared
from moderation.services.evaluation_figures import Figures, figures_of
from moderation.services.evaluation_report import evaluation_report
from moderation.services.labelled_samples import LABELS, Labelled, LabelOptions, LabelReading, labelled_read
from moderation.services.model_versions import scorer_active
from moderation.services.perspective_scores import PERSPECTIVE_ATTRIBUTES, calibration_active


class Command(DatabaseCommand):
    """`evaluate_model [--model NAME] DATA… [--json FILE]`"""

    help = (
        "Judge a model by labelled texts (CSV, TSV, JSON lines): ranks, calibration, thresholds, groups, spans, noise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("data", nargs="+", type=Path, help="files with texts and what people say of them")
        parser.add_argument("--model", metavar="NAME", help="NAME or NAME@N; without it, the active model")
        parser.add_argument("--text", default="", help="the column that holds the text")
        parser.add_argument("--group", default="", help="the column that figures are also told by")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="LABEL=COLUMN",
            help="the column of a label or of an attribute of Perspective's, where its name does not say so; repeats",
        )
        parser.add_argument("--delimiter", default="", help="of CSV files; without it a comma, in .tsv a tab")
        parser.add_argument("--no-quotes", action="store_true", help="quotes in CSV files are text")
        parser.add_argument("--unlabelled", action="store_true", help="texts alone will do: only what thresholds flag")
        parser.add_argument("--language", help="what the texts are in; without it, detected")
        parser.add_argument("--limit", type=int, help="read at most this many rows of each file")
        parser.add_argument("--noise", action="store_true", help="also score toxic texts disguised, once for each kind")
        parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"resamplings for intervals ({ROUNDS})")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
        parser.add_argument("--write", type=Path, metavar="FILE", help="write the report there too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads, scores, judges, prints, and writes where that was asked for."""
        _check(options)
        try:
            self._run(options)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        except ScoringError as error:
            raise CommandError(error.detail) from error

    def _run(self, options: dict[str, Any]) -> None:
        scorer = open_scorer(options["model"]) if options["model"] else scorer_active()
        _check_served(options["column"], scorer)
        reading = LabelReading()
        found = evaluate(
            samples=_samples(options, reading), scorer=scorer, language=options["language"], noise=options["noise"]
        )
        if found.texts == found.refused:
            raise CommandError("There is no row with a text that the model serves and something to compare with.")
        calibration = calibration_active(scorer.description)
        figures = _about(scorer, options) | figures_of(found=found, calibration=calibration, rounds=options["rounds"])
        report = evaluation_report(figures=figures)
        self.stdout.write(report)
        _write(options, figures, report)
        self._closing(reading)

    def _closing(self, reading: LabelReading) -> None:
        for path, columns in reading.columns.items():
            named = [f"{name} from {column}" for name, column in {**columns.labels, **columns.perspective}.items()]
            self.stderr.write(f"{path}: {', '.join([f'text from {columns.text}', *named])}.")
        self.stderr.write(
            f"{reading.rows:,} rows read, {reading.empty:,} without text or label, "
            f"{reading.wrong_values:,} values of no known form."
        )


def _samples(options: dict[str, Any], reading: LabelReading) -> Iterator[Labelled]:
    wanted = LabelOptions(
        text=options["text"],
        group=options["group"],
        columns=dict(pair.split("=", 1) for pair in options["column"]),
        delimiter=options["delimiter"],
        quotes=not options["no_quotes"],
        unlabelled=options["unlabelled"],
    )
    total, done = sum(path.stat().st_size for path in options["data"]), 0
    progress = Progress(unit="byte", stream=sys.stderr)

    def show(size: int) -> None:
        nonlocal done
        done += size
        progress.show(done, total)

    try:
        for path in options["data"]:
            samples = labelled_read(path=path, reading=reading, options=wanted, progress=show)
            yield from islice(samples, options["limit"])
    finally:
        progress.close()


def _about(scorer: Scorer, options: dict[str, Any]) -> Figures:
    description = scorer.description
    return {
        "model": description.label,
        "sha256": description.sha256,
        "size_bytes": description.size_bytes,
        "files": [path.name for path in options["data"]],
        "rounds": options["rounds"],
    }


def _write(options: dict[str, Any], figures: Figures, report: str) -> None:
    contents = {"json": json.dumps(figures, indent=1) + "\n", "write": report}
    for name, content in contents.items():
        path = options[name]
        try:
            if path:
                path.write_text(content, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"--{name} {path}: {error.strerror}.") from error


def _check(options: dict[str, Any]) -> None:
    """Refuses wrong usage before anything is read."""
    for path in options["data"]:
        if not path.is_file():
            raise CommandError(f"{path} is not a file.", returncode=2)
    for name in ("json", "write"):
        if options[name] and not options[name].parent.is_dir():
            raise CommandError(f"--{name}: {options[name].parent} is not a folder.", returncode=2)
    _check_columns(options["column"])
    if len(options["delimiter"]) > 1:
        raise CommandError("--delimiter: one character.", returncode=2)
    for name, least in (("rounds", 0), ("limit", 1)):
        if options[name] is not None and options[name] < least:
            raise CommandError(f"--{name}: a number from {least} on.", returncode=2)


def _check_served(given: Sequence[str], scorer: Scorer) -> None:
    """Refuses a column for what the model has no output for, which would be passed over without a word."""
    for name in (pair.partition("=")[0] for pair in given):
        if not output_compared(name, scorer.description):
            raise CommandError(f"--column: {scorer.description.label} has no output for {name}.", returncode=2)


def _check_columns(given: Sequence[str]) -> None:
    known = (*LABELS, *PERSPECTIVE_ATTRIBUTES)
    for pair in given:
        name, _, column = pair.partition("=")
        if name not in known or not column:
            raise CommandError(f"--column: {pair} is not LABEL=COLUMN, of {', '.join(known)}.", returncode=2)
