"""Acts on very many comments: just what was previewed, each comment once however it is interrupted, one undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Comment
from moderation.models import BulkAct, Decision, DecisionNote, Review, State
from moderation.services.bulk_acts import acts, matching
from moderation.services.bulk_acts.acts import bulk_act_begin, bulk_act_run, bulk_acts_run, bulk_undo_begin
from moderation.services.bulk_acts.matching import matching_preview
from moderation.services.errors import ServiceError
from moderation.services.review import chunks
from moderation.services.review.decisions import decision_record
from moderation.services.review.previews import PreviewTerms

pytestmark = pytest.mark.django_db
Reviewed = Callable[..., Review]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three comments."""
    for module in (acts, chunks):
        monkeypatch.setattr(module, "CHUNK", 3)


@pytest.fixture
def ada(ada: User) -> User:
    """Ada, who may decide."""
    ada.user_permissions.add(Permission.objects.get(codename="decide"))
    return User.objects.get(pk=ada.pk)


@pytest.fixture
def ten(reviewed: Reviewed) -> list[int]:
    """The ids of ten pending comments."""
    return [reviewed(state=State.PENDING).pk for _ in range(10)]


def terms(actor: User, action: str = "approve", **more: Any) -> PreviewTerms:
    return PreviewTerms(actor=actor, scope="matching:pending:", action=action, **more)


def begun(actor: User, action: str = "approve", **more: Any) -> BulkAct:
    wanted = terms(actor, action, **more)
    preview = matching_preview(reviews=Review.objects.filter(state=State.PENDING), terms=wanted, sample=2)
    return bulk_act_begin(terms=wanted, signature=preview.signature, note="All alike.")


def states() -> set[str]:
    return set(Review.objects.values_list("state", flat=True))


def at_once() -> bool:
    return True


def never() -> bool:
    return False


def test_an_act_does_all_that_was_previewed_and_says_so(ten: list[int], ada: User) -> None:
    act = bulk_act_run(act=begun(ada), stop=never)
    assert (act.total, act.position, act.done, act.refused, act.left) == (10, 10, 10, {}, 0)
    assert act.ended_at
    rows = Decision.objects.filter(batch=act.batch)
    assert sorted(rows.values_list("comment_id", flat=True)) == ten
    assert set(DecisionNote.objects.filter(decision__in=rows).values_list("text", flat=True)) == {"All alike."}
    assert (BulkAct.objects.get().note, BulkAct.objects.get().comments) == ("", [])


def test_an_act_that_is_interrupted_goes_on_where_it_was_and_does_nothing_twice(ten: list[int], ada: User) -> None:
    act = bulk_act_run(act=begun(ada), stop=at_once)
    assert (act.position, act.done, act.ended_at) == (3, 3, None)
    assert bulk_acts_run(stop=never) == 7
    assert Decision.objects.count() == len(ten)
    assert bulk_acts_run(stop=never) == 0


