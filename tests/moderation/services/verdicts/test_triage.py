"""The table of states for verdicts, origins, edits and closings, and the ledger rows that go with it.

Verdicts are given here as the policy would give them; how scores become verdicts is tested beside the policy.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from archive.models import Comment
from moderation.models import Claim, Decision, ModelVersion, PolicyVersion, ReaderFlag, Review, Score
from moderation.policies import Verdict, VerdictReason
from moderation.services.ledger.append import decisions_append, text_seal
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.verdicts.features import comment_facts
from moderation.services.verdicts.transitions import Scored
from moderation.services.verdicts.triage import batch_save, comments_close

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]


@pytest.fixture
def model() -> ModelVersion:
    return ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64, active=True)


@pytest.fixture
def judge(model: ModelVersion) -> Callable[..., Review]:
    """Saves a verdict on a comment's present text: `judge(comment, "queue")`; `scored=False`: the model refused it."""

    def save(comment: Comment, action: str, *, scored: bool = True, rule: str = "rule-1") -> Review:
        comment.refresh_from_db()
        Claim.objects.create(comment=comment, worker="me")
        score = Score(
            comment=comment, model=model, revision=comment.revision, text_hash=comment.text_hash, toxicity=0.7
        )
        reasons = (VerdictReason("toxicity", 0.7, 0.5),) if scored else ()
        verdict = Verdict(action=action, rule=rule, policy=1, reasons=reasons, risk=1.4, uncertainty=0.8)
        one = Scored(comment, score if scored else None, verdict, comment_facts(comment))
        batch_save(scored=[one], policy=PolicyVersion.objects.get(active=True), worker="me")
        return Review.objects.get(pk=comment.pk)

    return save


def edit(comment: Comment, text: str) -> None:
    comment.refresh_from_db()
    comment.text = comment.raw = text
    comment.text_hash = hashlib.sha256(text.encode()).hexdigest()
    comment.revision += 1
    comment.save()


def status_shown(review: Review) -> tuple[str, bool, bool, str]:
    return review.state, review.held, review.highlighted, review.decided_by


def ledger(comment: Comment) -> list[tuple[str, str, str, str]]:
    rows = Decision.objects.filter(comment=comment).order_by("pk")
    return [(row.kind, row.action, row.from_state, row.to_state) for row in rows]


@pytest.mark.parametrize(
    ("action", "expected", "row"),
    [
        ("pass", ("passed", False, False, ""), None),
        ("queue", ("pending", False, False, ""), None),
        ("hold", ("pending", True, False, ""), None),
        ("approve", ("approved", False, False, "policy"), "approve"),
        ("reject", ("rejected", False, False, "policy"), "reject"),
        ("highlight", ("approved", False, True, "policy"), "highlight"),
    ],
)
def test_a_verdict_puts_an_unscored_comment_where_the_table_says(
    make_comment: Make, judge: Callable[..., Review], action: str, expected: tuple[Any, ...], row: str | None
) -> None:
    comment = make_comment()
    review = judge(comment, action)
    assert status_shown(review) == expected
    assert (review.decided_at is not None) == bool(row)
    assert ledger(comment) == ([("policy", row, "unscored", expected[0])] if row else [])
    assert Comment.objects.get(pk=comment.pk).taken_revision == 1
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("origin", "action", "expected", "kind"),
    [
        ("unapproved", "pass", ("pending", True, False, ""), None),
        ("unapproved", "queue", ("pending", True, False, ""), None),
        ("unapproved", "hold", ("pending", True, False, ""), None),
        ("unapproved", "approve", ("pending", True, False, ""), None),
        ("unapproved", "highlight", ("pending", True, False, ""), None),
        ("unapproved", "reject", ("rejected", False, False, "policy"), "policy"),
        ("spam", "pass", ("rejected", False, False, "import"), "import"),
        ("spam", "approve", ("rejected", False, False, "import"), "import"),
        ("spam", "reject", ("rejected", False, False, "import"), "import"),
    ],
)
def test_what_the_origin_had_decided_counts(
    make_comment: Make,
    judge: Callable[..., Review],
    origin: str,
    action: str,
    expected: tuple[Any, ...],
    kind: str | None,
) -> None:
    comment = make_comment(origin_state=origin)
    assert status_shown(judge(comment, action)) == expected
    assert [row[0] for row in ledger(comment)] == ([kind] if kind else [])


