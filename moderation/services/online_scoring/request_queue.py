"""The queue before the active models, one in each process: whatever scores a request's text goes through here.

Requests of all edges meet in one queue and are scored together. One rule holds for all: a call waits up to
MODERATION_QUEUE_SECONDS for a place in it, and is refused then; refusals are counted. Callers that wait hold threads,
so they are at most four fifths of the server's.
Which models are active is known from at most two seconds ago: then requests go to the queue of the others.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from django.conf import settings
from prometheus_client import Counter, Gauge

from archive.database.pooling import connection_release
from moderation.scoring import Refusal, Result, Router, Routing
from moderation.scoring.inference.session import default_threads
from moderation.scoring.queueing.admission import Place, QueueFullError
from moderation.scoring.queueing.dynamic_batching import DynamicBatcher
from moderation.services.errors import ServiceError
from moderation.services.model_versions import ModelsInUse, models_scorer, scorer_active
from moderation.services.ttl_cache import TTLCache

REFUSED = Counter("moderato_scoring_refused", "Requests refused because too many texts were waiting to be scored.")
SCORED = Counter("moderato_texts_scored", "Texts of requests that were scored, by the model.", ["model"])
UNSCORABLE = Counter("moderato_texts_refused", "Texts of requests that no model could score, by the reason.", ["code"])

_lock = threading.Lock()
_queues: dict[Routing, "RequestQueue"] = {}
_active = TTLCache[str, "RequestQueue"](seconds=2)


class RequestQueue:
    """A dynamic batcher, and who serves what of the models behind it."""

    def __init__(self, routing: Routing, batcher: DynamicBatcher) -> None:
        self.routing = routing
        self.batcher = batcher

    def reserve(self, texts: Sequence[str], *, waits: bool = True) -> Place:
        """Takes a place for texts that are submitted with it; `release` gives it back.

        Raises ServiceError `overloaded`, worth a retry, if there was none within MODERATION_QUEUE_SECONDS (at once
        unless the caller `waits`), or if too many callers are waiting already.
        """
        connection_release()
        with _refusals():
            return self.batcher.reserve(texts, wait=settings.MODERATION_QUEUE_SECONDS if waits else 0)

    def release(self, place: Place) -> None:
        """Gives a place back: its caller waits for nothing more."""
        self.batcher.release(place)

    def submit(
        self,
        *,
        texts: Sequence[str],
        languages: Sequence[str | None],
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
        place: Place | None = None,
    ) -> Future[list[Result | Refusal]]:
        """Queues texts, those of a caller without a place as `reserve` does."""
        connection_release()
        with _refusals():
            future = self.batcher.submit(
                texts,
                languages=languages,
                fallbacks=fallbacks,
                spans=spans,
                place=place,
                wait=settings.MODERATION_QUEUE_SECONDS,
            )
        future.add_done_callback(_count)
        return future


def _count(future: Future[list[Result | Refusal]]) -> None:
    if future.cancelled() or future.exception() is not None:
        return
    for one in future.result():
        if isinstance(one, Result):
            SCORED.labels(model=one.model).inc()
        elif isinstance(one, Refusal):
            UNSCORABLE.labels(code=one.code).inc()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except QueueFullError as error:
        REFUSED.inc()
        raise ServiceError("overloaded", error.detail, retryable=True) from error


def request_queue_active() -> RequestQueue:
    """Returns the queue before the active models' scorer; the threads start with its first text."""
    return _active.get("", lambda: _queue(scorer_active()))


def request_queue_of(models: ModelsInUse) -> RequestQueue:
    """Returns the queue before the scorer of these models; raises ScoringError if files are gone."""
    return _queue(models_scorer(models))


def request_queues_forget() -> None:
    """Lets this process ask anew which models are active."""
    _active.forget()


def _queue(scorer: Router) -> RequestQueue:
    with _lock:
        if scorer.routing not in _queues:
            workers = settings.MODERATION_THREADS or default_threads()
            batcher = DynamicBatcher(scorer, workers=workers, max_callers=max(1, settings.WEB_THREADS * 4 // 5))
            _queues[scorer.routing] = RequestQueue(scorer.routing, batcher)
        return _queues[scorer.routing]


WAITING = Gauge("moderato_scoring_waiting_characters", "Characters that wait to be scored.")
WAITING.set_function(lambda: sum(queue.batcher.waiting for queue in list(_queues.values())))