def test_a_chunk_that_fails_leaves_neither_decisions_nor_progress(
    ten: list[int], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = bulk_act_run(act=begun(ada), stop=at_once)

    def break_off(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(acts, "_advance", break_off)
    with pytest.raises(RuntimeError):
        bulk_act_run(act=act, stop=never)
    monkeypatch.undo()
    act.refresh_from_db()
    assert (act.position, Decision.objects.count()) == (3, 3)


def test_the_same_confirmation_begins_one_act(ten: list[int], ada: User) -> None:
    wanted = terms(ada)
    preview = matching_preview(reviews=Review.objects.all(), terms=wanted, sample=2)
    first, second = (bulk_act_begin(terms=wanted, signature=preview.signature) for _ in range(2))
    assert first == second
    assert (preview.count, preview.sample) == (10, ten[:2])


def test_what_changed_since_the_preview_is_left_alone_and_counted(ten: list[int], ada: User, grace: User) -> None:
    act = begun(ada)
    decision_record(comment_id=ten[1], action="reject", actor=grace, reason="spam")
    Comment.objects.filter(pk=ten[5]).update(revision=2)
    act = bulk_act_run(act=act, stop=never)
    assert (act.done, act.refused) == (8, {"changed": 1, "unscored": 1})
    assert Review.objects.get(pk=ten[1]).state == State.REJECTED


def test_a_comment_that_came_after_the_preview_is_not_touched(ten: list[int], ada: User, reviewed: Reviewed) -> None:
    act = begun(ada)
    later = reviewed(state=State.PENDING)
    bulk_act_run(act=act, stop=never)
    assert Review.objects.get(pk=later.pk).state == State.PENDING
    assert len(ten) == Decision.objects.count()


def test_who_may_no_longer_decide_ends_the_act(ten: list[int], ada: User) -> None:
    act = bulk_act_run(act=begun(ada), stop=at_once)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    act = bulk_act_run(act=act, stop=never)
    assert (act.done, act.refused, bool(act.ended_at)) == (3, {"not_allowed": 7}, True)
    assert len(ten) - Decision.objects.count() == 7


def test_one_undo_takes_all_of_it_back_and_stops_what_was_not_through(ten: list[int], ada: User) -> None:
    act = bulk_act_run(act=begun(ada), stop=at_once)
    undo = bulk_act_run(act=bulk_undo_begin(batch=act.batch, actor=ada), stop=never)
    assert (undo.total, undo.done, undo.left) == (3, 3, 0)
    assert states() == {State.PENDING}
    assert bulk_acts_run(stop=never) == 0
    assert len(ten) == Review.objects.filter(state=State.PENDING).count()


def test_an_act_that_has_done_nothing_yet_is_stopped_by_its_person_alone(
    ten: list[int], ada: User, grace: User
) -> None:
    act = begun(ada)
    with pytest.raises(ServiceError, match="no such act"):
        bulk_undo_begin(batch=act.batch, actor=grace)
    bulk_undo_begin(batch=act.batch, actor=ada)
    bulk_acts_run(stop=never)
    assert not Decision.objects.exists()
    assert len(ten) == Review.objects.count()


def test_more_than_the_limit_is_refused_by_name(ten: list[int], ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MAX_COMMENTS", len(ten) - 1)
    with pytest.raises(ServiceError) as error:
        matching_preview(reviews=Review.objects.all(), terms=terms(ada), sample=2)
    assert (error.value.errors[0].pointer, error.value.errors[0].limit) == ("/comments", 9)


def test_a_rejection_without_its_reason_begins_nothing(ten: list[int], ada: User, settings: Any) -> None:
    settings.MODERATION_REASON_REQUIRED = True
    with pytest.raises(ServiceError, match="reason"):
        begun(ada, "reject")
    assert not BulkAct.objects.exists()
    assert len(ten) == Review.objects.filter(state=State.PENDING).count()


@given(
    scope=st.sampled_from(["matching:pending:", "matching:all:", "selection"]),
    action=st.sampled_from(["approve", "reject", "escalate"]),
    reason=st.sampled_from(["", "spam"]),
    cut=st.integers(0, 400),
    byte=st.sampled_from("aZ0:-_"),
    changed=st.booleans(),
)
def test_no_form_acts_on_more_or_other_than_it_previewed(
    scope: str, action: str, reason: str, cut: int, byte: str, changed: bool
) -> None:
    actor = User(pk=7, username="ada", is_superuser=True)
    shown = terms(actor)
    asked = PreviewTerms(actor=actor, scope=scope, action=action, reason=reason)
    signature = matching_preview(reviews=Review.objects.none(), terms=shown, sample=1).signature
    forged = signature[:cut] + byte + signature[cut + 1 :] if changed else signature
    if (asked, forged) == (shown, signature):
        return
    with pytest.raises(ServiceError) as error:
        bulk_act_begin(terms=asked, signature=forged)
    assert error.value.code == "preview_changed"
    assert not BulkAct.objects.exists()
