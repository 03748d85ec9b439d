"""Options that several commands read: dates, shards, the slugs of sources."""

from datetime import datetime, time

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from archive.models import Source


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


USAGE = 2


def parse_since(value: str | None) -> datetime | None:
    """Returns the moment that `value` means: for a date, its first in UTC."""
    if value is None:
        return None
    try:
        moment = parse_datetime(value)
        day = parse_date(value) if moment is None else None
    except ValueError as error:
        raise CommandError(f"--since: {error}.", returncode=USAGE) from error
    moment = datetime.combine(day, time.min) if day else moment
    if moment is None:
        detail = f"--since: {value} is not a date (2021-11-16) or a date and time (2021-11-16T12:00:00Z)."
        raise CommandError(detail, returncode=USAGE)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def parse_shard(value: str | None) -> tuple[int, int] | None:
    """Returns (i, n) of `i/n`."""
    if value is None:
        return None
    number, _, count = value.partition("/")
    if not (number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
        raise CommandError(f"--shard: {value} is not i/n, such as 1/4.", returncode=USAGE)
    return int(number), int(count)
