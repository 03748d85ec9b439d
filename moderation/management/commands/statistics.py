"""Counts days and keeps them (`statistics snapshot`), and writes reports of them (`statistics export`)."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from moderation.management.arguments import USAGE, parse_sources
from moderation.management.parts import PartsCommand
from moderation.management.signals import stop_on_signals
from moderation.services.errors import ServiceError
from moderation.services.ledger.csv_cells import csv_lines
from moderation.services.statistics.report import COLUMNS, REPORTS, Question, report_read
from moderation.services.statistics.snapshot import RECOUNTED_DAYS, day_snapshot

EXPORTED_DAYS = 30


class Command(PartsCommand):
    """`statistics snapshot [--from DAY] [--to DAY] | export NAME [--from DAY] [--to DAY] [--by NAME]… [--csv]`"""

    help = "Count days and keep the figures, or write a report of them as JSON or CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        parts = parser.add_subparsers(dest="part", required=True)
        snapshot = parts.add_parser("snapshot", help="count days: by default today and the 30 days before it")
        export = parts.add_parser("export", help="write a report to the standard output")
        export.add_argument("name", choices=list(REPORTS), help="the report")
        for part, days in ((snapshot, RECOUNTED_DAYS), (export, EXPORTED_DAYS)):
            part.add_argument(
                "--from", dest="start", type=day, help=f"the first day; {days} days before --to if not given"
            )
            part.add_argument("--to", dest="end", type=day, help="the last day; today if not given")
        export.add_argument(
            "--by", action="append", default=[], choices=list(COLUMNS), help="split by; may be repeated"
        )
        export.add_argument("--source", action="append", default=[], help="only of this source; may be repeated")
        export.add_argument("--csv", action="store_true", help="CSV instead of JSON")

    def part_snapshot(self, options: dict[str, Any]) -> None:
        """Counts the days, the newest first, because it is asked for first."""
        start, end = days_of(options, RECOUNTED_DAYS)
        with stop_on_signals() as stop:
            for one in newest_first(start, end):
                if stop():
                    raise CommandError(f"Stopped: {one} and the days before it are not counted.")
                self.stderr.write(f"{one}: {day_snapshot(day=one)} figures")

    def part_export(self, options: dict[str, Any]) -> None:
        """Writes the report."""
        start, end = days_of(options, EXPORTED_DAYS)
        by, name = tuple(dict.fromkeys(options["by"])) or ("day",), options["name"]
        sources = [source.pk for source in parse_sources(options["source"])]
        try:
            rows = report_read(name=name, question=Question(start, end, by), sources=sources)
        except ServiceError as error:
            raise CommandError(error.detail, returncode=USAGE) from error
        if options["csv"]:
            self.stdout.write("".join(csv_lines(rows, [*by, *REPORTS[name].columns])), ending="")
        else:
            self.stdout.write(json.dumps(rows, default=str, ensure_ascii=False, indent=1))


def day(words: str) -> date:
    """Reads a day, as 2026-11-30."""
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise ArgumentTypeError(f"{words} is no day such as 2026-11-30.") from error


def days_of(options: dict[str, Any], days: int) -> tuple[date, date]:
    """Returns the first and the last day that were asked for."""
    end = options["end"] or timezone.localdate()
    start = options["start"] or end - timedelta(days=days)
    if start > end:
        raise CommandError("The range ends before it begins.", returncode=USAGE)
    return start, end


def newest_first(start: date, end: date) -> Iterator[date]:
    """Yields the days from the last to the first."""
    for back in range((end - start).days + 1):
        yield end - timedelta(days=back)
