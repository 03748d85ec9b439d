"""Makes a key for a machine: the secret is printed once, alone, on standard output."""

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from archive.management.database import DatabaseCommand
from archive.models import Source
from moderation.models import Scope
from moderation.services.errors import ServiceError
from moderation.services.keys import api_key_create


class Command(DatabaseCommand):
    """`create_api_key NAME --scope S…`"""

    help = "Make an API key. Its secret is printed once and kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("name", help="what the key is for; decisions made with it carry this name")
        parser.add_argument("--scope", action="append", required=True, choices=Scope.values, help="may be repeated")
        parser.add_argument("--expires", help="a date or a date and time; without it the key has no end")
        parser.add_argument(
            "--source", action="append", default=[], help="limit the key to this source; may be repeated"
        )
        parser.add_argument("--rate", type=int, help="requests a minute; without it there is no limit")
        parser.add_argument("--drop-unsupported", action="store_true", help="drop attributes that no model serves")
        parser.add_argument("--trusted-feedback", action="store_true", help="its suggested scores may be calibrated on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes the key."""
        try:
            key, token = api_key_create(
                name=options["name"],
                scopes=options["scope"],
                expires=parse_expiry(options["expires"]),
                sources=sources_named(options["source"]),
                rate=options["rate"],
                drop_unsupported=options["drop_unsupported"],
                trusted_feedback=options["trusted_feedback"],
            )
        except ServiceError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Key {key.name} made with {', '.join(key.scopes)}. Keep it: it cannot be shown again.")
        self.stdout.write(token)


def parse_expiry(value: str | None) -> datetime | None:
    """Returns the moment that `value` means, at the end of the day for a date; raises CommandError."""
    if value is None:
        return None
    try:
        day = parse_date(value) if len(value) == len("2027-01-31") else None
        moment = datetime.combine(day, time.max) if day else parse_datetime(value)
    except ValueError as error:
        raise CommandError(f"--expires: {error}.") from error
    if moment is None:
        raise CommandError(f"--expires: {value} is not a date (2027-01-31) or a date and time (2027-01-31T12:00:00Z).")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def sources_named(slugs: list[str]) -> list[Source]:
    """Returns the sources of these slugs; raises CommandError for one that is not there."""
    found = {source.slug: source for source in Source.objects.filter(slug__in=slugs)}
    missing = sorted(set(slugs) - set(found))
    if missing:
        raise CommandError(f"--source: there is no source {', '.join(missing)}.")
    return list(found.values())
