"""The line before the active model, one in each process: whatever scores a request's text goes through here.

Requests of all edges meet in one line and are scored together; a full line refuses at once, and refusals are counted.
Which model is active is known from at most two seconds ago: then requests go to another model's line.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from django.conf import settings
from prometheus_client import Counter, Gauge

from moderation.scoring import ModelDescription, Refusal, Result
from moderation.scoring.dynamic_batching import DynamicBatcher, QueueFullError
from moderation.scoring.inference.session import default_threads
from moderation.services.errors import ServiceError
from moderation.services.model_versions import scorer_active
from moderation.services.ttl_cache import TTLCache

REFUSED = Counter("moderato_scoring_refused", "Requests refused because too many texts were waiting to be scored.")
WAITING = Gauge("moderato_scoring_waiting_characters", "Characters that wait to be scored.")

_lock = threading.Lock()
_lines: dict[str, "RequestQueue"] = {}
_active = TTLCache[str, "RequestQueue"](seconds=2)


class RequestQueue:
    """A gatherer and the description of the model behind it."""

    def __init__(self, description: ModelDescription, gatherer: DynamicBatcher) -> None:
        self.description = description
        self.gatherer = gatherer

    def check(self) -> None:
        """Refuses as `submit` would, before the work of reading a text."""
        with self._refusals():
            self.gatherer.check()

    def submit(
        self, *, texts: Sequence[str], languages: Sequence[str | None], spans: bool = False, admitted: bool = False
    ) -> Future[list[Result | Refusal]]:
        """Puts texts into the line; a ServiceError `overloaded`, at once, where it is full and the caller not in it."""
        with self._refusals():
            return self.gatherer.submit(texts, languages=languages, spans=spans, admitted=admitted)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except QueueFullError as error:
            REFUSED.inc()
            raise ServiceError("overloaded", error.detail, retryable=True) from error
        finally:
            WAITING.set(self.gatherer.waiting)


def request_queue_active() -> RequestQueue:
    """Returns the line before the active model's scorer; the threads start with its first text."""
    return _active.get("", _line)


def request_queues_forget() -> None:
    """Lets this process ask anew which model is active."""
    _active.forget()


def _line() -> RequestQueue:
    scorer = scorer_active()
    label = scorer.description.label
    with _lock:
        if label not in _lines:
            workers = settings.MODERATION_THREADS or default_threads()
            gatherer = DynamicBatcher(scorer, workers=workers, most_jobs=max(1, settings.WEB_THREADS * 4 // 5))
            _lines[label] = RequestQueue(scorer.description, gatherer)
        return _lines[label]
