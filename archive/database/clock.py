"""The database's clock: leases, holds and waits of all machines are by one clock, whatever their own ones say."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

MEASURE_SECONDS = 60
# Machines may be set to leases of unlike length; what ends later than this many of them was dated by a wrong clock.
LENGTHS = 2


def database_now() -> datetime:
    """Returns the time by the database's clock.

    PostgreSQL is asked once a minute, and its time counted on from there by a clock that nobody sets. SQLite has no
    clock but this machine's.
    """
    return timezone.now() if connection.vendor == "sqlite" else _measured.now()


def lease_stands(field: str, now: datetime, seconds: int) -> Q:
    """Says which leases, of `seconds` and ending at `field`, stand at `now`.

    One that ends further ahead than any lease can was written by a clock that was wrong: it has no holder to wait for.
    """
    return Q(**{f"{field}__gt": now, f"{field}__lte": lease_limit(now, seconds)})


def lease_ended(field: str, now: datetime, seconds: int) -> Q:
    """Says which leases have ended at `now`, or never stood; the contrary of `lease_stands`, but for none at all."""
    return Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": lease_limit(now, seconds)})


def lease_limit(now: datetime, seconds: int) -> datetime:
    """Returns the latest end that a lease of `seconds` can have at `now`."""
    return now + timedelta(seconds=LENGTHS * seconds)


class _DatabaseClock:
    """PostgreSQL's time as it was measured, and how long that was ago."""

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Returns the time, measured anew if that was long ago."""
        read = self._read
        if read is None or time.monotonic() - read[1] > MEASURE_SECONDS:
            self._read = read = self._ask()
        return read[0] + timedelta(seconds=time.monotonic() - read[1])

    @staticmethod
    def _ask() -> tuple[datetime, float]:
        connection.ensure_connection()
        # Past Django's cursors, which keep a record of queries: this is none of the page's.
        (moment,) = connection.connection.execute("SELECT clock_timestamp()").fetchone()
        return moment.astimezone(UTC), time.monotonic()


_measured = _DatabaseClock()
