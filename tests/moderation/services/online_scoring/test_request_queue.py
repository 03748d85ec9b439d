"""The queue that all edges share: one rule for who waits, and what its metrics say."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from prometheus_client import REGISTRY

from moderation.scoring.queueing.dynamic_batching import DynamicBatcher
from moderation.services.errors import ServiceError
from moderation.services.online_scoring import request_queue
from moderation.services.online_scoring.request_queue import RequestQueue


class Gated:
    """A scorer that finds nothing, once its gate is open."""

    def __init__(self) -> None:
        self.gate, self.entered = threading.Event(), threading.Semaphore(0)

    def score(self, texts: Any, **_: Any) -> list[Any]:
        self.entered.release()
        self.gate.wait(120)
        return [None] * len(texts)


@pytest.fixture
def gated() -> Gated:
    return Gated()


@pytest.fixture
def queue(gated: Gated, scorer: Any, monkeypatch: pytest.MonkeyPatch) -> RequestQueue:
    """The only queue of this process; its one worker is busy and it has no room left."""
    made = RequestQueue(scorer.routing, DynamicBatcher(gated, patience=0, round_characters=100))
    monkeypatch.setattr(request_queue, "_queues", {"only": made})
    for text in ("served", "waits", "fills"):
        made.submit(texts=[text], languages=["en"])
        if text == "served":
            assert gated.entered.acquire(timeout=120)
    return made


def waiting() -> float | None:
    return REGISTRY.get_sample_value("moderato_scoring_waiting_characters")


def test_the_gauge_of_waiting_characters_returns_to_zero_after_refusals_and_cancellations(
    queue: RequestQueue, gated: Gated, settings: Any
) -> None:
    settings.MODERATION_QUEUE_SECONDS = 0
    with pytest.raises(ServiceError, match="More texts are waiting"):
        queue.submit(texts=["refused"], languages=["en"])
    with pytest.raises(ServiceError, match="More texts are waiting"):
        queue.reserve(["refused"])
    assert waiting() == 200
    gated.gate.set()
    cancelled = [queue.batcher.submit(["gone"], wait=120) for _ in range(3)]
    assert all(future.cancel() or future.done() for future in cancelled)
    queue.batcher.score(["the last"], wait=120)
    assert waiting() == 0


@pytest.mark.parametrize("waits", [True, False])
def test_a_caller_waits_as_long_as_the_setting_says_unless_it_does_not_want_to(
    queue: RequestQueue, monkeypatch: pytest.MonkeyPatch, settings: Any, waits: bool
) -> None:
    settings.MODERATION_QUEUE_SECONDS = 3
    asked = list[float]()
    monkeypatch.setattr(queue.batcher, "reserve", lambda _, *, wait: asked.append(wait))
    queue.reserve(["a"], waits=waits)
    assert asked == [3 if waits else 0]


@pytest.mark.django_db
def test_texts_are_counted_by_the_model_that_scored_them_and_refusals_by_their_reason(second: str) -> None:
    def counted() -> list[float]:
        names = [("moderato_texts_scored_total", {"model": name}) for name in ("compact@6", second)]
        names.append(("moderato_texts_refused_total", {"code": "language_not_supported"}))
        return [REGISTRY.get_sample_value(name, labels) or 0 for name, labels in names]

    before = counted()
    texts = ["Good morning.", "Günaydın.", "Bonjour.", "Good night."]
    request_queue.request_queue_active().submit(texts=texts, languages=["en", "tr", "fr", "en"]).result()
    assert [after - earlier for after, earlier in zip(counted(), before, strict=True)] == [2, 1, 1]