def test_spam_at_the_origin_is_rejected_with_a_reason_that_says_so(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    comment = make_comment(origin_state="spam")
    judge(comment, "pass")
    row = Decision.objects.get()
    assert (row.kind, row.reason, row.ground, row.rule, row.policy) == ("import", "spam", "terms", "", None)
    assert (row.automated_detection, row.automated_decision, row.actor) == (False, False, None)


def test_a_row_by_the_policy_says_what_it_rests_on(make_comment: Make, judge: Callable[..., Review]) -> None:
    comment = make_comment("Some words.")
    judge(comment, "reject")
    row = Decision.objects.get()
    assert (row.rule, row.policy.version, row.model, row.scores) == ("rule-1", 1, "compact@1", {"toxicity": 0.7})
    assert (row.automated_detection, row.automated_decision, row.revision) == (True, True, 1)
    assert row.text_seal == text_seal(comment)


def test_a_refused_text_waits_without_a_score_and_an_unapproved_one_is_held_too(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    review = judge(make_comment(), "queue", scored=False, rule="unscorable:no_text")
    assert (status_shown(review), review.score, review.flagged) == (("pending", False, False, ""), None, True)
    held = judge(make_comment(origin_state="unapproved"), "queue", scored=False, rule="unscorable:no_text")
    assert status_shown(held) == ("pending", True, False, "")


def test_a_review_has_a_copy_of_its_scores_attributes_whatever_it_was_judged_by(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    comment = make_comment()
    review = judge(comment, "queue")
    assert review.columns() == review.score.columns()
    assert review.toxicity == 0.7
    edit(comment, "Bonjour tout le monde.")
    assert set(judge(comment, "queue", scored=False).columns().values()) == {None}


@pytest.mark.parametrize("action", ["pass", "queue", "hold", "approve", "reject", "highlight"])
@pytest.mark.parametrize("decided", ["approve", "reject", "defer", "escalate", "highlight", "reopen"])
def test_a_verdict_never_moves_what_a_person_decided_on_the_same_text(
    make_comment: Make, judge: Callable[..., Review], decided: str, action: str
) -> None:
    comment = make_comment()
    judge(comment, "pass")
    until = timezone.now() + timedelta(days=1) if decided == "defer" else None
    decision_record(comment_id=comment.pk, action=decided, api_key="desk", until=until)
    before = Review.objects.get(pk=comment.pk)
    Comment.objects.filter(pk=comment.pk).update(taken_revision=0)
    after = judge(comment, action)
    assert status_shown(after) == status_shown(before)
    assert (after.state_version, after.deferred_until) == (before.state_version, before.deferred_until)
    assert after.verdict["action"] == action
    assert len(ledger(comment)) == 1


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("pass", ("pending", False, False, "")),
        ("queue", ("pending", False, False, "")),
        ("hold", ("pending", True, False, "")),
        ("approve", ("pending", False, False, "")),
        ("highlight", ("pending", False, False, "")),
        ("reject", ("rejected", False, False, "policy")),
    ],
)
def test_an_edit_brings_a_comment_that_a_person_rejected_no_further_than_pending(
    make_comment: Make, judge: Callable[..., Review], action: str, expected: tuple[Any, ...]
) -> None:
    comment = make_comment()
    judge(comment, "queue")
    decision_record(comment_id=comment.pk, action="reject", api_key="desk")
    edit(comment, "Other words.")
    assert status_shown(judge(comment, action)) == expected
    rows = [("system", "reject", "pending", "rejected"), ("system", "reopen", "rejected", "unscored")]
    assert ledger(comment)[:2] == rows
    assert len(ledger(comment)) == 2 + (action == "reject")


def test_a_second_edit_does_not_wash_a_rejection_away_and_an_approval_does(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    comment = make_comment()
    judge(comment, "queue")
    decision_record(comment_id=comment.pk, action="reject", api_key="desk")
    for text in ("Second.", "Third."):
        edit(comment, text)
        assert judge(comment, "pass").state == "pending"
    decision_record(comment_id=comment.pk, action="approve", api_key="desk")
    edit(comment, "Fourth.")
    assert judge(comment, "pass").state == "passed"


def test_a_rejection_that_was_only_moved_on_still_counts_and_one_that_was_undone_does_not(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    moved, undone = make_comment("One."), make_comment("Two.")
    for comment in (moved, undone):
        judge(comment, "queue")
        row = decision_record(comment_id=comment.pk, action="reject", api_key="desk")
    decision_undo(decision_id=row.pk, api_key="desk")
    decision_record(comment_id=moved.pk, action="reopen", api_key="desk")
    edit(moved, "Three.")
    edit(undone, "Four.")
    assert (judge(moved, "pass").state, judge(undone, "pass").state) == ("pending", "passed")


@pytest.mark.parametrize("decided", ["approve", "escalate", "highlight"])
def test_an_edit_ends_a_persons_decision_and_the_ledger_says_so(
    make_comment: Make, judge: Callable[..., Review], decided: str
) -> None:
    comment = make_comment("First.")
    first = judge(comment, "queue")
    decision_record(comment_id=comment.pk, action=decided, api_key="desk")
    edit(comment, "Second.")
    review = judge(comment, "pass")
    assert status_shown(review) == ("passed", False, False, "")
    assert review.state_version == first.state_version + 2
    lapsed = Decision.objects.order_by("pk").last()
    assert lapsed is not None
    assert (lapsed.kind, lapsed.to_state, lapsed.revision, lapsed.scores) == ("system", "unscored", 2, {})
    comment.refresh_from_db()
    assert lapsed.text_seal == text_seal(comment)


def test_another_state_at_the_origin_is_not_another_text(make_comment: Make, judge: Callable[..., Review]) -> None:
    comment, undecided = make_comment("One."), make_comment("Two.")
    for each in (comment, undecided):
        judge(each, "pass")
    decision_record(comment_id=comment.pk, action="approve", api_key="desk")
    Comment.objects.update(origin_state="spam", revision=2)
    assert judge(comment, "pass").state == "approved"
    assert status_shown(judge(undecided, "pass")) == ("rejected", False, False, "import")
    assert ledger(undecided) == [("import", "reject", "passed", "rejected")]
    Comment.objects.update(origin_state="published", revision=3)
    assert judge(undecided, "pass").state == "passed"
    assert ledger(undecided)[1:] == [("import", "reopen", "rejected", "passed")]


def test_judging_again_moves_what_the_policy_decided_and_writes_only_changes(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    comment = make_comment()
    for action in ("approve", "approve", "highlight", "reject", "queue", "pass", "hold"):
        judge(comment, action)
    assert ledger(comment) == [
        ("policy", "approve", "unscored", "approved"),
        ("policy", "highlight", "approved", "approved"),
        ("policy", "reject", "approved", "rejected"),
        ("policy", "queue", "rejected", "pending"),
    ]
    assert Review.objects.get().state_version == 6


def test_judging_again_keeps_the_holder_until_the_state_changes(
    make_comment: Make, judge: Callable[..., Review], admin_user: Any
) -> None:
    comment = make_comment()
    judge(comment, "queue")
    Review.objects.update(holder=admin_user, holder_until=timezone.now())
    assert judge(comment, "queue").holder == admin_user
    assert judge(comment, "pass").holder is None


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"origin_state": "deleted"}, "import"),
        ({"withdrawn_at": timezone.now()}, "system"),
        ({"erased_at": timezone.now(), "text": "", "raw": "", "seal_key": b""}, "system"),
    ],
)
@pytest.mark.parametrize("before", [None, "pass", "queue", "reject"])
def test_what_no_longer_stands_is_closed_once_and_asks_no_model(
    make_comment: Make, judge: Callable[..., Review], columns: dict[str, Any], kind: str, before: str | None
) -> None:
    comment = make_comment()
    state = judge(comment, before).state if before else "unscored"
    Comment.objects.filter(pk=comment.pk).update(**columns)
    assert comments_close() == 1
    review = Review.objects.get()
    assert (review.state, review.held) == ("closed", False)
    assert ledger(comment)[-1] == (kind, "close", state, "closed")
    assert not Comment.objects.unscored().exists()
    assert comments_close() == 0
    if "erased_at" in columns:
        assert (review.facts, Decision.objects.order_by("pk").last().text_seal) == ({}, "")


