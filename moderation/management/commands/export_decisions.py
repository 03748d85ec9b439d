"""Exports the ledger of decisions as CSV or JSON Lines."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.arguments import MAX_ID, USAGE, number_of, parse_sources
from moderation.management.output import lines_write
from moderation.services.ledger.audit import export_record
from moderation.services.ledger.csv_cells import csv_lines
from moderation.services.ledger.export import DECISION_COLUMNS, decision_rows, json_lines


class Command(DatabaseCommand):
    """`export_decisions [--format csv|jsonl] [--after ID] [--source S…] [--output FILE]`"""

    help = "Write the ledger of decisions as CSV or JSON Lines, oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
        parser.add_argument(
            "--after", type=number_of("--after", MAX_ID), default=0, metavar="ID", help="only decisions after this one"
        )
        parser.add_argument("--source", action="append", default=[], help="only of this source; may be repeated")
        parser.add_argument("--output", type=Path, help="a file; by default standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Streams the rows."""
        if options["after"] < 0:
            raise CommandError("--after is the number of a decision, or 0.", returncode=USAGE)
        sources = [source.pk for source in parse_sources(options["source"])]
        rows = decision_rows(after=options["after"], sources=sources)
        lines = csv_lines(rows, DECISION_COLUMNS) if options["format"] == "csv" else json_lines(rows)
        lines_write(lines, path=options["output"], stdout=self.stdout)
        export_record(subject="decisions", after=options["after"], sources=options["source"])
