"""Makes the facts that older reviews lack, and the hits of word lists that changed since."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from archive.management.database import DatabaseCommand
from moderation.management.arguments import USAGE, parse_sources
from moderation.management.signals import stop_on_signals
from moderation.services.verdicts.facts_walk import FactsLacking, WalkReport, facts_lacking, facts_make


class Command(DatabaseCommand):
    """`review_facts [--check] [--source S] [--first ID] [--last ID]`"""

    help = "Make the facts that reviews lack. Stop it at any time: the next run goes on where it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("--check", action="store_true", help="say how many reviews lack facts, and make none")
        parser.add_argument("--source", help="reviews of this source only")
        parser.add_argument("--first", type=int, default=0, help="from this comment's id on")
        parser.add_argument("--last", type=int, help="up to this comment's id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walks over the reviews, or counts them."""
        if options["last"] is not None and options["last"] < options["first"]:
            raise CommandError("--last: an id from that of --first on.", returncode=USAGE)
        if options["check"]:
            self._say(facts_lacking())
            return
        source = parse_sources([options["source"]])[0] if options["source"] else None
        with stop_on_signals() as stop, tqdm(unit=" reviews", disable=None) as bar:
            walk = {"source": source, "first": options["first"], "last": options["last"]}
            report = facts_make(**walk, progress=lambda so_far: _show(bar, so_far), stop=stop)
        self.stdout.write(f"{report.done:,} of {report.total:,} reviews done; {report.changed:,} changed meanwhile.")
        if report.stopped:
            raise CommandError("Stopped; run it again to continue.")

    def _say(self, lacking: FactsLacking) -> None:
        self.stdout.write(f"{lacking.texts:,} of {lacking.reviews:,} reviews lack facts of their texts.")
        for name, count in lacking.lists.items():
            self.stdout.write(f"{count:,} were not matched with the current version of the word list {name}.")


def _show(bar: Any, report: WalkReport) -> None:
    bar.total = report.total
    bar.update(report.done + report.changed - bar.n)