def test_an_edit_of_a_closed_comment_leaves_it_closed_and_taken(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    comment = make_comment(withdrawn_at=timezone.now())
    comments_close()
    edit(comment, "Other words.")
    assert comments_close() == 1
    assert len(ledger(comment)) == 1
    assert not Comment.objects.unscored().exists()


def test_reports_made_before_the_score_are_counted_in_the_review(
    make_comment: Make, judge: Callable[..., Review]
) -> None:
    comment = make_comment()
    for reporter in ("r1", "r2"):
        ReaderFlag.objects.create(comment=comment, reporter=reporter, reason="insult")
    assert judge(comment, "pass").reader_flags == 2


def test_closing_goes_through_any_number_in_batches(
    make_comment: Make, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr("moderation.services.verdicts.triage.CLOSE_BATCH", 3)
    for _ in range(7):
        make_comment(origin_state="deleted")
    with django_assert_max_num_queries(45):
        assert comments_close() == 7


def test_only_the_worker_that_holds_a_comment_saves_it(make_comment: Make, model: ModelVersion) -> None:
    comment = make_comment()
    Claim.objects.create(comment=comment, worker="other")
    score = Score(comment=comment, model=model, revision=1, text_hash=comment.text_hash, toxicity=0.7)
    one = Scored(comment, score, Verdict(action="pass", rule="", policy=1), comment_facts(comment))
    policy = PolicyVersion.objects.get(active=True)
    assert batch_save(scored=[one], policy=policy, worker="me") == []
    assert not Score.objects.exists()
    assert Claim.objects.get().worker == "other"


def test_a_batch_is_saved_with_a_fixed_number_of_queries(
    make_comment: Make, model: ModelVersion, django_assert_max_num_queries: Any
) -> None:
    scored = []
    for number in range(50):
        comment = make_comment(f"Words {number}.", origin_state="spam" if number % 2 else "published")
        Claim.objects.create(comment=comment, worker="me")
        score = Score(comment=comment, model=model, revision=1, text_hash=comment.text_hash, toxicity=0.7)
        scored.append(Scored(comment, score, Verdict(action="reject", rule="r", policy=1), comment_facts(comment)))
    policy = PolicyVersion.objects.get(active=True)
    with django_assert_max_num_queries(17):
        batch_save(scored=scored, policy=policy, worker="me")
    assert Decision.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_the_ledger_is_written_only_inside_a_transaction(make_comment: Make) -> None:
    row = Decision(comment=make_comment(), kind="system", action="close", from_state="a", to_state="b", revision=1)
    with pytest.raises(TransactionManagementError):
        decisions_append([row])
    assert not Decision.objects.exists()
