"""Leases: taken once, renewed while their holder lives, taken over when it does not."""

import os
import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from archive.models import Comment
from moderation.models import Claim
from moderation.services.batch_scoring import claims
from moderation.services.batch_scoring.claims import (
    claims_await,
    claims_lift,
    claims_release,
    claims_release_dead,
    claims_renew,
    claims_set_aside,
    claims_take,
)
from moderation.services.batch_scoring.workers import worker_is_dead, worker_name

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]
ELSEWHERE = "other-host:00ff00ff00ff:7:abcd"


def take(worker: str = "me", limit: int = 10, seconds: int = 30) -> list[int]:
    return claims_take(comments=Comment.objects.unscored(), worker=worker, seconds=seconds, limit=limit)


def held_by(comment: Comment, worker: str, *, seconds: float) -> Claim:
    until = timezone.now() + timedelta(seconds=seconds)
    return Claim.objects.create(comment=comment, worker=worker, lease_until=until)


def never() -> bool:
    return False


def test_a_claim_is_taken_in_the_order_of_ids_up_to_the_limit(make_comment: Make) -> None:
    ids = [make_comment().pk for _ in range(5)]
    assert take(limit=3) == ids[:3]
    assert take(limit=3) == ids[3:]
    assert take() == []


def test_a_comment_that_another_holds_is_not_taken_until_the_lease_has_run_out(make_comment: Make) -> None:
    held, expired = make_comment(), make_comment()
    held_by(held, "other", seconds=20)
    held_by(expired, "other", seconds=-1)
    assert take() == [expired.pk]
    assert Claim.objects.get(pk=held.pk).worker == "other"
    assert Claim.objects.get(pk=expired.pk).worker == "me"


