"""Erases what was kept long enough; without --apply it only says what it would erase."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from archive.database.clock import database_now
from archive.database.search import search_purge
from archive.management.database import DatabaseCommand
from moderation.management.arguments import USAGE, parse_sources
from moderation.management.signals import stop_on_signals
from moderation.services.privacy.retention import Due, retention_apply, retention_due
from moderation.services.privacy.retention_rules import KINDS, RetentionRule


class Command(DatabaseCommand):
    """`retention [--apply] [--kind KIND…] [--source SLUG…]`"""

    help = "Show what was kept longer than MODERATION_RETENTION says; with --apply, erase it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("--apply", action="store_true", help="erase it; without this, nothing is changed")
        parser.add_argument("--kind", action="append", choices=list(KINDS), help="only this kind; may be repeated")
        parser.add_argument("--source", action="append", default=[], metavar="SLUG", help="only rules of this source")

    def handle(self, *args: Any, **options: Any) -> None:
        """Shows, or erases; fails if it was stopped before its end."""
        parse_sources([*options["source"], *{rule.source for rule in settings.MODERATION_RETENTION if rule.source}])
        chosen = chosen_rules(options["kind"], options["source"])
        with stop_on_signals() as stop:
            self._run(chosen, apply=options["apply"], stop=stop)

    def _run(self, chosen: list[RetentionRule], *, apply: bool, stop: Any) -> None:
        rules, now = settings.MODERATION_RETENTION, database_now()
        due = [one for one in retention_due(rules=rules, now=now) if one.rule in chosen]
        if apply:
            due = retention_apply(rules=rules, only=chosen, now=now, stop=stop)
            search_purge()
        for one in due:
            self.stdout.write(line_of(one, applied=apply))
        if stop():
            raise CommandError("Stopped before the end: run it again, and it goes on from there.")
        if not apply:
            self.stderr.write("Nothing was changed: --apply erases it.")


def chosen_rules(kinds: list[str] | None, sources: list[str]) -> list[RetentionRule]:
    """Returns the rules of the setting that were asked for; raises CommandError if there is none."""
    rules: tuple[RetentionRule, ...] = settings.MODERATION_RETENTION
    found = [rule for rule in rules if rule.kind in (kinds or KINDS) and (not sources or rule.source in sources)]
    if not found:
        raise CommandError("MODERATION_RETENTION has no such rule: see docs/how-to/retention.md.", returncode=USAGE)
    return found


def line_of(due: Due, *, applied: bool) -> str:
    """Returns a rule and its rows for people to read."""
    rule = due.rule
    whose = f"{rule.source}: " if rule.source else ""
    return f"{whose}{rule.kind} after {rule.days:,} days: {due.rows:,} {'erased' if applied else 'would be erased'}"
