"""Restores a backup into the empty database that DATABASE_URL names."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from moderation.services.backup.restore import backup_restore
from moderation.services.errors import ServiceError


class Command(BaseCommand):
    """`restore FOLDER`"""

    help = "Restore a backup into the empty database that DATABASE_URL names; one that has tables is refused."
    # They look at the tables that are to come.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the argument."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that `backup` made")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restores, compares, and says what to do next."""
        try:
            manifest = backup_restore(database=connection, folder=options["folder"])
        except ServiceError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{options['folder']}: {error.strerror}.") from None
        except DatabaseError as error:
            raise CommandError(f"The database failed ({type(error).__name__}).") from None
        held = manifest.contents
        self.stdout.write(
            f"Restored the backup of {manifest.made_at}: {held.total:,} rows in {len(held.rows)} tables, "
            f"{held.rows['moderation_decision']:,} decisions in order, {held.seals:,} seals checked."
        )
        if MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes()):
            self.stderr.write("It was made by an older version: run manage.py migrate.")
        self.stderr.write("Erase again whoever was erased since then: docs/how-to/back-up.md.")
