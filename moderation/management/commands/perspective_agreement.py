"""Compares our scores with stored Perspective scores, and can fit a local calibration to them."""

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from archive.management.progress import Progress
from moderation.evaluation.agreement import Collected
from moderation.evaluation.collect import labels_unserved
from moderation.evaluation.run import SampleFiles, calibration_fit, comparison_report, perspective_compare
from moderation.evaluation.samples import SampleOptions, SampleReport
from moderation.management.arguments import USAGE, columns_check, files_check, folder_check, number_of, parse_columns
from moderation.management.output import report_write
from moderation.scoring import Scorer, ScoringError
from moderation.scoring.perspective import PERSPECTIVE_ATTRIBUTES
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_preferred, model_scorer
from moderation.services.online_scoring.perspective import calibration_path

PAIR = "ATTRIBUTE=COLUMN"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Command(DatabaseCommand):
    """`perspective_agreement DATA… [--fit NAME]`"""

    help = "Compare our scores with stored Perspective scores (CSV); --fit makes a calibration from them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("data", nargs="+", type=Path, help="CSV files with texts and Perspective scores")
        parser.add_argument("--text", default="", help="the column that holds the text")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar=PAIR,
            help="the column of an attribute, if its name differs; may be repeated",
        )
        parser.add_argument("--language", help="the language of the texts; by default detected")
        parser.add_argument("--limit", type=number_of("--limit"), help="read at most this many rows of each file")
        parser.add_argument("--fit", metavar="NAME", help="fit the local calibration NAME to these rows")
        parser.add_argument("--note", action="append", default=[], help="a sentence for the report; may be repeated")
        parser.add_argument("--write", type=Path, metavar="PATH", help="also write the report to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads, scores, compares and prints a report; writes files and fits a calibration if requested."""
        _check(options)
        options["column"] = parse_columns(options["column"], form=PAIR, known=PERSPECTIVE_ATTRIBUTES)
        try:
            self._run(options)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        except ScoringError as error:
            raise CommandError(error.detail) from error

    def _run(self, options: dict[str, Any]) -> None:
        scorer, files = model_scorer(model_preferred(options["language"] or "")), _files(options)
        columns_check(labels_unserved(options["column"], scorer.description), model=scorer.description.label)
        with Progress(unit="byte") as progress:
            collected, read = perspective_compare(scorer=scorer, files=files, progress=progress.show)
        text = comparison_report(
            collected=collected, scorer=scorer, files=files, notes=options["note"], fit=bool(options["fit"])
        )
        self.stdout.write(text)
        report_write(text, path=options["write"], option="write")
        self._print_summary(read, collected)
        if options["fit"]:
            self._fit(options["fit"], collected, scorer)

    def _print_summary(self, read: SampleReport, collected: Collected) -> None:
        for path, columns in read.columns.items():
            named = ", ".join(f"{attribute} from {column}" for attribute, column in columns.perspective.items())
            self.stderr.write(f"{path}: text from {columns.text}, {named}.")
        self.stderr.write(
            f"{read.rows:,} rows read, {read.empty:,} without text or score, {read.wrong_values:,} values not "
            f"from 0 to 1, {collected.refused:,} texts refused by the model."
        )

    def _fit(self, name: str, collected: Collected, scorer: Scorer) -> None:
        calibration = calibration_fit(name=name, collected=collected, scorer=scorer)
        served = ", ".join(calibration.curves)
        self.stderr.write(f"Calibration {calibration.label} of {served}; kept in {calibration_path(name)}.")
        self.stderr.write(f"Set MODERATION_PERSPECTIVE_CALIBRATION={name} and restart to serve it.")


def _files(options: dict[str, Any]) -> SampleFiles:
    found = SampleOptions(text=options["text"], columns=options["column"], perspective_alone=True)
    return SampleFiles(options["data"], found, options["language"], options["limit"])


def _check(options: dict[str, Any]) -> None:
    """Raises CommandError for wrong usage before anything is read."""
    files_check(options["data"], limit=options["limit"])
    if options["fit"] and not NAME.fullmatch(options["fit"]):
        raise CommandError("--fit: a name has lower-case letters, digits and hyphens, at most 64.", returncode=USAGE)
    folder_check(options["write"], option="write")
