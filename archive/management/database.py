"""A base command that reports database errors in one line."""

from traceback import clear_frames
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


class DatabaseCommand(BaseCommand):
    """The base class of commands that use the database."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Runs the command.

        Raises:
            CommandError: the database failed, or lacks the tables of this version; also what the command raises.
        """
        try:
            return super().execute(*args, **options)
        except BrokenPipeError as error:
            # What still reads rows must end before Django closes the connection under it.
            clear_frames(error.__traceback__)
            raise
        except DatabaseError as error:
            failure = failure_of(error)
            raise CommandError(f"{failure[0].upper()}{failure[1:]}; run it again.") from None


def failure_of(error: DatabaseError) -> str:
    """Returns what failed.

    Names only the type of the error: a database's message may quote the row, and with it a reader's text.
    """
    if _lacks_tables():
        return "the database lacks tables of this version (manage.py migrate)"
    return f"the database failed ({type(error).__name__})"


def _lacks_tables() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return False
