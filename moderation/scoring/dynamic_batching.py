"""Requests that come at the same time, scored together: a bounded line in front of a scorer. No Django here.

A caller puts its texts into the line and waits. A worker takes what has come meanwhile, in the order in which it came,
and scores it in one call; so under load batches fill by themselves, and one lone caller waits for nobody. The line is
bounded: who would be one caller too many, or would wait too long at the rate of the last rounds, is refused at once.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from moderation.scoring.results import Refusal, Result, ScoringError

# Five texts of 300 characters. Four together cost a seventh less than four alone, and more of them hardly less; but all
# of a round wait for its end, and whoever comes next too. A line of one round is no overload.
ROUND_CHARACTERS = 1_600
# The longest wait before a caller's turn. Coral, the most hurried client, gives up after 0.8 s and publishes unscored.
PATIENCE_SECONDS = 0.5
# Callers in the line. Each of them holds a thread of the server, which must keep some free to refuse the others.
MAX_REQUESTS = 64
# Characters a worker scores in a second until rounds were timed, and how much the last round counts in the mean.
FIRST_RATE = 30_000.0
NEWEST_SHARE = 0.2
# A job of one word costs as much as its tokens, its padding and its turn: no job counts for less.
MIN_CHARACTERS = 100
LINGER_SECONDS = 0.002

Found = list[Result | Refusal]
_gatherers: weakref.WeakSet[DynamicBatcher] = weakref.WeakSet()


class Scores(Protocol):
    """What is asked of a scorer."""

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        spans: bool = False,
        perspective: bool = False,
    ) -> Found:
        """As `Scorer.score`."""


class QueueFullError(ScoringError):
    """The line is full: nothing was scored, and the same call may succeed a moment later."""

    def __init__(self) -> None:
        super().__init__("overloaded", "More texts are waiting than can be scored soon.", retryable=True)


@dataclass(frozen=True, slots=True)
class ScoringRequest:
    """One caller's texts, and where it waits for their results."""

    texts: tuple[str, ...]
    languages: tuple[str | None, ...]
    spans: bool
    future: Future[Found] = field(default_factory=Future)

    @property
    def characters(self) -> int:
        """What the job counts for in the line."""
        return sum(max(MIN_CHARACTERS, len(text)) for text in self.texts)


