"""The queue before the active model, one in each process: whatever scores a request's text goes through here.

Requests of all edges meet in one queue and are scored together. One rule holds for all: a call waits up to
MODERATION_QUEUE_SECONDS for a place in it, and is refused then; refusals are counted. Callers that wait hold threads,
so they are at most four fifths of the server's.
Which model is active is known from at most two seconds ago: then requests go to another model's queue.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from django.conf import settings
from prometheus_client import Counter, Gauge

from archive.database.pooling import connection_release
from moderation.models import ModelVersion
from moderation.scoring import ModelDescription, Refusal, Result, Scorer
from moderation.scoring.admission import Place, QueueFullError
from moderation.scoring.dynamic_batching import DynamicBatcher
from moderation.scoring.inference.session import default_threads
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_scorer, scorer_active
from moderation.services.ttl_cache import TTLCache

REFUSED = Counter("moderato_scoring_refused", "Requests refused because too many texts were waiting to be scored.")

_lock = threading.Lock()
_queues: dict[str, "RequestQueue"] = {}
_active = TTLCache[str, "RequestQueue"](seconds=2)


class RequestQueue:
    """A dynamic batcher and the description of the model behind it."""

    def __init__(self, description: ModelDescription, batcher: DynamicBatcher) -> None:
        self.description = description
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
            return self.batcher.submit(
                texts,
                languages=languages,
                fallbacks=fallbacks,
                spans=spans,
                place=place,
                wait=settings.MODERATION_QUEUE_SECONDS,
            )


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except QueueFullError as error:
        REFUSED.inc()
        raise ServiceError("overloaded", error.detail, retryable=True) from error


def request_queue_active() -> RequestQueue:
    """Returns the queue before the active model's scorer; the threads start with its first text."""
    return _active.get("", lambda: _queue(scorer_active()))


def request_queue_of(model: ModelVersion) -> RequestQueue:
    """Returns the queue before this model's scorer; raises ScoringError if its files are gone."""
    return _queue(model_scorer(model))


def request_queues_forget() -> None:
    """Lets this process ask anew which model is active."""
    _active.forget()


def _queue(scorer: Scorer) -> RequestQueue:
    label = scorer.description.label
    with _lock:
        if label not in _queues:
            workers = settings.MODERATION_THREADS or default_threads()
            batcher = DynamicBatcher(scorer, workers=workers, max_callers=max(1, settings.WEB_THREADS * 4 // 5))
            _queues[label] = RequestQueue(scorer.description, batcher)
        return _queues[label]


WAITING = Gauge("moderato_scoring_waiting_characters", "Characters that wait to be scored.")
WAITING.set_function(lambda: sum(queue.batcher.waiting for queue in list(_queues.values())))
