"""Scores concurrent requests together: a bounded queue in front of a scorer. No Django here.

A caller puts its texts into the queue and waits. A worker takes the requests that have arrived, in order, and scores
them in one call; so batches fill under load, and a lone caller does not wait. The queue is bounded by what is scored
soon at the recent rate. A caller who finds it full waits in line for a place, as long as it says, and is refused then;
it is refused at once if too many callers are there already.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from moderation.scoring.queueing.admission import MAX_CALLERS, MIN_CHARACTERS, Admission, Place, counted
from moderation.scoring.results import Refusal, Result, ScoringError

# Five texts of 300 characters. Four together cost a seventh less than four alone, and more gain hardly anything; but
# all of a round wait for its end, and so does the next caller. A queue of one round is not an overload.
ROUND_CHARACTERS = 1_600
# What the queue holds, in seconds of scoring. It only has to keep the workers busy; who comes later waits in line.
PATIENCE_SECONDS = 0.5
# Characters a worker scores per second, assumed until rounds are timed; the weight of the last round in the average.
FIRST_RATE = 30_000.0
NEWEST_SHARE = 0.2
LINGER_SECONDS = 0.002

Found = list[Result | Refusal]


class Scores(Protocol):
    """The interface of a scorer."""

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
        perspective: bool = False,
    ) -> Found:
        """As `Scorer.score`."""


@dataclass(frozen=True, slots=True)
class ScoringRequest:
    """One caller's texts, and the future that it waits for."""

    texts: tuple[str, ...]
    languages: tuple[str | None, ...]
    fallbacks: tuple[str | None, ...]
    spans: bool
    future: Future[Found] = field(default_factory=Future)

    @property
    def characters(self) -> int:
        """The request's size in the queue."""
        return counted(self.texts)


