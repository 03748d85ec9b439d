"""Muting commenters: what they write next is held, each step is in the ledger, and looking them up leaves a trace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from archive.models import Comment, Commenter, Source
from moderation.models import Claim, Decision, LookUp, ModelVersion, Mute, PolicyVersion, Review, Score
from moderation.models.people.commenter import commenters_muted
from moderation.policies import Verdict
from moderation.services.errors import ServiceError
from moderation.services.review import mutes
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.review.mutes import commenter_mute, commenter_record, commenter_unmute
from moderation.services.verdicts.features import comment_facts
from moderation.services.verdicts.transitions import Scored
from moderation.services.verdicts.triage import batch_save

pytestmark = pytest.mark.django_db
Reviewed = Callable[..., Review]


def refusal(act: Callable[..., object], **arguments: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act(**arguments)
    return caught.value


def judged(comment: Comment, action: str = "pass") -> Review:
    """Gives the comment a score and this verdict, as the scorer does."""
    model, _ = ModelVersion.objects.get_or_create(name="compact", version=1, sha256="0" * 64)
    Claim.objects.create(comment=comment, worker="me")
    score = Score(comment=comment, model=model, revision=comment.revision, text_hash=comment.text_hash, toxicity=0.1)
    one = Scored(comment, score, Verdict(action=action, rule="r", policy=1), comment_facts(comment))
    return batch_save(scored=[one], policy=PolicyVersion.objects.get(active=True), worker="me")[0]


def test_a_mute_has_a_reason_an_end_and_a_row_in_the_ledger(
    commenter: Commenter, make_comment: Callable[..., Comment], ada: User
) -> None:
    until, comment = timezone.now() + timedelta(days=7), make_comment()
    mute = commenter_mute(commenter_id=commenter.pk, actor=ada, reason="threat", until=until, comment_id=comment.pk)
    row = Decision.objects.get()
    assert (mute.decision, mute.comment, mute.until, mute.reason) == (row, comment, until, "threat")
    assert (row.commenter, row.comment, row.actor, row.action, row.reason, row.ground, row.until) == (
        commenter, None, ada, "mute", "threat", "illegal", until,
    )  # fmt: skip
    assert (row.from_state, row.to_state, row.revision, row.text_seal) == ("unmuted", "muted", None, "")
    end = commenter_unmute(commenter_id=commenter.pk, actor=ada)
    assert (end.action, end.from_state, end.to_state, end.commenter) == ("unmute", "muted", "unmuted", commenter)
    assert not Mute.objects.active(timezone.now()).exists()


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"reason": ""}, "/reason"),
        ({"reason": "because"}, "/reason"),
        ({"until": timezone.now() - timedelta(seconds=1)}, "/until"),
        ({"until": timezone.now().replace(tzinfo=None)}, "/until"),
        ({"comment_id": 10**9}, "/comment"),
    ],
)
def test_a_mute_that_makes_no_sense_is_refused_by_field(
    commenter: Commenter, ada: User, options: dict[str, Any], pointer: str
) -> None:
    error = refusal(commenter_mute, **{"commenter_id": commenter.pk, "actor": ada, "reason": "spam", **options})
    assert error.errors[0].pointer == pointer
    assert not Decision.objects.exists()


def test_a_commenter_is_muted_once_and_again_when_the_mute_has_ended(commenter: Commenter, ada: User) -> None:
    mute = {"commenter_id": commenter.pk, "actor": ada, "reason": "spam"}
    assert refusal(commenter_unmute, commenter_id=commenter.pk, actor=ada).code == "conflict"
    first = commenter_mute(**mute, until=timezone.now() + timedelta(days=1))
    assert refusal(commenter_mute, **mute).code == "conflict"
    Mute.objects.update(since=timezone.now() - timedelta(days=2), until=timezone.now() - timedelta(days=1))
    assert commenters_muted([commenter.pk, None]) == set()
    assert refusal(commenter_unmute, commenter_id=commenter.pk, actor=ada).code == "conflict"
    second = commenter_mute(**mute)
    assert first.pk != second.pk
    assert commenters_muted([commenter.pk]) == {commenter.pk}


def test_another_sources_commenter_is_unknown(
    commenter: Commenter, limited_to: Callable[..., User], elsewhere: Source
) -> None:
    stranger = {"commenter_id": commenter.pk, "actor": limited_to(elsewhere)}
    for act in (commenter_unmute, commenter_record):
        assert refusal(act, **stranger).code == "not_found"
    assert refusal(commenter_mute, **stranger, reason="spam").code == "not_found"
    assert not LookUp.objects.exists()


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("pass", "pending"),
        ("queue", "pending"),
        ("approve", "pending"),
        ("highlight", "pending"),
        ("reject", "rejected"),
    ],
)
def test_what_a_muted_commenter_writes_next_is_held_and_says_why(
    commenter: Commenter, make_comment: Callable[..., Comment], ada: User, action: str, state: str
) -> None:
    commenter_mute(commenter_id=commenter.pk, actor=ada, reason="spam")
    review = judged(make_comment(), action)
    assert (review.state, review.held) == (state, state == "pending")
    assert (review.verdict["action"], review.verdict["cause"]) == (action, "commenter_muted")


def test_what_is_there_already_stays_and_an_edit_is_written_anew(
    commenter: Commenter, make_comment: Callable[..., Comment], ada: User
) -> None:
    comment = make_comment()
    judged(comment)
    commenter_mute(commenter_id=commenter.pk, actor=ada, reason="spam")
    again = judged(comment)
    assert (again.state, again.held, "cause" in again.verdict) == ("passed", False, False)
    comment.revision, comment.text, comment.text_hash = 2, "Other words.", "1" * 64
    comment.save()
    assert (judged(comment).state, judged(comment).held) == ("pending", True)


def test_what_was_held_stays_held_after_the_mute_until_a_person_decides(
    commenter: Commenter, make_comment: Callable[..., Comment], ada: User
) -> None:
    commenter_mute(commenter_id=commenter.pk, actor=ada, reason="spam")
    comment = make_comment()
    judged(comment)
    commenter_unmute(commenter_id=commenter.pk, actor=ada)
    assert judged(comment).held is True
    assert judged(make_comment()).state == "passed"
    row = decision_record(comment_id=comment.pk, action="approve", actor=ada)
    assert Review.objects.get(pk=comment.pk).held is False
    decision_undo(decision_id=row.pk, actor=ada)
    assert Review.objects.get(pk=comment.pk).held is True
    decision_record(comment_id=comment.pk, action="reject", actor=ada)
    decision_record(comment_id=comment.pk, action="reopen", actor=ada)
    assert Review.objects.get(pk=comment.pk).held is True


def test_a_mute_is_ended_by_unmuting_and_not_by_undoing(commenter: Commenter, ada: User) -> None:
    row = commenter_mute(commenter_id=commenter.pk, actor=ada, reason="spam").decision
    assert refusal(decision_undo, decision_id=row.pk, actor=ada).code == "conflict"


def test_a_record_counts_where_the_comments_stand_and_is_itself_noted(
    reviewed: Reviewed, commenter: Commenter, ada: User, django_assert_max_num_queries: Any
) -> None:
    for state in ("approved", "approved", "rejected", "pending", "passed"):
        reviewed(state)
    first = decision_record(comment_id=reviewed().pk, action="reject", actor=ada)
    mute = commenter_mute(commenter_id=commenter.pk, actor=ada, reason="spam")
    with django_assert_max_num_queries(7):
        record = commenter_record(commenter_id=commenter.pk, actor=ada)
    assert (record.comments, record.approved, record.rejected, record.pending) == (6, 2, 2, 1)
    assert (record.last, record.mute, record.muted, record.muted_until) == ([mute.decision, first], mute, True, None)
    assert [(one.commenter, one.actor) for one in LookUp.objects.all()] == [(commenter, ada)]


def test_a_record_is_of_the_last_comments_only(
    reviewed: Reviewed, commenter: Commenter, ada: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(mutes, "RECORD_COMMENTS", 2)
    for state in ("rejected", "approved", "pending"):
        reviewed(state)
    record = commenter_record(commenter_id=commenter.pk, actor=ada)
    assert (record.comments, record.approved, record.rejected, record.pending) == (2, 1, 0, 1)
