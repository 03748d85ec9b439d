"""Brings deferred comments back to the queue when their time has come; for a scheduler, every few minutes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from moderation.services.deferred import deferred_return


class Command(BaseCommand):
    """`return_deferred`"""

    help = "Bring deferred comments whose time has come back to the queue. May run at any time and several at once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Brings them back and says how many."""
        try:
            count = deferred_return()
        except DatabaseError as error:
            raise CommandError(f"The database failed ({type(error).__name__}); run it again.") from None
        self.stdout.write(f"Deferred comments that came back: {count:,}")
