"""Exports all that is stored of a commenter."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from archive.management.database import DatabaseCommand
from moderation.management.arguments import MAX_ID, number_of
from moderation.management.commands.erase_commenter import commenter_numbered
from moderation.management.output import lines_write
from moderation.services.ledger.audit import export_record
from moderation.services.privacy.export import commenter_export_lines


class Command(DatabaseCommand):
    """`export_commenter ID [--output FILE]`"""

    help = "Write all that is stored of a commenter as JSON Lines, for a person who asks for their data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the arguments."""
        parser.add_argument("id", type=number_of("id", MAX_ID), help="the commenter's number")
        parser.add_argument("--output", type=Path, help="a file; by default standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Streams the lines."""
        lines = commenter_export_lines(commenter=commenter_numbered(options["id"]))
        lines_write(lines, path=options["output"], stdout=self.stdout)
        export_record(subject=f"commenter {options['id']}")
