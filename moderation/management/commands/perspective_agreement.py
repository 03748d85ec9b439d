"""Compares our scores with stored Perspective scores, and makes a local calibration from them."""

import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.evaluation.agreement import Collected, calibration_store, curves_fit, pairs_collect
from moderation.evaluation.agreement_report import compare, notes_of, report
from moderation.evaluation.perspective_samples import Columns, Reading, Sample, columns_find, samples_read
from moderation.management.labelled_files import columns_check, columns_given, files_check, files_read, report_write
from moderation.scoring import Scorer, ScoringError
from moderation.scoring.calibration import MIN_ROWS
from moderation.scoring.perspective import PERSPECTIVE_ATTRIBUTES
from moderation.services.errors import ServiceError
from moderation.services.model_versions import scorer_active
from moderation.services.online_scoring.perspective import calibration_active, calibration_path

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
            help="the column that holds an attribute, where its name does not say so; may be repeated",
        )
        parser.add_argument("--language", help="what the texts are in; without it, detected")
        parser.add_argument("--limit", type=int, help="read at most this many rows of each file")
        parser.add_argument("--fit", metavar="NAME", help="make the local calibration NAME from these rows")
        parser.add_argument("--note", action="append", default=[], help="a sentence for the report; may be repeated")
        parser.add_argument("--write", type=Path, metavar="PATH", help="write the report to a file too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads, scores, compares, prints; writes and fits where that was asked for."""
        _check(options)
        options["column"] = columns_given(options["column"], form=PAIR, known=PERSPECTIVE_ATTRIBUTES)
        try:
            self._run(options)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        except ScoringError as error:
            raise CommandError(error.detail) from error

    def _run(self, options: dict[str, Any]) -> None:
        scorer, reading = scorer_active(), Reading()
        columns_check(options["column"], scorer.description)
        samples = _samples(options, reading)
        collected = pairs_collect(samples=samples, scorer=scorer, language=options["language"])
        if not any(len(pairs) for pairs in collected.pairs.values()):
            raise CommandError("There is no row with a text that the model serves and a score from 0 to 1.")
        text = self._report(collected, scorer, options)
        self.stdout.write(text)
        report_write(options["write"], text, option="write")
        self._closing(reading, collected)
        if options["fit"]:
            self._fit(options["fit"], collected, scorer)

    def _report(self, collected: Collected, scorer: Scorer, options: dict[str, Any]) -> str:
        calibration = calibration_active(scorer.description)
        fit = bool(options["fit"])
        compared = compare(collected=collected, calibration=calibration, fit=fit)
        notes = notes_of(collected=collected, files=[path.name for path in options["data"]], fit=fit)
        notes += options["note"]
        return report(compared=compared, model=scorer.description.label, notes=notes)

    def _closing(self, reading: Reading, collected: Collected) -> None:
        for path, columns in reading.columns.items():
            named = ", ".join(f"{attribute} from {column}" for attribute, column in columns.attributes.items())
            self.stderr.write(f"{path}: text from {columns.text}, {named}.")
        self.stderr.write(
            f"{reading.rows:,} rows read, {reading.empty:,} without text or score, {reading.wrong_values:,} values not "
            f"from 0 to 1, {collected.refused:,} texts refused by the model."
        )

    def _fit(self, name: str, collected: Collected, scorer: Scorer) -> None:
        curves = curves_fit(collected=collected)
        if not curves:
            raise CommandError(f"No attribute has the {MIN_ROWS} rows that a calibration takes.")
        calibration = calibration_store(name=name, curves=curves, scorer=scorer)
        served = ", ".join(curves)
        self.stderr.write(f"Calibration {calibration.label} of {served}; kept in {calibration_path(name)}.")
        self.stderr.write(f"Set MODERATION_PERSPECTIVE_CALIBRATION={name} and restart to serve it.")


def _samples(options: dict[str, Any], reading: Reading) -> Iterator[Sample]:
    def columns(names: Sequence[str]) -> Columns:
        return columns_find(names=names, text=options["text"], given=options["column"])

    def read(path: Path, show: Callable[[int], None]) -> Iterator[Sample]:
        return samples_read(path=path, reading=reading, columns=columns, progress=show)

    return files_read(options["data"], read, limit=options["limit"])


def _check(options: dict[str, Any]) -> None:
    """Refuses wrong usage before anything is read."""
    files_check(options["data"], limit=options["limit"])
    if options["fit"] and not NAME.fullmatch(options["fit"]):
        raise CommandError("--fit: a name has lower-case letters, digits and hyphens, at most 64.", returncode=2)
    if options["write"] and not options["write"].parent.is_dir():
        raise CommandError(f"--write: {options['write'].parent} is not a folder.", returncode=2)
