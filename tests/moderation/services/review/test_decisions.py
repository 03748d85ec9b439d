"""Decisions by people: the table of states, what is refused, and what the ledger keeps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from archive.models import Comment
from moderation.models import Decision, DecisionNote, Review
from moderation.services.errors import ServiceError
from moderation.services.ledger.append import text_seal
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.states.version import VersionToken

pytestmark = pytest.mark.django_db
STATES = ("passed", "pending", "approved", "rejected", "deferred", "escalated")
LEADS_TO = {
    "approve": "approved",
    "highlight": "approved",
    "reject": "rejected",
    "defer": "deferred",
    "escalate": "escalated",
    "reopen": "pending",
}
ACTIONS = tuple(LEADS_TO)


def decide(review: Review, action: str, **options: Any) -> Decision:
    until = timezone.now() + timedelta(hours=1) if action == "defer" else None
    return decision_record(comment_id=review.pk, action=action, **{"until": until, **options})


def refusal(review_id: int, action: str = "approve", **options: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        decision_record(comment_id=review_id, action=action, **options)
    assert not Decision.objects.exists()
    return caught.value


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_leads_where_the_table_says_and_one_that_is_the_state_already_is_a_conflict(
    reviewed: Callable[..., Review], ada: User, state: str, action: str
) -> None:
    review = reviewed(state)
    if state == LEADS_TO[action] and action != "highlight":
        assert refusal(review.pk, action, until=until_of(action)).code == "conflict"
        return
    row = decide(review, action, actor=ada)
    after = Review.objects.get(pk=review.pk)
    assert (row.from_state, row.to_state, after.state) == (state, LEADS_TO[action], LEADS_TO[action])
    assert (after.decided_by, after.decided_at, after.state_version) == ("person", row.at, 2)
    assert after.highlighted == (action == "highlight")
    assert (after.deferred_until is not None) == (action == "defer")


def until_of(action: str) -> Any:
    return timezone.now() + timedelta(hours=1) if action == "defer" else None


def test_a_highlight_is_given_once_and_taken_away_once(reviewed: Callable[..., Review]) -> None:
    review = reviewed("approved")
    assert refusal(review.pk, "unhighlight").code == "conflict"
    decide(review, "highlight")
    with pytest.raises(ServiceError, match="highlighted already"):
        decide(review, "highlight")
    decide(review, "unhighlight")
    after = Review.objects.get()
    assert (after.state, after.highlighted) == ("approved", False)


def test_a_rejection_takes_the_highlight_away(reviewed: Callable[..., Review]) -> None:
    decide(reviewed("approved", highlighted=True), "reject")
    assert Review.objects.get().highlighted is False


@pytest.mark.parametrize(
    ("action", "held"),
    [("approve", False), ("reject", False), ("escalate", True), ("defer", True), ("highlight", False)],
)
def test_a_held_comment_stays_held_until_it_is_decided(
    reviewed: Callable[..., Review], action: str, held: bool
) -> None:
    decide(reviewed(held=True), action)
    assert Review.objects.get().held is held


@pytest.mark.parametrize(
    ("columns", "held"),
    [({}, False), ({"comment": {"origin_state": "unapproved"}}, True)],
)
def test_a_reopened_comment_is_held_where_its_origin_had_not_approved_it(
    reviewed: Callable[..., Review], columns: dict[str, Any], held: bool
) -> None:
    decide(reviewed("approved", **columns), "reopen")
    assert Review.objects.get().held is held


def test_the_ledger_keeps_what_the_person_saw(reviewed: Callable[..., Review], ada: User) -> None:
    review, batch = reviewed(), uuid4()
    row = decide(review, "reject", actor=ada, reason="threat", note="Seen twice.", batch=batch, api_key="desk")
    stored = Decision.objects.get()
    assert stored == row
    assert (stored.kind, stored.actor, stored.api_key, stored.batch) == ("person", ada, "desk", batch)
    assert (stored.reason, stored.ground) == ("threat", "illegal")
    assert (stored.rule, stored.policy, stored.model) == ("flag-toxic", review.policy, "compact@6")
    assert (stored.scores, stored.revision, stored.review_probability) == ({"toxicity": 0.9}, 1, 0.25)
    assert (stored.automated_detection, stored.automated_decision) == (True, False)
    assert stored.text_seal == text_seal(review.comment)
    assert DecisionNote.objects.get().text == "Seen twice."


def test_a_decision_on_what_was_escalated_is_the_second_round(reviewed: Callable[..., Review], ada: User) -> None:
    review = reviewed()
    rows = [decide(review, action, actor=ada) for action in ("escalate", "approve", "reject")]
    assert [row.round for row in rows] == ["first", "second", "first"]


def test_the_seal_depends_on_the_text_and_on_the_comments_own_key(make_comment: Callable[..., Comment]) -> None:
    one, same, other = make_comment("Words."), make_comment("Words."), make_comment("Other.")
    assert len({text_seal(one), text_seal(same), text_seal(other)}) == 3
    other.text, other.seal_key = one.text, one.seal_key
    assert text_seal(other) == text_seal(one)
    one.seal_key = b""
    assert text_seal(one) == ""


@pytest.mark.parametrize(
    ("options", "pointer", "code"),
    [
        ({"action": "explode"}, "/action", "invalid_choice"),
        ({"action": "undo"}, "/action", "invalid_choice"),
        ({"action": "defer"}, "/until", "required"),
        ({"action": "defer", "until": timezone.now() - timedelta(seconds=1)}, "/until", "invalid"),
        ({"action": "defer", "until": timezone.now().replace(tzinfo=None)}, "/until", "invalid"),
        ({"action": "approve", "until": timezone.now() + timedelta(days=1)}, "/until", "invalid"),
        ({"action": "reject", "reason": "because"}, "/reason", "invalid_choice"),
        ({"action": "reject", "note": "x" * 5001}, "/note", "invalid"),
    ],
)
def test_input_that_makes_no_sense_is_refused_by_field(
    reviewed: Callable[..., Review], options: dict[str, Any], pointer: str, code: str
) -> None:
    error = refusal(reviewed().pk, **options)
    assert (error.code, error.errors[0].pointer, error.errors[0].code) == ("validation_error", pointer, code)


def test_a_newsroom_may_require_a_reason_for_a_rejection(reviewed: Callable[..., Review], settings: Any) -> None:
    review = reviewed()
    settings.MODERATION_REASON_REQUIRED = True
    assert refusal(review.pk, "reject").errors[0].code == "required"
    assert decide(review, "reject", reason="insult").reason == "insult"


def test_a_comment_that_is_not_there_unscored_edited_or_closed_is_refused(
    reviewed: Callable[..., Review], make_comment: Callable[..., Comment]
) -> None:
    assert refusal(10**9).code == "not_found"
    assert refusal(make_comment().pk).code == "conflict"
    assert refusal(reviewed("closed").pk).code == "conflict"
    edited = reviewed()
    Comment.objects.filter(pk=edited.pk).update(revision=2)
    assert refusal(edited.pk).code == "conflict"


@pytest.mark.parametrize("stale", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_a_decision_on_what_has_changed_since_it_was_seen_is_refused(
    reviewed: Callable[..., Review], stale: tuple[int, int, int]
) -> None:
    review = reviewed()
    seen = VersionToken(review.pk, 1, 1)
    wrong = VersionToken(*(have + more for have, more in zip(seen, stale, strict=True)))
    assert refusal(review.pk, expected=wrong).code == "precondition_failed"
    assert decide(review, "approve", expected=seen).to_state == "approved"
    with pytest.raises(ServiceError) as caught:
        decide(review, "reject", expected=seen)
    assert caught.value.code == "precondition_failed"


def test_what_another_holds_is_a_conflict_until_the_hold_has_run_out(
    reviewed: Callable[..., Review], ada: User, grace: User
) -> None:
    review = reviewed(holder=ada, holder_until=timezone.now() + timedelta(minutes=5))
    assert refusal(review.pk, actor=grace).code == "conflict"
    assert refusal(review.pk, api_key="site").code == "conflict"
    decide(review, "escalate", actor=ada)
    assert Review.objects.get().holder is None
    Review.objects.update(holder=ada, holder_until=timezone.now() - timedelta(seconds=1))
    assert decide(review, "approve", actor=grace).to_state == "approved"


@pytest.mark.parametrize(
    ("state", "action"),
    [(state, action) for state in STATES for action in ACTIONS if state != LEADS_TO[action] or action == "highlight"],
)
def test_an_undo_leads_back_and_is_a_row_of_its_own(
    reviewed: Callable[..., Review], ada: User, state: str, action: str
) -> None:
    review = reviewed(state)
    row = decide(review, action, actor=ada)
    undo = decision_undo(decision_id=row.pk, actor=ada)
    after = Review.objects.get(pk=review.pk)
    assert (undo.kind, undo.action, undo.undoes, undo.from_state, undo.to_state) == (
        "undo", "undo", row, LEADS_TO[action], state,
    )  # fmt: skip
    assert (after.state, after.highlighted, after.state_version) == (state, False, 3)
    assert Decision.objects.count() == 2


def test_undoing_twice_walks_back_through_what_stood_before(reviewed: Callable[..., Review], ada: User) -> None:
    review = reviewed("pending")
    first = decide(review, "highlight", actor=ada)
    second = decide(review, "reject", actor=ada)
    decision_undo(decision_id=second.pk, actor=ada)
    middle = Review.objects.get()
    assert (middle.state, middle.highlighted, middle.decided_by) == ("approved", True, "person")
    assert middle.decided_at == first.at
    decision_undo(decision_id=first.pk, actor=ada)
    last = Review.objects.get()
    assert (last.state, last.highlighted, last.decided_by, last.decided_at) == ("pending", False, "", None)


def test_an_undone_approval_is_held_again_where_it_was(reviewed: Callable[..., Review], ada: User) -> None:
    review = reviewed(held=True, comment={"origin_state": "unapproved"})
    decision_undo(decision_id=decide(review, "approve", actor=ada).pk, actor=ada)
    assert Review.objects.get().held is True


def test_only_the_last_standing_decision_of_a_person_on_this_text_is_undone(
    reviewed: Callable[..., Review], ada: User
) -> None:
    review = reviewed()
    first, second = decide(review, "escalate", actor=ada), decide(review, "approve", actor=ada)
    policy = Decision.objects.create(
        comment=review.comment, kind="policy", action="approve", from_state="x", to_state="y", revision=1
    )
    for wrong in (first, second, policy):
        with pytest.raises(ServiceError) as caught:
            decision_undo(decision_id=wrong.pk, actor=User.objects.create_superuser(f"root{wrong.pk}"))
        assert caught.value.code == "conflict"


def test_a_decision_is_undone_once_and_not_after_an_edit(reviewed: Callable[..., Review], ada: User) -> None:
    review = reviewed()
    row = decide(review, "approve", actor=ada)
    Comment.objects.update(revision=2, taken_revision=2)
    with pytest.raises(ServiceError) as edited:
        decision_undo(decision_id=row.pk, actor=ada)
    Comment.objects.update(revision=1, taken_revision=1)
    decision_undo(decision_id=row.pk, actor=ada)
    with pytest.raises(ServiceError) as twice:
        decision_undo(decision_id=row.pk, actor=ada)
    with pytest.raises(ServiceError) as unknown:
        decision_undo(decision_id=10**9, actor=ada)
    assert [error.value.code for error in (edited, twice, unknown)] == ["conflict", "conflict", "not_found"]


def test_another_persons_decision_is_undone_only_with_the_permission(
    reviewed: Callable[..., Review], ada: User, grace: User
) -> None:
    row = decide(reviewed(), "approve", actor=ada)
    for who in ({"actor": grace}, {"api_key": "site"}, {}):
        with pytest.raises(ServiceError) as caught:
            decision_undo(decision_id=row.pk, **who)
        assert caught.value.code == "permission_denied"
    grace.user_permissions.add(Permission.objects.get(codename="undo_others"))
    assert decision_undo(decision_id=row.pk, actor=User.objects.get(pk=grace.pk)).actor == grace


def test_a_key_undoes_what_it_decided(reviewed: Callable[..., Review]) -> None:
    row = decide(reviewed(), "approve", api_key="site")
    assert decision_undo(decision_id=row.pk, api_key="site").api_key == "site"


def test_a_decision_costs_a_fixed_number_of_queries(
    reviewed: Callable[..., Review], ada: User, django_assert_max_num_queries: Any
) -> None:
    review = reviewed()
    with django_assert_max_num_queries(13):
        decide(review, "reject", actor=ada, reason="insult", note="Twice.")