class DynamicBatcher:
    """A line before a scorer; safe to use from any number of threads.

    Attributes:
        refused: Calls that were refused because the line was full.
    """

    def __init__(
        self,
        scorer: Scores,
        *,
        workers: int = 1,
        patience: float = PATIENCE_SECONDS,
        round_characters: int = ROUND_CHARACTERS,
        linger: float = LINGER_SECONDS,
        most_jobs: int = MAX_REQUESTS,
    ) -> None:
        """Remember the scorer; threads start with the first call, in the process that makes it.

        Args:
            scorer: Its `score` is called from several threads.
            workers: Rounds scored at the same time; as many as the scorer has threads keeps all of them busy.
            patience: Seconds that a caller may wait for its turn, as estimated from the rounds before.
            round_characters: Most characters scored in one call, except that one job is never split.
            linger: Seconds a worker waits for company while others are being served; a lone caller is served at once.
            most_jobs: Callers that may be in the line.
        """
        self._scorer = scorer
        self._workers = max(1, workers)
        self._patience = patience
        self._rate = FIRST_RATE
        self._round_characters = round_characters
        self._linger = linger
        self._most_jobs = most_jobs
        self.refused = 0
        self._forget()
        _gatherers.add(self)

    def _forget(self) -> None:
        """Begin anew: a fork copies neither threads nor the callers that wait."""
        self._changed = threading.Condition()
        self._line: deque[ScoringRequest] = deque()
        self._waiting = 0
        self._serving = 0
        self._threads: list[threading.Thread] = []

    @property
    def waiting(self) -> int:
        """Characters in the line now."""
        return self._waiting

    @property
    def room(self) -> float:
        """Characters that may be in the line when a caller comes: what is scored in `patience`, at least one round."""
        return max(self._round_characters, self._patience * self._rate * self._workers)

    def check(self) -> None:
        """Refuse a caller who would find the line full, before the work that comes before `submit`.

        Raises:
            LineFullError: A retry after a moment may help.
        """
        with self._changed:
            if self._waiting > self.room or len(self._line) >= self._most_jobs:
                self.refused += 1
                raise QueueFullError

    def submit(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        spans: bool = False,
        admitted: bool = False,
    ) -> Future[Found]:
        """Put texts into the line; the future gives what `Scorer.score` would, `perspective` outputs included.

        Args:
            texts: As for `Scorer.score`.
            languages: As for `Scorer.score`.
            spans: As for `Scorer.score`.
            admitted: Whether the caller is in the line already: then a full line takes these texts too.

        Raises:
            LineFullError: At once; a retry after a moment may help.
            ScoringError: `invalid_arguments` where `languages` has another length than `texts`.
        """
        job = ScoringRequest(tuple(texts), tuple(languages if languages is not None else [None] * len(texts)), spans)
        if len(job.languages) != len(job.texts):
            raise ScoringError("invalid_arguments", f"{len(job.languages)} languages came with {len(texts)} texts.")
        with self._changed:
            if not admitted:
                self.check()
            self._line.append(job)
            self._waiting += job.characters
            self._start()
            self._changed.notify()
        return job.future

    def score(
        self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None, spans: bool = False
    ) -> Found:
        """Wait for the results of `submit`.

        Raises:
            LineFullError: At once.
            ScoringError: What the scorer raised for these texts.
        """
        return self.submit(texts, languages=languages, spans=spans).result()

    def _start(self) -> None:
        while len(self._threads) < self._workers:
            name = f"gather-{len(self._threads)}"
            thread = threading.Thread(target=self._serve, args=(self._changed,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, changed: threading.Condition) -> None:
        while True:
            with changed:
                changed.wait_for(lambda: bool(self._line))
                if self._serving:
                    changed.wait_for(lambda: self._waiting >= self._round_characters, self._linger)
                jobs = self._take()
                self._serving += 1
                if self._line:
                    # Whoever was woken for what is left may have been this worker, in its linger.
                    changed.notify()
            begun = time.monotonic()
            try:
                self._run(jobs)
            finally:
                with changed:
                    self._serving -= 1
                    self._note(sum(job.characters for job in jobs), time.monotonic() - begun)

    def _note(self, characters: int, seconds: float) -> None:
        """Keeps the rate up to date; a round of a few words says little of it."""
        if characters > MIN_CHARACTERS and seconds > 0:
            self._rate += NEWEST_SHARE * (characters / seconds - self._rate)

    def _take(self) -> list[ScoringRequest]:
        """The next round: jobs from the head of the line that ask for the same, up to the size of a round."""
        jobs: list[ScoringRequest] = []
        characters = 0
        while self._line and (not jobs or self._fits(self._line[0], jobs[0], characters)):
            jobs.append(self._line.popleft())
            characters += jobs[-1].characters
        self._waiting -= characters
        return jobs

    def _fits(self, job: ScoringRequest, first: ScoringRequest, characters: int) -> bool:
        return job.spans == first.spans and characters + job.characters <= self._round_characters

    def _run(self, jobs: list[ScoringRequest]) -> None:
        """Score a round; where it fails, each job alone, so that only the one at fault fails."""
        try:
            found = self._score(jobs)
        except Exception as error:  # noqa: BLE001 - the caller, who waits in another thread, is told
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
            else:
                for job in jobs:
                    self._run([job])
            return
        for job in jobs:
            job.future.set_result(found[: len(job.texts)])
            del found[: len(job.texts)]

    def _score(self, jobs: list[ScoringRequest]) -> Found:
        texts = [text for job in jobs for text in job.texts]
        languages = [language for job in jobs for language in job.languages]
        if not texts:
            return []
        return list(self._scorer.score(texts, languages=languages, spans=jobs[0].spans, perspective=True))


def _begin_anew_in_child() -> None:
    for gatherer in list(_gatherers):
        gatherer._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_in_child)
