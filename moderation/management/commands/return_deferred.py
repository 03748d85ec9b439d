"""Brings deferred comments back to the queue when their time has come; for a scheduler, every few minutes."""

from typing import Any

from archive.management.database import DatabaseCommand
from moderation.services.review.deferrals import deferred_return


class Command(DatabaseCommand):
    """`return_deferred`"""

    help = "Bring deferred comments whose time has come back to the queue. May run at any time and several at once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Brings them back and says how many."""
        count = deferred_return()
        self.stdout.write(f"Deferred comments that came back: {count:,}")
