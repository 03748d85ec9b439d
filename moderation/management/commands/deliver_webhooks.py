"""Sends pending webhook deliveries; safe to kill, to repeat and to run concurrently."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.signals import stop_on_signals
from moderation.services.webhooks.delivery import DeliveryReport, deliveries_prune, deliveries_run

# How soon `--watch` notices a new decision or a signal.
WATCH_SECONDS = 1.0


class Command(DatabaseCommand):
    """`deliver_webhooks [--once | --watch]`"""

    help = "Send pending decisions to webhook targets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--once", action="store_true", help="send what is due and exit, for a scheduler (the default)")
        how.add_argument("--watch", action="store_true", help="keep running, and check every second")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sends, and prints a summary; exits with status 1 if an attempt failed, which a later run repeats."""
        with stop_on_signals() as stop:
            report = self.watch(stop) if options["watch"] else deliveries_run(stop=stop)
            deliveries_prune()
        if not options["watch"]:
            self.stdout.write(summary(report))
            if report.failed:
                raise CommandError("Some attempts failed. Deliveries that were not given up are sent again when due.")

    def watch(self, stop: Callable[[], bool]) -> DeliveryReport:
        """Sends what is due until a signal is received; prints a summary whenever something was done."""
        while not stop():
            report = deliveries_run(stop=stop)
            if report != DeliveryReport():
                self.stdout.write(summary(report))
                self.stdout.flush()
                deliveries_prune()
            else:
                time.sleep(WATCH_SECONDS)
        return DeliveryReport()


def summary(report: DeliveryReport) -> str:
    """Returns a run's results for people to read."""
    return (
        f"{report.delivered:,} delivered, {report.failed:,} attempts failed, {report.given_up:,} given up, "
        f"{report.disabled:,} targets disabled."
    )