class DynamicBatcher:
    """A queue in front of a scorer; thread-safe."""

    def __init__(
        self,
        scorer: Scores,
        *,
        workers: int = 1,
        patience: float = PATIENCE_SECONDS,
        round_characters: int = ROUND_CHARACTERS,
        linger: float = LINGER_SECONDS,
        max_callers: int = MAX_CALLERS,
    ) -> None:
        """Store the scorer; threads start with the first call, in the calling process.

        Args:
            scorer: Its `score` is called from several threads.
            workers: Rounds scored concurrently; as many as the scorer's threads keeps all of them busy.
            patience: Seconds of scoring that the queue holds, estimated from earlier rounds.
            round_characters: Maximum characters scored in one call; a single larger request is not split.
            linger: Seconds a worker waits for more requests while others are served; a lone one is served at once.
            max_callers: Maximum number of callers that have a place or wait for one.
        """
        self._scorer = scorer
        self._workers = max(1, workers)
        self._patience = patience
        self._rate = FIRST_RATE
        self._round_characters = round_characters
        self._linger = linger
        self._changed = threading.Condition()
        self._admission = Admission(lock=self._changed, room=lambda: self.room, max_callers=max_callers)
        self._requests: deque[ScoringRequest] = deque()
        self._serving = 0
        self._threads: list[threading.Thread] = []

    @property
    def waiting(self) -> int:
        """Characters in the queue now, reserved places included."""
        return self._admission.waiting

    @property
    def refused(self) -> int:
        """Number of calls refused because the queue was full, at once or after their wait."""
        return self._admission.refused

    @property
    def in_line(self) -> int:
        """Number of callers waiting for a place now."""
        return self._admission.in_line

    @property
    def room(self) -> float:
        """Characters that may wait when a caller is admitted: what is scored in `patience`, at least one round."""
        return max(self._round_characters, self._patience * self._rate * self._workers)

    def reserve(self, texts: Sequence[str], *, wait: float = 0.0) -> Place:
        """Reserve a place for later texts; `release` frees it.

        Callers are admitted in the order in which they came.

        Args:
            texts: What the place counts for until texts are submitted with it.
            wait: Seconds to wait for a place if the queue is full.

        Raises:
            QueueFullError: The wait is over, or too many callers are here already; a retry after a moment may help.
        """
        return self._admission.reserve(texts, wait=wait)

    def release(self, place: Place) -> None:
        """Free a place, because its caller waits for nothing more. Idempotent."""
        self._admission.release(place)

    def submit(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
        place: Place | None = None,
        wait: float = 0.0,
    ) -> Future[Found]:
        """Put texts into the queue; the future's result is that of `Scorer.score` with `perspective`.

        A future cancelled before its turn costs nothing more.

        Args:
            texts: As for `Scorer.score`.
            languages: As for `Scorer.score`.
            fallbacks: As for `Scorer.score`.
            spans: As for `Scorer.score`.
            place: The caller's place, if it has one: then a full queue takes these texts too.
            wait: As for `reserve`, if it has none.

        Raises:
            QueueFullError: As `reserve` does.
            ScoringError: `invalid_arguments` if `languages` or `fallbacks` differs in length from `texts`.
        """
        request = ScoringRequest(tuple(texts), _one_each(languages, texts), _one_each(fallbacks, texts), spans)
        own = place or self.reserve(texts, wait=wait)
        if place is None:
            request.future.add_done_callback(lambda _: self.release(own))
        with self._changed:
            self._admission.come(own, request.characters)
            self._requests.append(request)
            self._start()
            self._changed.notify()
        return request.future

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        spans: bool = False,
        wait: float = 0.0,
    ) -> Found:
        """Submit texts and wait for their results.

        Raises:
            QueueFullError: As `reserve` does.
            ScoringError: what the scorer raised for these texts.
        """
        return self.submit(texts, languages=languages, spans=spans, wait=wait).result()

    def _start(self) -> None:
        while len(self._threads) < self._workers:
            name = f"batch-{len(self._threads)}"
            thread = threading.Thread(target=self._serve, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self) -> None:
        changed = self._changed
        while True:
            with changed:
                changed.wait_for(lambda: bool(self._requests))
                if self._serving:
                    changed.wait_for(lambda: self.waiting >= self._round_characters, self._linger)
                requests = self._take()
                self._serving += 1
                if self._requests:
                    # The notification for the remaining requests may have woken this worker while it lingered.
                    changed.notify()
            begun = time.monotonic()
            try:
                self._run(requests)
            finally:
                with changed:
                    self._serving -= 1
                    self._note(sum(request.characters for request in requests), time.monotonic() - begun)

    def _note(self, characters: int, seconds: float) -> None:
        """Updates the rate, unless the round is too small to be informative."""
        if characters > MIN_CHARACTERS and seconds > 0:
            self._rate += NEWEST_SHARE * (characters / seconds - self._rate)

    def _take(self) -> list[ScoringRequest]:
        """Take the next round: requests from the head of the queue with the same options, up to the size of a round.

        Cancelled requests are dropped.
        """
        taken: list[ScoringRequest] = []
        characters = gone = 0
        while self._requests and (not taken or self._fits(self._requests[0], taken[0], characters)):
            request = self._requests.popleft()
            gone += request.characters
            if request.future.set_running_or_notify_cancel():
                taken.append(request)
                characters += request.characters
        self._admission.admit(gone)
        return taken

    def _fits(self, request: ScoringRequest, first: ScoringRequest, characters: int) -> bool:
        return request.spans == first.spans and characters + request.characters <= self._round_characters

    def _run(self, requests: list[ScoringRequest]) -> None:
        """Score a round; if it fails, score each request alone, so that only the one at fault fails."""
        try:
            found = self._score(requests)
        except Exception as error:  # noqa: BLE001 - passed to the caller, which waits in another thread
            if len(requests) == 1:
                requests[0].future.set_exception(error)
            else:
                for request in requests:
                    self._run([request])
            return
        for request in requests:
            request.future.set_result(found[: len(request.texts)])
            del found[: len(request.texts)]

    def _score(self, requests: list[ScoringRequest]) -> Found:
        texts = [text for request in requests for text in request.texts]
        if not texts:
            return []
        languages = [language for request in requests for language in request.languages]
        fallbacks = [language for request in requests for language in request.fallbacks]
        spans = requests[0].spans
        return list(self._scorer.score(texts, languages=languages, fallbacks=fallbacks, spans=spans, perspective=True))


def _one_each(codes: Sequence[str | None] | None, texts: Sequence[str]) -> tuple[str | None, ...]:
    given = tuple(codes) if codes is not None else (None,) * len(texts)
    if len(given) != len(texts):
        raise ScoringError("invalid_arguments", f"{len(given)} languages came with {len(texts)} texts.")
    return given
