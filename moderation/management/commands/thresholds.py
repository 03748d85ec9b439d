"""`thresholds`: what each threshold of toxicity means, by language, as Markdown and JSON."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from archive.management.progress import Progress
from moderation.evaluation.columns import TableForm
from moderation.evaluation.samples import SampleOptions
from moderation.evaluation.thresholds.run import LanguageFiles, language_measure
from moderation.evaluation.thresholds.table import LanguageTable, tables_report
from moderation.management.arguments import USAGE, files_check, folder_check, number_of
from moderation.management.output import report_write
from moderation.scoring import ScoringError, open_scorer
from moderation.scoring.text.language import language_code
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_preferred, model_scorer

PAIR = "CODE=FILE"
NOTES = (
    "Written by `manage.py thresholds`. In per cent, in brackets 95 % intervals: Clopper and Pearson's, of the",
    "identity gap Newcombe's. The gap: by how much more harmless texts that name a group are flagged than others.",
)


class Command(DatabaseCommand):
    """`thresholds CODE=FILE… [--newspaper CODE=FILE]… [--model NAME] [--limit N] [--json FILE] [--write FILE]`"""

    help = "Say what each threshold of toxicity means in a language: precision, recall, and what it would queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("data", nargs="+", metavar=PAIR, help="labelled texts of a language")
        parser.add_argument(
            "--newspaper",
            action="append",
            default=[],
            metavar=PAIR,
            help="published comments, without labels; may be repeated",
        )
        parser.add_argument("--model", metavar="NAME", help="NAME or NAME@N; without it, the active ones")
        parser.add_argument("--text", default="", help="the column that holds the text")
        parser.add_argument("--no-quotes", action="store_true", help="treat quotes in CSV files as text")
        parser.add_argument("--limit", type=number_of("--limit"), help="read at most this many rows of each file")
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
        parser.add_argument("--write", type=Path, metavar="FILE", help="also write the tables to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Scores the texts language by language, prints the tables, and writes files if requested."""
        files = list(languages_of(options))
        files_check([path for one in files for path in one.paths], limit=options["limit"])
        for name in ("json", "write"):
            folder_check(options[name], option=name)
        try:
            tables = [self._measure(one, options["model"]) for one in files]
        except ServiceError as error:
            raise CommandError(str(error)) from error
        except ScoringError as error:
            raise CommandError(error.detail) from error
        report = tables_report(tables=tables, notes=NOTES)
        figures = json.dumps([table.as_json() for table in tables], indent=1)
        self.stdout.write(report)
        report_write(figures + "\n", path=options["json"], option="json")
        report_write(report, path=options["write"], option="write")

    def _measure(self, files: LanguageFiles, model: str | None) -> LanguageTable:
        scorer = open_scorer(model) if model else model_scorer(model_preferred(files.language))
        with Progress(unit="byte") as progress:
            table, read = language_measure(files=files, scorer=scorer, progress=progress.show)
        self.stderr.write(f"{files.language}: {read.rows:,} rows read, {read.empty:,} without text or label.")
        return table


def languages_of(options: dict[str, Any]) -> Iterator[LanguageFiles]:
    """Yields the files of each language, in the order in which they were named; raises CommandError."""
    labelled, published = pairs_of(options["data"]), pairs_of(options["newspaper"])
    if alone := sorted(set(published) - set(labelled)):
        raise CommandError(f"--newspaper: no labelled texts in {alone[0]} are named.", returncode=USAGE)
    read = SampleOptions(text=options["text"], form=TableForm(quotes=not options["no_quotes"]))
    for code, paths in labelled.items():
        yield LanguageFiles(code, paths, published.get(code, []), read, options["limit"])


def pairs_of(arguments: Sequence[str]) -> dict[str, list[Path]]:
    """Returns language → files; raises CommandError for anything else than CODE=FILE."""
    found: dict[str, list[Path]] = {}
    for argument in arguments:
        code, mark, name = argument.partition("=")
        if not mark or not name or not language_code(code):
            raise CommandError(f"{argument[:100]} is not {PAIR}, such as en=comments.csv.", returncode=USAGE)
        found.setdefault(language_code(code), []).append(Path(name))
    return found
