"""Deferred comments come back at their time, with a row of the system."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from archive.models import Comment
from moderation.models import Decision, ModelVersion, Review
from moderation.services.model_versions import model_describe
from moderation.services.review import deferrals
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.review.deferrals import deferred_return

pytestmark = pytest.mark.django_db
Reviewed = Callable[..., Review]
HOUR = timedelta(hours=1)


def put_off(review: Review, actor: User, hours: int = 1) -> Decision:
    until = timezone.now() + hours * HOUR
    return decision_record(comment_id=review.pk, action="defer", actor=actor, until=until)


def test_a_comment_comes_back_when_its_time_has_come_and_not_before(reviewed: Reviewed, ada: User) -> None:
    soon, late = reviewed(held=True), reviewed()
    put_off(soon, ada, hours=1)
    put_off(late, ada, hours=3)
    assert deferred_return() == 0
    now = timezone.now() + 2 * HOUR
    assert deferred_return(now=now) == 1
    assert deferred_return(now=now) == 0
    after = Review.objects.get(pk=soon.pk)
    assert (after.state, after.held, after.deferred_until, after.decided_by) == ("pending", True, None, "person")
    assert Review.objects.get(pk=late.pk).state == "deferred"
    row = Decision.objects.latest("pk")
    assert (row.kind, row.action, row.from_state, row.to_state, row.actor, row.comment_id) == (
        "system", "reopen", "deferred", "pending", None, soon.pk,
    )  # fmt: skip


def test_the_ledger_says_until_when_and_an_undo_puts_the_comment_off_until_then_again(
    reviewed: Reviewed, ada: User
) -> None:
    review = reviewed()
    deferral = put_off(review, ada, hours=5)
    assert Decision.objects.get(pk=deferral.pk).until == deferral.until
    rejection = decision_record(comment_id=review.pk, action="reject", actor=ada)
    decision_undo(decision_id=rejection.pk, actor=ada)
    after = Review.objects.get(pk=review.pk)
    assert (after.state, after.deferred_until) == ("deferred", deferral.until)


def test_a_deferral_that_has_ended_is_not_undone_and_what_came_after_it_is(reviewed: Reviewed, ada: User) -> None:
    review = reviewed()
    deferral = put_off(review, ada)
    deferred_return(now=timezone.now() + 2 * HOUR)
    with pytest.raises(Exception, match="after the decision"):
        decision_undo(decision_id=deferral.pk, actor=ada)
    approval = decision_record(comment_id=review.pk, action="approve", actor=ada)
    decision_undo(decision_id=approval.pk, actor=ada)
    after = Review.objects.get(pk=review.pk)
    assert (after.state, after.decided_by) == ("pending", "person")


def test_many_come_back_chunk_by_chunk(reviewed: Reviewed, ada: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(deferrals, "CHUNK", 2)
    for _ in range(5):
        put_off(reviewed(), ada)
    assert deferred_return(now=timezone.now() + 2 * HOUR) == 5


def test_an_edited_comment_is_the_scorers(reviewed: Reviewed, ada: User) -> None:
    review = reviewed()
    put_off(review, ada)
    Comment.objects.filter(pk=review.pk).update(revision=2)
    assert deferred_return(now=timezone.now() + 2 * HOUR) == 0


@pytest.mark.parametrize("command", ["return_deferred", "score_comments"])
def test_a_scheduler_brings_them_back(reviewed: Reviewed, ada: User, command: str) -> None:
    review, out = reviewed(), StringIO()
    put_off(review, ada)
    Review.objects.update(deferred_until=timezone.now() - HOUR)
    ModelVersion.objects.update(sha256=model_describe(label="compact").sha256, active=True)
    call_command(command, stdout=out)
    assert Review.objects.get(pk=review.pk).state == "pending"
    if command == "return_deferred":
        assert "came back: 1" in out.getvalue()
