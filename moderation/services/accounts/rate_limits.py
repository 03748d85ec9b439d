"""Counts the requests of each key: in Redis if it is configured, else in this process.

The counter slides, so that no two bursts meet at the edge of two minutes. While Redis does not answer, each process
counts for itself, as it does without Redis; the metrics below say so, and Redis is tried again every few seconds.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import cast

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter, Gauge
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

REDIS_SECONDS = 1.0
# How long Redis is left alone after it did not answer: each try may cost a request REDIS_SECONDS.
RETRY_SECONDS = 5.0
# What the client raises for a server that is away, refuses the login, or has an address that leads nowhere.
UNREACHABLE = (RedisError, OSError, ValueError)

FALLBACKS = Counter("moderato_rate_limit_fallbacks", "Requests counted by this process because Redis did not answer.")
LOCAL = Gauge("moderato_rate_limit_local", "1 while this process counts keys' requests itself although Redis is set.")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may still do. `limit` and `remaining` are None if it has no limit; `reset` is in seconds from now."""

    allowed: bool
    limit: int | None = None
    remaining: int | None = None
    reset: int = 0

    @property
    def retry_after(self) -> int:
        """Seconds after which a refused request may be allowed; 0 for an allowed one."""
        return 0 if self.allowed else max(1, self.reset)


@dataclass(slots=True)
class RateLimiter:
    """Counts in `storage`; in this process while that does not answer, or if there is none."""

    storage: Callable[[], Storage] | None = None
    _shared: SlidingWindowCounterRateLimiter | None = None
    _local: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage())
    )
    _away_until: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, name: str, rate: int) -> Allowance:
        """Counts one request under `name`, of which `rate` a minute are allowed."""
        if self.storage is None:
            return _hit(self._local, name, rate)
        if time.monotonic() >= self._away_until:
            try:
                allowance = _hit(self._open(self.storage), name, rate)
            except UNREACHABLE as error:
                self._leave(error)
            else:
                LOCAL.set(0)
                return allowance
        FALLBACKS.inc()
        return _hit(self._local, name, rate)

    def check(self) -> bool:
        """Returns whether the storage answers; True without one."""
        try:
            return self.storage is None or bool(self._open(self.storage).storage.check())
        except UNREACHABLE:
            return False

    def _open(self, storage: Callable[[], Storage]) -> SlidingWindowCounterRateLimiter:
        with self._lock:
            self._shared = self._shared or SlidingWindowCounterRateLimiter(storage())
            return self._shared

    def _leave(self, error: Exception) -> None:
        self._away_until = time.monotonic() + RETRY_SECONDS
        LOCAL.set(1)
        logger.warning("Redis does not answer (%s): this process counts keys' requests itself", type(error).__name__)


def rate_limiter() -> RateLimiter:
    """Returns this process's limiter."""
    return _limiter(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _limiter(url: str) -> RateLimiter:
    return RateLimiter(partial(_redis, url) if url else None)


def _redis(url: str) -> Storage:
    # The library has a name of its own for a socket's address.
    address = url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url
    found = storage_from_string(address, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS)
    return cast("Storage", found)


def _hit(limiter: SlidingWindowCounterRateLimiter, name: str, rate: int) -> Allowance:
    item = RateLimitItemPerMinute(rate)
    allowed = limiter.hit(item, name)
    stats = limiter.get_window_stats(item, name)
    # At the very edge of a minute nothing has become free yet.
    reset = max(0, math.floor(stats.reset_time - time.time())) + 1
    return Allowance(allowed, rate, max(0, stats.remaining), reset)
