"""A per-process TTL cache for reads on hot paths; one caller refreshes early while the others get the old value.

Callers invalidate it when this process changes the data; changes made by other processes show up within `seconds`.
Refreshing starts at half that age, so a slow database delays one request instead of all of them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Value]):
    read_at: float
    value: Value


def _monotonic() -> float:
    # Looked up at each call, so that a test can patch the clock of an existing cache.
    return time.monotonic()


class TTLCache(Generic[Key, Value]):
    """A mapping from keys to values that expire; safe to share between threads."""

    def __init__(self, *, seconds: float, most: int = 1000, clock: Callable[[], float] | None = None) -> None:
        """Creates an empty cache.

        Args:
            seconds: How long a value stays valid.
            most: The maximum number of entries; the cache is emptied when it is full.
            clock: Returns monotonic seconds; defaults to the process's monotonic clock.
        """
        self._seconds = seconds
        self._most = most
        self._clock = clock or _monotonic
        self.forget()

    def forget(self) -> None:
        """Drops all entries."""
        # A read under way stores its value in the old dictionary, which nobody uses any more.
        self._entries: dict[Key, _Entry[Value]] = {}
        self._reading: set[Key] = set()

    def get(self, key: Key, read: Callable[[], Value]) -> Value:
        """Returns the cached value of `key`, else the result of `read`, which is cached unless it is None."""
        entries, reading = self._entries, self._reading
        entry = entries.get(key)
        age = self._clock() - entry.read_at if entry else self._seconds
        if entry and (age < self._seconds / 2 or (age < self._seconds and key in reading)):
            return entry.value
        reading.add(key)
        try:
            return self._read(key, read, entries)
        finally:
            reading.discard(key)

    def _read(self, key: Key, read: Callable[[], Value], entries: dict[Key, _Entry[Value]]) -> Value:
        read_at = self._clock()
        value = read()
        if value is None:
            entries.pop(key, None)
            return value
        if len(entries) >= self._most:
            entries.clear()
        entries[key] = _Entry(read_at, value)
        return value