def test_the_candidates_of_a_stale_look_are_not_taken_twice(
    make_comment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody claims between this worker's look and its insert: the row that is there wins."""
    comment = make_comment()
    monkeypatch.setattr(claims, "claimable", lambda comments: comments)
    held_by(comment, "faster", seconds=20)
    assert take() == []
    assert Claim.objects.get().worker == "faster"


def test_renewing_moves_the_end_of_ones_own_leases_only(make_comment: Make) -> None:
    mine, other = make_comment(), make_comment()
    held_by(mine, "me", seconds=1)
    theirs = held_by(other, "other", seconds=1).lease_until
    assert claims_renew(worker="me", seconds=60) == 1
    assert Claim.objects.get(pk=mine.pk).lease_until > timezone.now() + timedelta(seconds=50)
    assert Claim.objects.get(pk=other.pk).lease_until == theirs


def test_what_was_set_aside_is_left_alone_and_survives_a_release(make_comment: Make) -> None:
    broken, fine = make_comment(), make_comment()
    assert take() == [broken.pk, fine.pk]
    claims_set_aside(worker="me", failures={broken.pk: "ValueError"}, attempts=3)
    claims_release(worker="me")
    assert take(worker="next") == [fine.pk]
    claim = Claim.objects.get(pk=broken.pk)
    assert (claim.attempts, claim.error, claim.lease_until) == (3, "ValueError", None)


def test_an_edit_gives_a_comment_that_was_set_aside_a_new_start(make_comment: Make) -> None:
    comment = make_comment()
    take()
    claims_set_aside(worker="me", failures={comment.pk: "ValueError"}, attempts=3)
    assert take() == []
    Comment.objects.filter(pk=comment.pk).update(edited_at=timezone.now(), revision=2)
    assert take(worker="next") == [comment.pk]
    assert Claim.objects.values_list("set_aside_at", "attempts", "error").get() == (None, 0, "")


def test_a_claim_that_a_clock_ahead_has_dated_is_taken_over_at_once(make_comment: Make) -> None:
    comment = make_comment()
    held_by(comment, ELSEWHERE, seconds=86_400)
    assert take() == [comment.pk]
    until = Claim.objects.get().lease_until
    assert until is not None
    assert until < timezone.now() + timedelta(minutes=1)
    assert claims_renew(worker=ELSEWHERE, seconds=30) == 0


def test_a_claim_that_a_clock_ahead_has_dated_is_not_waited_for(make_comment: Make) -> None:
    held_by(make_comment(), ELSEWHERE, seconds=86_400)
    assert claims_await(claims=Claim.objects.all, stop=never) is True


def test_a_worker_whose_clock_is_ahead_holds_up_nobody(make_comment: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    comment, right = make_comment(), timezone.now()
    with monkeypatch.context() as ahead:
        ahead.setattr(timezone, "now", lambda: right + timedelta(days=1))
        assert take(worker=ELSEWHERE) == [comment.pk]
    Claim.objects.filter(lease_until__lt=right + timedelta(hours=1)).update(lease_until=right - timedelta(seconds=1))
    assert take() == [comment.pk]


def test_a_text_that_fails_and_was_edited_by_a_clock_ahead_gets_no_new_start_for_ever(make_comment: Make) -> None:
    comment = make_comment(edited_at=timezone.now() + timedelta(days=1))
    assert take() == [comment.pk]
    claims_set_aside(worker="me", failures={comment.pk: "ValueError"}, attempts=3)
    assert take() == []


def test_an_operator_lifts_what_was_set_aside(make_comment: Make) -> None:
    comment = make_comment()
    take()
    claims_set_aside(worker="me", failures={comment.pk: "ValueError"}, attempts=3)
    assert claims_lift(comments=Comment.objects.all()) == 1
    assert take(worker="next") == [comment.pk]


def test_a_process_that_ended_in_this_place_is_dead_and_its_comments_are_free_at_once(make_comment: Make) -> None:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    dead = worker_name().replace(f":{os.getpid()}:", f":{process.pid}:")
    comment = make_comment()
    held_by(comment, dead, seconds=300)
    assert worker_is_dead(dead)
    assert claims_release_dead(Claim.objects.all()) == 1
    assert take() == [comment.pk]


@pytest.mark.parametrize("worker", [ELSEWHERE, "", "nonsense", "a:b:c:d:e"])
def test_a_worker_of_another_place_is_never_called_dead(worker: str) -> None:
    assert not worker_is_dead(worker)


def test_this_process_is_not_dead_and_has_a_new_name_each_time() -> None:
    first, second = worker_name(), worker_name()
    assert first != second
    assert not worker_is_dead(first)
    assert len(first) <= 100


def test_a_dead_run_elsewhere_is_waited_for_until_its_lease_has_run_out(make_comment: Make) -> None:
    comment = make_comment()
    until = held_by(comment, ELSEWHERE, seconds=0.6).lease_until
    assert claims_await(claims=Claim.objects.all, stop=never)
    assert until is not None
    assert timezone.now() >= until
    assert take() == [comment.pk]


def test_a_run_that_renews_its_leases_is_alive_and_not_waited_for(
    make_comment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_by(make_comment(), ELSEWHERE, seconds=5)
    monkeypatch.setattr(claims.time, "sleep", lambda _: claims_renew(worker=ELSEWHERE, seconds=30))
    assert not claims_await(claims=Claim.objects.all, stop=never)


def test_waiting_ends_when_the_others_are_done_or_a_stop_is_asked_for(
    make_comment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not claims_await(claims=Claim.objects.all, stop=never), "nothing is held: nothing to wait for"
    held_by(make_comment(), ELSEWHERE, seconds=60)
    assert not claims_await(claims=Claim.objects.all, stop=lambda: True)
    monkeypatch.setattr(claims.time, "sleep", lambda _: claims_release(worker=ELSEWHERE))
    assert claims_await(claims=Claim.objects.all, stop=never), "they let go: look again"


def died(worker: str) -> None:
    """What a killed run leaves: its claims, no longer renewed."""
    Claim.objects.filter(worker=worker).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_what_two_runs_left_when_they_died_is_taken_one_by_one_after_all_others(make_comment: Make) -> None:
    left = [make_comment().pk for _ in range(3)]
    for worker in ("first", "second"):
        assert take(worker) == left
        died(worker)
    others = [make_comment().pk for _ in range(2)]
    assert take("third") == others
    assert [take("third"), take("third"), take("third"), take("third")] == [[left[0]], [left[1]], [left[2]], []]


def test_a_comment_that_was_alone_twice_with_a_run_that_died_is_set_aside_and_the_others_go_on(
    make_comment: Make, caplog: pytest.LogCaptureFixture
) -> None:
    poison, harmless = make_comment().pk, make_comment().pk
    for worker in ("first", "second"):
        assert take(worker) == [poison, harmless]
        died(worker)
    for worker in ("third", "fourth"):
        assert take(worker) == [poison]
        died(worker)
    assert take("fifth") == [harmless]
    claim = Claim.objects.get(pk=poison)
    assert (claim.error, claim.set_aside_at is None, claim.worker) == ("process_died", False, "")
    assert f"comment {poison}" in caplog.text
    claims_release(worker="fifth")
    assert take("sixth") == [harmless]
    claims_lift(comments=Comment.objects.filter(pk=poison))
    claims_release(worker="sixth")
    assert take("seventh") == [poison, harmless]


def test_a_run_whose_only_free_comment_is_deadly_goes_on_with_what_comes_after_it(make_comment: Make) -> None:
    poison, after = make_comment().pk, make_comment().pk
    held_by(Comment.objects.get(pk=poison), "dead", seconds=-1)
    Claim.objects.update(attempts=3)
    assert take(limit=1) == [after]


def test_a_run_that_ends_in_order_leaves_no_suspicion(make_comment: Make) -> None:
    ids = [make_comment().pk for _ in range(2)]
    for worker in ("first", "second", "third"):
        assert take(worker) == ids
        claims_release(worker=worker)
    assert not Claim.objects.exists()
