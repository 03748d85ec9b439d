"""`evaluate_model`: evaluates a model on labelled texts, as Markdown and JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from archive.management.progress import Progress
from moderation.evaluation.collect import labels_unserved
from moderation.evaluation.columns import TableForm
from moderation.evaluation.report import evaluation_report
from moderation.evaluation.run import SampleFiles, model_evaluate
from moderation.evaluation.samples import LABELS, SampleOptions, SampleReport
from moderation.management.arguments import USAGE, columns_check, files_check, folder_check, number_of, parse_columns
from moderation.management.output import report_write
from moderation.scoring import ScoringError, open_scorer
from moderation.scoring.metrics.quality import ROUNDS
from moderation.scoring.perspective import PERSPECTIVE_ATTRIBUTES
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_preferred, model_scorer

PAIR = "LABEL=COLUMN"
KNOWN = (*LABELS, *PERSPECTIVE_ATTRIBUTES)


class Command(DatabaseCommand):
    """`evaluate_model [--model NAME] DATA… [--json FILE]`"""

    help = (
        "Evaluate a model on labelled texts (CSV, TSV, JSON lines): ranks, calibration, thresholds, groups, spans, "
        "noise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("data", nargs="+", type=Path, help="files with texts and their labels")
        parser.add_argument("--model", metavar="NAME", help="NAME or NAME@N; without it, the active one for --language")
        parser.add_argument("--text", default="", help="the column that holds the text")
        parser.add_argument("--group", default="", help="the column to break figures down by")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar=PAIR,
            help="the column of a label or Perspective attribute, if its name differs; may be repeated",
        )
        parser.add_argument("--delimiter", default="", help="of CSV files; by default a comma, in .tsv files a tab")
        parser.add_argument("--no-quotes", action="store_true", help="treat quotes in CSV files as text")
        parser.add_argument(
            "--unlabelled", action="store_true", help="accept texts without labels: reports only what thresholds flag"
        )
        parser.add_argument("--language", help="the language of the texts; by default detected")
        parser.add_argument("--limit", type=number_of("--limit"), help="read at most this many rows of each file")
        parser.add_argument(
            "--noise", action="store_true", help="also score disguised toxic texts, once per kind of disguise"
        )
        parser.add_argument(
            "--rounds", type=number_of("--rounds"), default=ROUNDS, help=f"resamplings for intervals ({ROUNDS})"
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
        parser.add_argument("--write", type=Path, metavar="FILE", help="also write the report to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads, scores, evaluates, prints a report, and writes files if requested."""
        _check(options)
        options["column"] = parse_columns(options["column"], form=PAIR, known=KNOWN)
        try:
            self._run(options)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        except ScoringError as error:
            raise CommandError(error.detail) from error

    def _run(self, options: dict[str, Any]) -> None:
        language = options["language"] or ""
        scorer = open_scorer(options["model"]) if options["model"] else model_scorer(model_preferred(language))
        columns_check(labels_unserved(options["column"], scorer.description), model=scorer.description.label)
        with Progress(unit="byte") as progress:
            figures, read = model_evaluate(
                scorer=scorer,
                files=_files(options),
                noise=options["noise"],
                rounds=options["rounds"],
                progress=progress.show,
            )
        report = evaluation_report(figures=figures)
        self.stdout.write(report)
        report_write(json.dumps(figures, indent=1) + "\n", path=options["json"], option="json")
        report_write(report, path=options["write"], option="write")
        self._print_summary(read)

    def _print_summary(self, read: SampleReport) -> None:
        for path, columns in read.columns.items():
            named = [f"{name} from {column}" for name, column in {**columns.labels, **columns.perspective}.items()]
            self.stderr.write(f"{path}: {', '.join([f'text from {columns.text}', *named])}.")
        self.stderr.write(
            f"{read.rows:,} rows read, {read.empty:,} without text or label, "
            f"{read.wrong_values:,} values of no known form."
        )


def _files(options: dict[str, Any]) -> SampleFiles:
    found = SampleOptions(
        text=options["text"],
        group=options["group"],
        columns=options["column"],
        form=TableForm(options["delimiter"], quotes=not options["no_quotes"]),
        unlabelled=options["unlabelled"],
    )
    return SampleFiles(options["data"], found, options["language"], options["limit"])


def _check(options: dict[str, Any]) -> None:
    """Raises CommandError for wrong usage before anything is read."""
    files_check(options["data"], limit=options["limit"])
    for name in ("json", "write"):
        folder_check(options[name], option=name)
    if len(options["delimiter"]) > 1:
        raise CommandError("--delimiter: one character.", returncode=USAGE)
    if options["rounds"] < 0:
        raise CommandError("--rounds must be at least 0.", returncode=USAGE)
