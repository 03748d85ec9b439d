"""Requests that come at the same time, scored together: a bounded queue in front of a scorer. No Django here.

A caller puts its texts into the queue and waits. A worker takes what has come meanwhile, in the order in which it came,
and scores it in one call; so under load batches fill by themselves, and a lone caller waits for nobody. The queue is
bounded by what is scored soon at the rate of the last rounds. A caller who finds it full waits in line for a place, as
long as it says, and is refused then; it is refused at once if too many callers are there already.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from moderation.scoring.admission import MAX_CALLERS, MIN_CHARACTERS, Admission, Place, counted
from moderation.scoring.results import Refusal, Result, ScoringError

# Five texts of 300 characters. Four together cost a seventh less than four alone, and more of them hardly less; but all
# of a round wait for its end, and whoever comes next too. A queue of one round is no overload.
ROUND_CHARACTERS = 1_600
# What the queue holds, in seconds of scoring. It only has to keep the workers busy; who comes later waits in line.
PATIENCE_SECONDS = 0.5
# Characters a worker scores in a second until rounds were timed, and how much the last round counts in the mean.
FIRST_RATE = 30_000.0
NEWEST_SHARE = 0.2
LINGER_SECONDS = 0.002

Found = list[Result | Refusal]


class Scores(Protocol):
    """What is asked of a scorer."""

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
    """One caller's texts, and where it waits for their results."""

    texts: tuple[str, ...]
    languages: tuple[str | None, ...]
    fallbacks: tuple[str | None, ...]
    spans: bool
    future: Future[Found] = field(default_factory=Future)

    @property
    def characters(self) -> int:
        """What the request counts for in the queue."""
        return counted(self.texts)


class DynamicBatcher:
    """A queue before a scorer; safe to use from any number of threads."""

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
        """Remember the scorer; threads start with the first call, in the process that makes it.

        Args:
            scorer: Its `score` is called from several threads.
            workers: Rounds scored at the same time; as many as the scorer has threads keeps all of them busy.
            patience: Seconds of scoring that the queue holds, as estimated from the rounds before.
            round_characters: Most characters scored in one call, except that one request is never split.
            linger: Seconds a worker waits for more requests while others are served; a lone one is served at once.
            max_callers: Callers that may have a place or wait for one.
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
        """Characters in the queue now, with those that places are reserved for."""
        return self._admission.waiting

    @property
    def refused(self) -> int:
        """Calls that were refused because the queue was full, at once or after their wait."""
        return self._admission.refused

    @property
    def in_line(self) -> int:
        """Callers that wait for a place now."""
        return self._admission.in_line

    @property
    def room(self) -> float:
        """Characters that may wait when a caller is admitted: what is scored in `patience`, at least one round."""
        return max(self._round_characters, self._patience * self._rate * self._workers)

    def reserve(self, texts: Sequence[str], *, wait: float = 0.0) -> Place:
        """Take a place for texts that will come; `release` gives it back.

        Callers are admitted in the order in which they came.

        Args:
            texts: What the place counts for until texts are submitted with it.
            wait: Seconds to wait for a place if the queue is full.

        Raises:
            QueueFullError: The wait is over, or too many callers are here already; a retry after a moment may help.
        """
        return self._admission.reserve(texts, wait=wait)

    def release(self, place: Place) -> None:
        """Give a place back: its caller waits for nothing more. Once is enough, and more do no harm."""
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
        """Put texts into the queue; the future gives what `Scorer.score` would, `perspective` outputs included.

        A future that is cancelled before its turn costs nothing more.

        Args:
            texts: As for `Scorer.score`.
            languages: As for `Scorer.score`.
            fallbacks: As for `Scorer.score`.
            spans: As for `Scorer.score`.
            place: The caller's place, if it has one: then a full queue takes these texts too.
            wait: As for `reserve`, if it has none.

        Raises:
            QueueFullError: As `reserve` does.
            ScoringError: `invalid_arguments` if `languages` or `fallbacks` has another length than `texts`.
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
        """Wait for the results of `submit`.

        Raises:
            QueueFullError: As `reserve` does.
            ScoringError: What the scorer raised for these texts.
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
                    # Whoever was woken for what is left may have been this worker, in its linger.
                    changed.notify()
            begun = time.monotonic()
            try:
                self._run(requests)
            finally:
                with changed:
                    self._serving -= 1
                    self._note(sum(request.characters for request in requests), time.monotonic() - begun)

    def _note(self, characters: int, seconds: float) -> None:
        """Keeps the rate up to date; a round of a few words says little of it."""
        if characters > MIN_CHARACTERS and seconds > 0:
            self._rate += NEWEST_SHARE * (characters / seconds - self._rate)

    def _take(self) -> list[ScoringRequest]:
        """The next round: requests from the head of the queue that ask for the same, up to the size of a round.

        Those whose callers have gone are dropped.
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
        """Score a round; if it fails, each request alone, so that only the one at fault fails."""
        try:
            found = self._score(requests)
        except Exception as error:  # noqa: BLE001 - the caller, who waits in another thread, is told
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
