"""How often a key may call: counted over a minute that slides, in Redis or, while that is away, in this process."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.checks import run_checks
from limits.storage import MemoryStorage
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient

from moderation.services.accounts import rate_limits
from moderation.services.accounts.rate_limits import FALLBACKS, LOCAL, RateLimiter, _redis

NOWHERE = "redis://127.0.0.1:1/0"
# The last second of a minute.
EDGE = datetime(2026, 11, 30, 12, 0, 59, tzinfo=UTC)


def counted(metric: object) -> float:
    return float(metric._value.get())  # type: ignore[attr-defined]


class Gone(MemoryStorage):
    """A storage that counts how often it is asked, and is away."""

    asked = 0

    def get_sliding_window(self, *args: object, **_: object) -> tuple[int, float, int, float]:
        Gone.asked += 1
        raise RedisConnectionError

    def acquire_sliding_window_entry(self, *args: object, **_: object) -> bool:
        Gone.asked += 1
        raise RedisConnectionError


@pytest.fixture
def limiter() -> Iterator[RateLimiter]:
    """A limiter whose storage is away."""
    Gone.asked = 0
    yield RateLimiter(Gone)
    LOCAL.set(0)


def test_no_two_bursts_meet_at_the_edge_of_a_minute() -> None:
    limiter = RateLimiter()
    with time_machine.travel(EDGE, tick=False) as clock:
        assert [limiter.hit("key", 60).allowed for _ in range(61)] == [True] * 60 + [False]
        clock.shift(2)
        assert sum(limiter.hit("key", 60).allowed for _ in range(60)) <= 3
        clock.shift(60)
        assert sum(limiter.hit("key", 60).allowed for _ in range(60)) >= 55


def test_a_refused_key_is_told_when_to_come_back_and_is_then_allowed() -> None:
    limiter = RateLimiter()
    with time_machine.travel(EDGE, tick=False) as clock:
        refused = [limiter.hit("key", 2) for _ in range(3)][-1]
        assert (refused.allowed, refused.limit, refused.remaining) == (False, 2, 0)
        clock.shift(refused.retry_after)
        assert limiter.hit("key", 2).allowed


def test_while_redis_is_away_this_process_counts_and_a_metric_says_so(limiter: RateLimiter) -> None:
    before = counted(FALLBACKS)
    assert [limiter.hit("key", 2).allowed for _ in range(3)] == [True, True, False]
    assert (counted(FALLBACKS) - before, counted(LOCAL)) == (3, 1)


def test_redis_that_is_away_is_left_alone_for_a_while_and_then_tried_again(
    limiter: RateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        limiter.hit("key", 100)
    assert Gone.asked == 1
    later = time.monotonic() + rate_limits.RETRY_SECONDS + 1
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: later)
    limiter.storage, limiter._shared = MemoryStorage, None
    assert limiter.hit("key", 100).remaining == 99
    assert counted(LOCAL) == 0


@pytest.mark.django_db
def test_answers_tell_a_key_what_is_left_and_a_person_nothing(client_with: Callable[..., APIClient]) -> None:
    tight = client_with("read", rate=2)
    first, second, third = (tight.get("/api/v1/sources/") for _ in range(3))
    assert [one["RateLimit-Limit"] for one in (first, second, third)] == ["2", "2", "2"]
    assert [one["RateLimit-Remaining"] for one in (first, second, third)] == ["1", "0", "0"]
    assert (third.status_code, third["Retry-After"]) == (429, third["RateLimit-Reset"])
    free = APIClient().get("/api/v1/sources/")
    assert [name for name in free.headers if name.startswith("RateLimit")] == []


@pytest.mark.parametrize("url", [NOWHERE, "redis://no-such-host.invalid:6379/0", "unix:///no/such/socket"])
def test_an_address_that_leads_nowhere_stops_no_request(url: str) -> None:
    limiter = RateLimiter(lambda: _redis(url))
    assert [limiter.hit("key", 2).allowed for _ in range(3)] == [True, True, False]
    assert not limiter.check()


@pytest.mark.skipif("REDIS_URL" not in os.environ, reason="REDIS_URL is not set")
def test_processes_that_share_redis_share_the_count() -> None:
    url, name = os.environ["REDIS_URL"], uuid.uuid4().hex
    one, other = (RateLimiter(lambda: _redis(url)) for _ in range(2))
    assert [each.hit(name, 3).allowed for each in (one, other, one, other)] == [True, True, True, False]
    assert one.check()


def test_check_warns_of_redis_that_does_not_answer(settings: object) -> None:
    settings.REDIS_URL = NOWHERE  # type: ignore[attr-defined]
    found = [one for one in run_checks(tags=["database"], databases=[]) if one.id == "moderation.W004"]
    assert [one.is_serious() for one in found] == [False]
    settings.REDIS_URL = ""  # type: ignore[attr-defined]
    assert [one for one in run_checks(tags=["database"], databases=[]) if one.id == "moderation.W004"] == []
