"""Answers of the database that stay good for a moment, kept in this process: a busy edge asks once for many requests.

What changes in this process is forgotten at once; what another process changes is seen after `seconds` at the latest.
An answer of half that age is asked for anew by one caller, while the others still have the old one: a slow database
holds up one request and not all of them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Name = TypeVar("Name")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Answer]):
    asked: float
    answer: Answer


def _monotonic() -> float:
    # Looked up at each call, so that a test can hold the clock of a cache that is there already.
    return time.monotonic()


class TTLCache(Generic[Name, Answer]):
    """Names with their answers; safe to use from several threads, which share the answers."""

    def __init__(self, *, seconds: float, most: int = 1000, clock: Callable[[], float] | None = None) -> None:
        """Begin empty.

        Args:
            seconds: How old an answer may be.
            most: How many are kept; when there are more, all are forgotten.
            clock: Gives seconds that never go back; without it, the process's monotonic clock.
        """
        self._seconds = seconds
        self._most = most
        self._clock = clock or _monotonic
        self.forget()

    def forget(self) -> None:
        """Forgets everything."""
        # Whoever is asking right now keeps its answer in the old book, which nobody reads any more.
        self._kept: dict[Name, _Kept[Answer]] = {}
        self._asking: set[Name] = set()

    def get(self, name: Name, read: Callable[[], Answer]) -> Answer:
        """Returns what is kept of `name`, else what `read` gives, which is kept unless it is None."""
        book, asking = self._kept, self._asking
        kept = book.get(name)
        age = self._clock() - kept.asked if kept else self._seconds
        if kept and (age < self._seconds / 2 or (age < self._seconds and name in asking)):
            return kept.answer
        asking.add(name)
        try:
            return self._read(name, read, book)
        finally:
            asking.discard(name)

    def _read(self, name: Name, read: Callable[[], Answer], book: dict[Name, _Kept[Answer]]) -> Answer:
        asked = self._clock()
        answer = read()
        if answer is None:
            book.pop(name, None)
            return answer
        if len(book) >= self._most:
            book.clear()
        book[name] = _Kept(asked, answer)
        return answer
