"""The sweep hands out what is unscored and free, in ranges, without flooding the queue."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from archive.models import Comment
from moderation.models import Claim
from moderation.services.distribution import ranges, sweep
from moderation.services.distribution.ranges import ranges_to
from moderation.services.work.broker import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def comments(make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(ranges, "COMMENTS", 3)
    monkeypatch.setattr(ranges, "PAGE", 6)
    return sorted(make_comment().pk for _ in range(10))


def spans(broker: Any) -> list[tuple[int, int]]:
    return [(call["after"], call["until"]) for task, call in broker.sent if task == Task.SCORE_RANGE]


def test_all_that_is_unscored_is_handed_out_once_and_again_when_it_was_lost(comments: list[int], broker: Any) -> None:
    assert sweep.unscored_sweep(broker=broker) == 4
    assert spans(broker) == list(pairwise([0, comments[2], comments[5], comments[8], comments[9]]))
    assert sweep.unscored_sweep(broker=broker) == 0, "it waits already"
    broker.sent.clear()
    assert sweep.unscored_sweep(broker=broker) == 4, "nobody has it and nothing waits: the messages were lost"


def test_what_a_worker_holds_and_what_was_set_aside_is_left_out(comments: list[int], broker: Any) -> None:
    soon = timezone.now() + timedelta(seconds=20)
    Claim.objects.create(comment_id=comments[0], worker="elsewhere:x:1:a", lease_until=soon)
    Claim.objects.create(comment_id=comments[1], worker="", set_aside_at=timezone.now(), error="x")
    Claim.objects.create(comment_id=comments[2], worker="elsewhere:x:2:b", lease_until=timezone.now())
    sweep.unscored_sweep(broker=broker)
    assert spans(broker)[0] == (0, comments[4])


def test_few_are_handed_out_at_a_time_and_none_while_many_wait(
    comments: list[int], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MOST", 2)
    monkeypatch.setattr(sweep, "ENOUGH", 2)
    assert sweep.unscored_sweep(broker=broker) == 2
    assert sweep.unscored_sweep(broker=broker) == 0
    broker.take()
    assert sweep.unscored_sweep(broker=broker) == 2
    assert spans(broker)[1:] == [(comments[5], comments[8]), (comments[8], comments[9])]


def test_ranges_of_ids_cover_all_of_them_once_and_are_few() -> None:
    for last in (1, 511, 512, 513, 10_000, 5_000_001):
        found = list(ranges_to(last))
        assert found[0][0] == 0
        assert found[-1][1] == last
        assert all(left[1] == right[0] for left, right in pairwise(found))
        assert len(found) <= 2_000
    assert list(ranges_to(0)) == []
