"""Who may put texts into a queue, and who waits in line for a place in it. No Django here.

The queue has room for so many characters. A caller who finds it full waits in line as long as it says, in the order in
which callers came, and is refused then; it is refused at once if too many callers are here already.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from moderation.scoring.results import ScoringError

# Callers with a place or in line. Each of them holds a thread of the server, which must keep some free for the others.
MAX_CALLERS = 64
# A single word costs its tokens, its padding and its turn: no text counts for less than this.
MIN_CHARACTERS = 100


class QueueFullError(ScoringError):
    """The queue is full: nothing was scored, and the same call may succeed a moment later."""

    def __init__(self) -> None:
        super().__init__("overloaded", "More texts are waiting than can be scored soon.", retryable=True)


@dataclass(slots=True, eq=False)
class Place:
    """A caller's place in the queue, from its admission until its release.

    Attributes:
        characters: What it counts for, until its first texts come and count for themselves.
        admitted: Set once the caller has its place; until then it waits in line.
    """

    characters: int
    admitted: threading.Event = field(default_factory=threading.Event)


def counted(texts: Iterable[str]) -> int:
    """The size of texts in the queue, in characters, at least `MIN_CHARACTERS` each."""
    return sum(max(MIN_CHARACTERS, len(text)) for text in texts)


class Admission:
    """The places of a queue and the line before it.

    Attributes:
        waiting: Characters in the queue, with those that places were taken for and that have not come yet.
        refused: Calls that were refused because the queue was full, at once or after their wait.
    """

    def __init__(self, *, lock: threading.Condition, room: Callable[[], float], max_callers: int) -> None:
        """Begin empty.

        Args:
            lock: The queue's own, which may be taken twice by one thread.
            room: Gives the characters that may be waiting when a caller is admitted.
            max_callers: Callers that may have a place or wait for one.
        """
        self.waiting = 0
        self.refused = 0
        self._lock = lock
        self._room = room
        self._max_callers = max_callers
        self._places: set[Place] = set()
        self._line: deque[Place] = deque()

    @property
    def in_line(self) -> int:
        """Callers that wait for a place."""
        return len(self._line)

    def reserve(self, texts: Sequence[str], *, wait: float) -> Place:
        """Take a place for texts that will come, within `wait` seconds.

        Raises:
            QueueFullError: The wait is over, or too many callers are here already.
        """
        place = Place(counted(texts))
        with self._lock:
            if len(self._places) + len(self._line) >= self._max_callers:
                self._refuse()
            self._line.append(place)
            self.admit()
        if not place.admitted.is_set() and not (wait > 0 and place.admitted.wait(wait)):
            self._leave(place)
        return place

    def release(self, place: Place) -> None:
        """Give a place back: its caller waits for nothing more. Once is enough, and more do no harm."""
        with self._lock:
            if place in self._places:
                self._places.remove(place)
                self.waiting -= place.characters
                self.admit()

    def come(self, place: Place, characters: int) -> None:
        """Count texts that came into the queue, in the stead of what their place counted for."""
        with self._lock:
            self.waiting += characters - place.characters
            place.characters = 0

    def admit(self, gone: int = 0) -> None:
        """Give places to those at the head of the line if there is room, now that `gone` characters have left."""
        with self._lock:
            self.waiting -= gone
            while self._line and self.waiting <= self._room():
                place = self._line.popleft()
                self._places.add(place)
                self.waiting += place.characters
                place.admitted.set()

    def _leave(self, place: Place) -> None:
        """Ends a wait that is over, unless the place came at the last moment."""
        with self._lock:
            if not place.admitted.is_set():
                self._line.remove(place)
                self._refuse()

    def _refuse(self) -> NoReturn:
        self.refused += 1
        raise QueueFullError
