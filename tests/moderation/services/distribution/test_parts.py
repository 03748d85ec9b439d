"""What a worker does with a message, with the real model: scores it, hands on the rest, and leaves what others hold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from archive.models import Comment
from moderation.models import Claim, Review, Score
from moderation.scoring import ScoringError
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.workers import worker_name
from moderation.services.distribution import parts, ranges
from moderation.services.distribution.hand_out import scoring_hand_out
from moderation.services.distribution.ranges import ScoreRange
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_active
from moderation.services.work.broker import Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def comments(make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(ranges, "COMMENTS", 4)
    return sorted(make_comment(text=f"The ferry of {hour} o'clock was late again.").pk for hour in range(10))


def scored() -> list[int]:
    return sorted(Score.objects.values_list("comment_id", flat=True))


def work(broker: Any) -> None:
    """Does what was sent, as workers would, until nothing is left."""
    while broker.sent:
        task, call = broker.take()
        assert task == Task.SCORE_RANGE
        parts.range_score(part=ScoreRange(**call), broker=broker)


def test_posted_comments_are_scored_and_no_others(comments: list[int], broker: Any) -> None:
    parts.posted_score(ids=(comments[1], comments[7], 10**9), broker=broker)
    assert scored() == [comments[1], comments[7]]
    assert broker.counts == {"scored": 2}
    assert Review.objects.count() == 2
    assert not Claim.objects.exists()


def test_a_range_is_scored_and_only_that(comments: list[int], broker: Any) -> None:
    parts.range_score(part=ScoreRange(comments[1], comments[4]), broker=broker)
    assert scored() == comments[2:5]
    parts.range_score(part=ScoreRange(comments[1], comments[4]), broker=broker)
    assert scored() == comments[2:5], "a message that comes twice does nothing"
    assert broker.sent == []


def test_what_is_left_at_the_deadline_is_handed_out_again(
    comments: list[int], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_SECONDS", 0.0)
    part = ScoreRange(0, comments[9])
    parts.range_score(part=part, broker=broker)
    assert broker.sent == [(Task.SCORE_RANGE, dict(part.as_json()))]
    assert scored() == []


def test_a_command_hands_out_everything_and_the_workers_finish_it(comments: list[int], broker: Any) -> None:
    handed = scoring_hand_out(options=ScoreOptions())
    assert (handed.total, handed.ranges) == (10, 3)
    work(broker)
    assert scored() == comments
    state = broker.run(handed.run)
    assert (state.done, state.total, state.ranges_left) == (10, 10, 0)


def test_rescoring_is_handed_out_by_ids_and_skips_what_has_its_score(comments: list[int], broker: Any) -> None:
    parts.posted_score(ids=tuple(comments[:3]), broker=broker)
    handed = scoring_hand_out(options=ScoreOptions(rescore=True))
    assert handed.total == 7
    work(broker)
    assert scored() == comments
    assert broker.run(handed.run).ranges_left == 0


def test_a_run_that_was_taken_back_scores_no_more(comments: list[int], broker: Any) -> None:
    handed = scoring_hand_out(options=ScoreOptions())
    broker.run_take_back(handed.run)
    work(broker)
    assert scored() == []


def test_what_another_machine_holds_is_waited_for_by_a_run_and_left_by_the_sweep(
    comments: list[int], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "WAIT_SECONDS", 0.0)
    soon = timezone.now() + timedelta(seconds=20)
    held = Claim.objects.create(comment_id=comments[0], worker="elsewhere:x:1:a", lease_until=soon)
    parts.range_score(part=ScoreRange(0, comments[1]), broker=broker)
    assert scored() == [comments[1]]
    assert broker.sent == []
    broker.run_open("r", total=1, ranges=[f"0-{comments[1]}"])
    parts.range_score(part=ScoreRange(0, comments[1], run="r"), broker=broker)
    assert len(broker.sent) == 1
    held.delete()
    work(broker)
    assert scored() == comments[:2]


def test_what_a_dead_process_of_this_machine_held_is_taken_at_once(comments: list[int], broker: Any) -> None:
    host, place, _, random = worker_name().rsplit(":", 3)
    soon = timezone.now() + timedelta(seconds=20)
    Claim.objects.create(comment_id=comments[0], worker=f"{host}:{place}:99999999:{random}", lease_until=soon)
    parts.posted_score(ids=(comments[0],), broker=broker)
    assert scored() == [comments[0]]


def test_a_model_that_fails_is_raised_and_the_comments_stay_unscored(
    comments: list[int], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def score(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("no memory")

    model_active()
    monkeypatch.setattr("moderation.services.batch_scoring.run.models_scorer", lambda _models: Broken())
    with pytest.raises(ScoringError, match="failed"):
        parts.range_score(part=ScoreRange(0, comments[9]), broker=broker)
    assert Comment.objects.unscored().count() == 10
    assert not Claim.objects.exists()


def test_without_a_broker_there_is_nobody_to_hand_work_to(comments: list[int]) -> None:
    with pytest.raises(ServiceError, match="CELERY_BROKER_URL is not set"):
        scoring_hand_out(options=ScoreOptions())


def test_the_command_hands_out_follows_and_takes_back(
    comments: list[int], broker: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def one_step(_seconds: float) -> None:
        _, call = broker.take()
        parts.range_score(part=ScoreRange(**call), broker=broker)

    monkeypatch.setattr("moderation.management.handed_out.time.sleep", one_step)
    call_command("score_comments", "--distribute")
    said = capsys.readouterr().out
    assert "Handed out 10 comments in 3 ranges as run" in said
    assert "10 of 10 comments scored, 0 ranges left" in said
    assert scored() == comments


@pytest.mark.parametrize(("on_stop", "taken_back"), [("leave", False), ("take-back", True)])
def test_ctrl_c_leaves_the_work_or_takes_it_back(
    comments: list[int], broker: Any, on_stop: str, taken_back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import signal

    monkeypatch.setattr("moderation.management.handed_out.time.sleep", lambda _: os.kill(os.getpid(), signal.SIGINT))
    call_command("score_comments", "--distribute", "--on-stop", on_stop)
    (state,) = broker.states.values()
    assert state.taken_back is taken_back
    work(broker)
    assert scored() == ([] if taken_back else comments)
