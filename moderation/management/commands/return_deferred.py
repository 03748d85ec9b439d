"""Returns deferred comments that are due to the queue; for a scheduler, every few minutes."""

from typing import Any

from archive.management.database import DatabaseCommand
from moderation.services.review.deferrals import deferred_return


class Command(DatabaseCommand):
    """`return_deferred`"""

    help = "Return deferred comments that are due to the queue. Safe to run at any time, and concurrently."

    def handle(self, *args: Any, **options: Any) -> None:
        """Returns them to the queue and prints how many."""
        count = deferred_return()
        self.stdout.write(f"Deferred comments that came back: {count:,}")
