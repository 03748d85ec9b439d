"""Backs the database up while it is in use, and proves the copy."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from archive.management.database import DatabaseCommand
from archive.management.progress import Progress
from moderation.services.backup.take import backup_take
from moderation.services.errors import ServiceError


class Command(DatabaseCommand):
    """`backup FOLDER [--no-verify]`"""

    help = "Copy the database, while it is in use, into a new folder, and prove the copy by restoring it beside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the arguments."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, made by this command")
        parser.add_argument("--no-verify", action="store_true", help="do not restore the copy and compare it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Takes the backup and says what it holds."""
        try:
            with Progress(unit="page") as progress:
                manifest = backup_take(
                    database=connection, folder=options["folder"], verify=not options["no_verify"], told=progress.show
                )
        except ServiceError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{options['folder']}: {error.strerror}.") from None
        held = manifest.contents
        checked = "not verified" if options["no_verify"] else "restored and compared"
        self.stdout.write(
            f"{options['folder']}: {held.total:,} rows in {len(held.rows)} tables, "
            f"{held.rows['moderation_decision']:,} decisions, {held.seals:,} seals checked; {checked}."
        )
        if held.broken_seals:
            self.stderr.write(f"{held.broken_seals:,} seals do not fit their texts, in the database itself already.")
