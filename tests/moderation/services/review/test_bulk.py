"""One act on many comments: what a preview says, what the act does and leaves alone, and its undo."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from archive.models import Comment, Source
from moderation.models import Decision, DecisionNote, Review
from moderation.services.errors import ServiceError
from moderation.services.review import bulk, chunks
from moderation.services.review.bulk import batch_undo, decisions_preview, decisions_record, subtree_decide, subtree_ids
from moderation.services.review.chunks import BulkOutcome
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.states.version import VersionToken

Reviewed = Callable[..., Review]


def seen(*reviews: Review) -> dict[int, Any]:
    comments = Comment.objects.select_related("review").in_bulk([review.pk for review in reviews])
    return {review.pk: VersionToken.of(comments[review.pk]) for review in reviews}


def state(review: Review) -> str:
    return Review.objects.get(pk=review.pk).state


def refusal(act: Callable[..., object], **arguments: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act(**arguments)
    return caught.value


@pytest.fixture
def mixed(reviewed: Reviewed, make_comment: Callable[..., Comment], grace: User) -> dict[str, int]:
    """One comment for each thing that may become of an act that approves."""
    now = timezone.now()
    return {
        "changes": reviewed().pk,
        "already": reviewed("approved").pk,
        "held": reviewed(holder=grace, holder_until=now + timedelta(minutes=5)).pk,
        "closed": reviewed("closed").pk,
        "unscored": make_comment().pk,
        "unknown": 10**9,
    }


@pytest.mark.django_db
def test_a_preview_says_what_the_act_then_does(mixed: dict[str, int], ada: User) -> None:
    everything = {pk: VersionToken(pk, 1, 1) for pk in mixed.values()}
    preview = decisions_preview(tokens=everything, action="approve", actor=ada)
    expected = {name: [pk] for name, pk in mixed.items() if name != "changes"}
    assert (preview.changes, preview.refused) == ([mixed["changes"]], expected)
    assert not Decision.objects.exists()
    outcome = decisions_record(tokens=everything, action="approve", actor=ada)
    assert (outcome.done, outcome.refused) == (1, expected)


@pytest.mark.django_db
def test_each_row_of_an_act_has_its_batch_its_reason_and_its_note(reviewed: Reviewed, ada: User) -> None:
    one, other = reviewed(), reviewed()
    outcome = decisions_record(tokens=seen(one, other), action="reject", actor=ada, reason="spam", note="A campaign.")
    rows = Decision.objects.filter(batch=outcome.batch)
    assert [(row.comment_id, row.actor, row.reason, row.ground) for row in rows] == [
        (one.pk, ada, "spam", "terms"), (other.pk, ada, "spam", "terms"),
    ]  # fmt: skip
    assert DecisionNote.objects.filter(text="A campaign.").count() == 2
    assert (state(one), state(other)) == ("rejected", "rejected")


@pytest.mark.django_db
def test_what_changed_since_it_was_seen_is_left_alone(reviewed: Reviewed, ada: User, grace: User) -> None:
    one, other = reviewed(), reviewed()
    before = seen(one, other)
    decision_record(comment_id=other.pk, action="escalate", actor=grace)
    outcome = decisions_record(tokens=before, action="approve", actor=ada)
    assert (outcome.done, outcome.refused) == (1, {"changed": [other.pk]})
    assert state(other) == "escalated"


@pytest.mark.django_db
def test_comments_of_other_sources_are_unknown(
    reviewed: Reviewed, limited_to: Callable[..., User], elsewhere: Source
) -> None:
    review, stranger = reviewed(), limited_to(elsewhere)
    preview = decisions_preview(tokens=seen(review), action="approve", actor=stranger)
    assert preview.refused == {"unknown": [review.pk]}
    assert decisions_record(tokens=seen(review), action="approve", actor=stranger).refused == {"unknown": [review.pk]}
    assert refusal(subtree_ids, comment_id=review.pk, actor=stranger).code == "not_found"
    assert refusal(decision_record, comment_id=review.pk, action="approve", actor=stranger).code == "not_found"


@pytest.mark.django_db
def test_what_makes_no_sense_is_refused_before_anything_is_written(reviewed: Reviewed, ada: User) -> None:
    some = seen(reviewed())
    many = {pk: VersionToken(pk, 1, 1) for pk in range(1, bulk.MAX_COMMENTS + 2)}
    assert refusal(decisions_record, tokens=some, action="defer", actor=ada).errors[0].pointer == "/until"
    assert refusal(decisions_record, tokens=some, action="explode", actor=ada).errors[0].pointer == "/action"
    assert refusal(decisions_preview, tokens=some, action="explode", actor=ada).errors[0].pointer == "/action"
    assert refusal(decisions_record, tokens=many, action="approve", actor=ada).errors[0].limit == bulk.MAX_COMMENTS
    assert not Decision.objects.exists()


@pytest.mark.django_db
def test_an_act_in_several_chunks_is_one_batch(reviewed: Reviewed, ada: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    reviews = [reviewed() for _ in range(5)]
    outcome = decisions_record(tokens=seen(*reviews), action="approve", actor=ada)
    assert Decision.objects.filter(batch=outcome.batch).count() == outcome.done == 5
    assert batch_undo(batch=outcome.batch, actor=ada).done == 5
    assert {state(review) for review in reviews} == {"pending"}


@pytest.mark.django_db
def test_an_act_costs_the_same_queries_for_two_as_for_twenty(reviewed: Reviewed, ada: User) -> None:
    few, many = [reviewed() for _ in range(2)], [reviewed() for _ in range(20)]
    counts = []
    for reviews in (few, many):
        chosen = seen(*reviews)
        with CaptureQueriesContext(connection) as queries:
            decisions_record(tokens=chosen, action="approve", actor=ada)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.fixture
def thread(reviewed: Reviewed) -> list[Review]:
    """A comment with two replies, one of which is answered, and a neighbour."""
    root = reviewed()
    child, other = (reviewed(comment={"parent": root.comment}) for _ in range(2))
    return [root, child, other, reviewed(comment={"parent": child.comment}), reviewed()]


@pytest.mark.django_db
def test_a_subtree_is_decided_whole_and_the_neighbour_stays(thread: list[Review], ada: User) -> None:
    root = thread[0]
    assert subtree_ids(comment_id=root.pk, actor=ada) == [review.pk for review in thread[:4]]
    outcome = subtree_decide(comment_id=root.pk, action="reject", actor=ada, reason="insult")
    assert outcome.done == 4
    assert [state(review) for review in thread] == ["rejected"] * 4 + ["pending"]
    assert batch_undo(batch=outcome.batch, actor=ada).done == 4
    assert {state(review) for review in thread} == {"pending"}


@pytest.mark.django_db
def test_a_reply_that_came_or_changed_since_the_subtree_was_seen_is_left_alone(
    thread: list[Review], reviewed: Reviewed, ada: User, grace: User
) -> None:
    before = seen(*thread[:4])
    late = reviewed(comment={"parent": thread[1].comment})
    decision_record(comment_id=thread[2].pk, action="highlight", actor=grace)
    outcome = subtree_decide(comment_id=thread[0].pk, action="reject", actor=ada, tokens=before)
    assert outcome.done == 3
    assert {name: sorted(ids) for name, ids in outcome.refused.items()} == {"changed": [thread[2].pk, late.pk]}


@pytest.mark.django_db
def test_a_comment_that_answers_itself_in_a_ring_is_decided_once(thread: list[Review], ada: User) -> None:
    Comment.objects.filter(pk=thread[0].pk).update(parent=thread[3].pk)
    assert subtree_decide(comment_id=thread[0].pk, action="approve", actor=ada).done == 4


@pytest.mark.django_db
def test_undoing_an_act_leaves_alone_what_was_decided_since(reviewed: Reviewed, ada: User, grace: User) -> None:
    one, other, third = reviewed(), reviewed(), reviewed()
    outcome = decisions_record(tokens=seen(one, other, third), action="approve", actor=ada)
    decision_record(comment_id=other.pk, action="reject", actor=grace)
    decision_undo(decision_id=Decision.objects.get(comment=third.pk).pk, actor=ada)
    undone = batch_undo(batch=outcome.batch, actor=ada)
    assert (undone.done, undone.refused) == (1, {"later": [other.pk], "undone": [third.pk]})
    assert (state(one), state(other), state(third)) == ("pending", "rejected", "pending")
    rows = Decision.objects.filter(batch=undone.batch)
    assert [(row.kind, row.undoes and row.undoes.batch) for row in rows] == [("undo", outcome.batch)]
    assert batch_undo(batch=outcome.batch, actor=ada).done == 0


@pytest.mark.django_db
def test_an_act_is_undone_by_who_did_it_or_may_undo_others(
    reviewed: Reviewed, ada: User, grace: User, limited_to: Callable[..., User], elsewhere: Source
) -> None:
    outcome = decisions_record(tokens=seen(reviewed()), action="approve", actor=ada)
    assert refusal(batch_undo, batch=outcome.batch, actor=grace).code == "permission_denied"
    assert refusal(batch_undo, batch=outcome.batch, actor=limited_to(elsewhere)).code == "not_found"
    assert refusal(batch_undo, batch=uuid4(), actor=ada).code == "not_found"
    grace.user_permissions.add(Permission.objects.get(codename="undo_others"))
    assert batch_undo(batch=outcome.batch, actor=User.objects.get(pk=grace.pk)).done == 1


@pytest.mark.django_db
def test_an_act_that_was_interrupted_has_done_whole_chunks_and_is_undone_by_its_batch(
    reviewed: Reviewed, ada: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    reviews, outcome = [reviewed() for _ in range(6)], BulkOutcome(uuid4())
    act = bulk.action_check(action="approve", actor=ada, batch=outcome.batch)
    chunked = chunks.chunked
    monkeypatch.setattr(chunks, "chunked", lambda ids: interrupted(chunked(ids), after=2))
    with pytest.raises(KeyboardInterrupt):
        chunks.actions_apply(comment_ids=list(seen(*reviews)), tokens=None, request=act, outcome=outcome)
    assert [state(review) for review in reviews] == ["approved"] * 4 + ["pending"] * 2
    monkeypatch.undo()
    assert batch_undo(batch=outcome.batch, actor=ada).done == 4


def interrupted(runs: Any, *, after: int) -> Any:
    for number, run in enumerate(runs):
        if number == after:
            raise KeyboardInterrupt
        yield run
