"""A worker whose model is away puts the message back, and says so once."""

from typing import Any

import pytest
from celery.exceptions import Reject

from moderation.scoring import ScoringError
from moderation.tasks import failures, scoring


@pytest.mark.parametrize(
    ("error", "why"),
    [(ScoringError("model_missing", "gone"), "model_missing"), (PermissionError(13, "no"), "PermissionError")],
)
def test_the_message_is_put_back_and_the_worker_leaves_its_queues(
    error: Exception, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []

    def fails(**_: Any) -> None:
        raise error

    monkeypatch.setattr(failures, "PUT_BACK_SECONDS", 0.0)
    monkeypatch.setattr(scoring, "broker_needed", lambda: None)
    monkeypatch.setattr(scoring, "range_score", fails)
    monkeypatch.setattr(scoring.fitness, "lose", lost.append)
    with pytest.raises(Reject) as raised:
        scoring.score_range(after=0, until=9)
    assert raised.value.requeue
    assert lost == [why]
