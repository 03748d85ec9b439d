"""Does what has to be done from time to time; for cron, where no broker and beat do it."""

from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.signals import stop_on_signals
from moderation.services.upkeep import upkeep_run


class Command(DatabaseCommand):
    """`maintain`"""

    help = "Return due deferrals, go on with long acts, close withdrawn comments, send webhooks, erase by retention."

    def handle(self, *args: Any, **options: Any) -> None:
        """Does all of it and prints what was done; fails if a webhook did, which a later run repeats."""
        with stop_on_signals() as stop:
            done = upkeep_run(stop=stop)
        moved = f"{done.returned:,} deferred comments came back, {done.decided:,} decided on, {done.closed:,} closed"
        sent = f"{done.sent.delivered:,} webhooks delivered, {done.sent.failed:,} attempts failed"
        self.stdout.write(f"{moved}, {done.erased:,} rows erased, {sent}.")
        if done.sent.failed:
            raise CommandError("Some attempts failed. Deliveries that were not given up are sent again when due.")
