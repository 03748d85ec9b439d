"""Exports suggested scores as CSV or JSON Lines."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from archive.management.database import DatabaseCommand
from moderation.management.output import lines_write
from moderation.services.ledger.audit import export_record
from moderation.services.ledger.csv_cells import csv_lines
from moderation.services.ledger.export import FEEDBACK_COLUMNS, feedback_rows, json_lines


class Command(DatabaseCommand):
    """`export_feedback [--format csv|jsonl] [--trusted-only] [--output FILE]`"""

    help = "Write the suggested scores (Perspective's suggestscore) as CSV or JSON Lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
        parser.add_argument("--trusted-only", action="store_true", help="only those sent with a key marked as trusted")
        parser.add_argument("--output", type=Path, help="a file; by default standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Streams the rows."""
        rows = feedback_rows(trusted_only=options["trusted_only"])
        lines = csv_lines(rows, FEEDBACK_COLUMNS) if options["format"] == "csv" else json_lines(rows)
        lines_write(lines, path=options["output"], stdout=self.stdout)
        export_record(subject="feedback", trusted_only=options["trusted_only"])
