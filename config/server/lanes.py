"""Lanes of a worker: requests of one kind get so many of its threads, the others wait in order, without a thread."""

import re
import time
from dataclasses import dataclass, field
from typing import Generic, TypeVar

# One in this many threads serves long bodies: they cost the most, and their clients are used to waiting. While one of
# them is decoded no other thread runs.
LONG_BODY_SHARE = 40
# Requests of one key or session are served one at a time, because threads take turns at one lock: whoever has many at
# work leaves little to others. Beside one that takes longer than `CALLER_SECONDS` a second may begin, so that an export
# or a simulation does not keep the same person's pages waiting.
CALLER_THREADS = 2
CALLER_SECONDS = 1.0
# Calls that wait for scores. The colon may come encoded.
_SCORED = re.compile(
    rb"POST /(?:v1alpha1/comments(?::|%3[Aa])analyze|batch|api/v1/analyze/|api/v1/comments/\?(?:[^ ]*&)?wait=score)"
    rb"[? &]"
)

Connection = TypeVar("Connection")


@dataclass(slots=True)
class Lane(Generic[Connection]):
    """Connections that share `most` threads.

    Attributes:
        most: Threads of this lane.
        seconds: How long a connection may wait for one.
        caller: Whose requests these are; empty if they are of many.
        apart: One is served beside another only once that has taken so many seconds.
        waiting: Connections without a thread → until when they may wait, in the order in which they came.
        served: Connections with one → since when.
    """

    most: int
    seconds: float
    caller: bytes = b""
    apart: float = 0.0
    waiting: dict[Connection, float] = field(default_factory=dict)
    served: dict[Connection, float] = field(default_factory=dict)

    def add(self, connection: Connection) -> None:
        """Puts a connection at the end of the line."""
        self.waiting[connection] = time.monotonic() + self.seconds

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits and nobody is served."""
        return not self.waiting and not self.served

    def next(self) -> Connection | None:
        """Takes the first of the line, if there is a thread for it; the caller serves it or discards it."""
        now = time.monotonic()
        if not self.waiting or len(self.served) >= self.most or self.is_early(now):
            return None
        first = next(iter(self.waiting))
        del self.waiting[first]
        self.served[first] = now
        return first

    def is_early(self, now: float) -> bool:
        """Whether one that is served began too short a time ago for another beside it."""
        return any(now - began < self.apart for began in self.served.values())

    def over(self, now: float) -> list[Connection]:
        """Takes those that have waited too long out of the line."""
        found = [connection for connection, last in self.waiting.items() if last < now]
        for connection in found:
            del self.waiting[connection]
        return found


def caller_lane(caller: bytes, seconds: float) -> Lane[Connection]:
    """The lane of what one key or session asks for, beside calls that wait for scores and long bodies."""
    return Lane(CALLER_THREADS, seconds, caller, CALLER_SECONDS)


def waits_for_scores(head: bytes) -> bool:
    """Whether a request will wait for scores, by its first line."""
    return bool(_SCORED.match(head))


def long_body_threads(threads: int) -> int:
    """How many of a process's threads serve long bodies."""
    return max(1, threads // LONG_BODY_SHARE)


def scoring_threads(threads: int) -> int:
    """How many serve other calls that wait for scores: with long bodies four fifths, so that pages have the rest."""
    return max(1, threads * 4 // 5 - long_body_threads(threads))
