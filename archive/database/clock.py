"""The database's clock: leases, holds and waits on all machines use this one clock, not the machines' own."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

MEASURE_SECONDS = 60
# Machines may be configured with different lease lengths; a lease that ends more than this many lengths ahead was
# written by a wrong clock.
LENGTHS = 2


def database_now() -> datetime:
    """Returns the time by the database's clock.

    PostgreSQL is asked once a minute; in between, a monotonic clock counts on from its answer. SQLite has no clock but
    this machine's.
    """
    return timezone.now() if connection.vendor == "sqlite" else _measured.now()


def lease_stands(field: str, now: datetime, seconds: int) -> Q:
    """Selects the leases of `seconds` ending at `field` that are held at `now`.

    A lease that ends later than any lease can was written by a wrong clock: there is no holder to wait for.
    """
    return Q(**{f"{field}__gt": now, f"{field}__lte": lease_limit(now, seconds)})


def lease_ended(field: str, now: datetime, seconds: int) -> Q:
    """Selects the leases that have ended at `now` or never held: the opposite of `lease_stands`, except for NULL."""
    return Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": lease_limit(now, seconds)})


def lease_limit(now: datetime, seconds: int) -> datetime:
    """Returns the latest end that a lease of `seconds` can have at `now`."""
    return now + timedelta(seconds=LENGTHS * seconds)


class _DatabaseClock:
    """PostgreSQL's time when it was last measured, and how long ago that was."""

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Returns the time, measured again if the last measurement is too old."""
        read = self._read
        if read is None or time.monotonic() - read[1] > MEASURE_SECONDS:
            self._read = read = self._ask()
        return read[0] + timedelta(seconds=time.monotonic() - read[1])

    @staticmethod
    def _ask() -> tuple[datetime, float]:
        connection.ensure_connection()
        # Bypasses Django's cursors, which log queries: this one does not belong to the page.
        (moment,) = connection.connection.execute("SELECT clock_timestamp()").fetchone()
        return moment.astimezone(UTC), time.monotonic()


_measured = _DatabaseClock()
