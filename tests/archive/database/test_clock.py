"""Leases are by the database's clock, and one that no right clock can have dated holds nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from archive.database import clock
from archive.models import Comment

SECONDS = 30
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def database_clock_is_django_clock() -> None:
    """Two, as they are."""


def test_a_clock_that_is_wrong_here_is_not_the_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    right = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: right + timedelta(days=1))
    monkeypatch.setattr(clock, "_measured", clock._DatabaseClock())
    ahead = clock.database_now() - right
    # SQLite has no clock but this one; what it wrote is bounded by the lease's length.
    expected = timedelta(days=1) if connection.vendor == "sqlite" else timedelta(0)
    assert abs(ahead - expected) < timedelta(minutes=1)
    assert clock.database_now().utcoffset() == timedelta(0)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no clock of its own")
def test_the_databases_time_goes_on_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: seconds[0])
    measured = clock._DatabaseClock()
    first = measured.now()
    seconds[0] += 5
    assert measured.now() - first == timedelta(seconds=5)
    seconds[0] += clock.MEASURE_SECONDS
    assert measured.now() - first < timedelta(seconds=5), "looked again"


@pytest.mark.parametrize(("ahead", "stands"), [(-1, 0), (0, 0), (1, 1), (30, 1), (60, 1), (61, 0), (86_400, 0)])
def test_a_lease_stands_or_has_ended(make_comment: Callable[..., Comment], ahead: int, stands: int) -> None:
    now = timezone.now()
    make_comment(edited_at=now + timedelta(seconds=ahead))
    make_comment()
    assert Comment.objects.filter(clock.lease_stands("edited_at", now, SECONDS)).count() == stands
    assert Comment.objects.filter(clock.lease_ended("edited_at", now, SECONDS)).count() == 1 - stands
