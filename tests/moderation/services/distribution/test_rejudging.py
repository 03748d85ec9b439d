"""Judging again, handed out in ranges whose rows keep their positions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from archive.models import Comment
from moderation.models import PolicyVersion, Rejudging, Review, State
from moderation.services.distribution import hand_out, parts
from moderation.services.work.broker import Task
from tests.moderation.conftest import POLICY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def judged(make_comment: Callable[..., Comment], make_review: Callable[..., Review]) -> list[Review]:
    """Ten reviews, all flagged by the policy they were judged by; the active one flags none."""
    reviews = [make_review(make_comment(), toxicity=0.85) for _ in range(10)]
    PolicyVersion.objects.update(active=False, status="retired")
    rules = [{"id": "flag", "when": {"all": [{"attribute": "toxicity", "gte": 0.99}]}, "action": "queue"}]
    PolicyVersion.objects.create(
        version=8, body={**POLICY, "rules": rules}, sha256="1" * 64, active=True, status="active"
    )
    return reviews


def work(broker: Any) -> None:
    while broker.sent:
        task, call = broker.take()
        assert task == Task.REJUDGE_RANGE
        parts.rejudging_part(pk=call["pk"], broker=broker)


def test_all_ranges_together_judge_everything_again_once(
    judged: list[Review], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand_out, "REVIEWS", max(1, judged[-1].pk // 4))
    ranges = hand_out.rejudging_hand_out()
    assert len(ranges) >= 2
    work(broker)
    assert Review.objects.filter(state=State.PASSED).count() == 10
    report = hand_out.rejudging_progress(ranges=ranges)
    assert report is not None
    assert (report.judged, report.left) == (10, False)


def test_a_part_that_ends_early_is_handed_out_again_and_goes_on(
    judged: list[Review], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pk,) = hand_out.rejudging_hand_out()
    monkeypatch.setattr(parts, "PART_SECONDS", 0.0)
    call = broker.take()[1]
    parts.rejudging_part(pk=call["pk"], broker=broker)
    assert broker.sent == [(Task.REJUDGE_RANGE, {"pk": pk})]
    monkeypatch.setattr(parts, "PART_SECONDS", 10.0)
    work(broker)
    assert not Rejudging.objects.unfinished().exists()


def test_ranges_of_another_policy_and_those_taken_back_are_dropped(judged: list[Review], broker: Any) -> None:
    ranges = hand_out.rejudging_hand_out()
    hand_out.rejudging_take_back(ranges=ranges)
    work(broker)
    assert Review.objects.filter(state=State.PENDING).count() == 10
    hand_out.rejudging_hand_out()
    PolicyVersion.objects.filter(version=8).update(active=False, status="retired")
    PolicyVersion.objects.filter(version=7).update(active=True, status="active")
    work(broker)
    assert Review.objects.filter(state=State.PENDING).count() == 10


def test_the_command_hands_out_and_follows(
    judged: list[Review], broker: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("moderation.management.handed_out.time.sleep", lambda _: work(broker))
    call_command("policy", "rejudge", "--distribute")
    assert "10 verdicts judged again" in capsys.readouterr().out
    call_command("policy", "rejudge", "--follow")
    assert "Nothing is being judged again." in capsys.readouterr().out
