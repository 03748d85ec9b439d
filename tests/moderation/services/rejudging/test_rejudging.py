"""Judging again: what changes is written as one verdict would write it, what does not change stays untouched."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from archive.models import Comment, OriginState
from moderation.models import Decision, Delivery, PolicyStatus, PolicyVersion, Rejudging, Review, WebhookTarget
from moderation.policies import policy_sha256
from moderation.services.errors import ServiceError
from moderation.services.rejudging import chunk
from moderation.services.rejudging.run import verdicts_rejudge
from moderation.services.review.decisions import decision_record

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


@pytest.fixture
def reviewed(make_comment: Make, make_review: Make) -> Make:
    """Makes a comment with a review by the tests' policy: `reviewed(toxicity=0.9)`."""

    def make(origin_state: str = OriginState.PUBLISHED, **columns: Any) -> Review:
        comment = make_comment(origin_state=origin_state)
        facts = {"text_hash": comment.text_hash, "links": 1, "length": 9, "near_hash": ""}
        review: Review = make_review(comment, facts={**facts, **columns.pop("facts", {})}, **columns)
        return review

    return make


@pytest.fixture
def activate(db: None) -> Make:
    """Makes a version with these rules the active one: `activate(rule("queue", toxicity=0.5))`."""

    def make(*rules: dict[str, Any], audit_share: float = 0.0) -> PolicyVersion:
        body = {"schema": 1, "name": "Again", "rules": list(rules), "audit_share": audit_share}
        PolicyVersion.objects.update(active=False, status=PolicyStatus.RETIRED)
        last = PolicyVersion.objects.order_by("-version").first()
        version = last.version + 1 if last else 1
        columns = {"body": body, "sha256": policy_sha256(body), "active": True, "status": PolicyStatus.ACTIVE}
        return PolicyVersion.objects.create(version=version, **columns)

    return make


def rule(action: str, name: str = "flag-toxic", **ends: float) -> dict[str, Any]:
    when = {"any": [{"attribute": attribute, "gte": gte} for attribute, gte in ends.items()]}
    return {"id": name, "when": when, "action": action}


def unchanged() -> dict[str, Any]:
    """Returns the rule of the tests' policy."""
    return rule("queue", toxicity=0.8, insult=0.7)


def columns_of(reviews: Any) -> list[dict[str, Any]]:
    return list(reviews.order_by("pk").values())


def test_a_verdict_that_stays_writes_nothing(reviewed: Make, activate: Make) -> None:
    reviewed(toxicity=0.9)
    reviewed(toxicity=0.1)
    before = columns_of(Review.objects)
    activate(unchanged())
    report = verdicts_rejudge()
    assert (report.judged, report.changed, report.moved) == (2, 0, 0)
    assert columns_of(Review.objects) == before


def test_what_passed_waits_and_what_waited_passes_without_a_ledger_row(reviewed: Make, activate: Make) -> None:
    low, high = reviewed(toxicity=0.6), reviewed(insult=0.75)
    version = activate(rule("queue", toxicity=0.5))
    report = verdicts_rejudge()
    low, high = Review.objects.get(pk=low.pk), Review.objects.get(pk=high.pk)
    assert (low.state, low.flagged, low.policy, low.state_version) == ("pending", True, version, 2)
    assert (high.state, high.flagged, high.verdict["rule"], high.state_version) == ("passed", False, "", 2)
    assert low.verdict["reasons"] == [{"attribute": "toxicity", "score": 0.6, "threshold": 0.5}]
    assert (report.changed, report.moved, Decision.objects.count()) == (2, 2, 0)


def test_what_the_policy_now_decides_writes_the_ledger_and_the_outbox(reviewed: Make, activate: Make) -> None:
    target = WebhookTarget.objects.create(url="https://hooks.example/")
    review = reviewed(toxicity=0.99)
    version = activate(rule("reject", toxicity=0.95))
    verdicts_rejudge()
    row = Decision.objects.get()
    assert (row.kind, row.action, row.from_state, row.to_state) == ("policy", "reject", "pending", "rejected")
    assert (row.comment_id, row.policy, row.rule, row.automated_decision) == (review.pk, version, "flag-toxic", True)
    assert row.scores == {"toxicity": 0.99}
    assert row.text_seal
    assert list(Delivery.objects.values_list("target", "decision")) == [(target.pk, row.pk)]


def test_what_the_policy_decided_is_taken_back_with_a_ledger_row(reviewed: Make, activate: Make) -> None:
    review = reviewed(toxicity=0.99)
    activate(rule("reject", toxicity=0.95))
    verdicts_rejudge()
    activate(rule("queue", toxicity=0.95))
    verdicts_rejudge()
    review.refresh_from_db()
    assert (review.state, review.decided_by, review.decided_at, review.state_version) == ("pending", "", None, 3)
    moves = Decision.objects.order_by("pk").values_list("from_state", "to_state")
    assert list(moves) == [("pending", "rejected"), ("rejected", "pending")]


@pytest.mark.parametrize("action", ["approve", "reject", "escalate", "highlight"])
def test_what_a_person_decided_stays_as_it_is(reviewed: Make, activate: Make, action: str) -> None:
    user = User.objects.create_superuser("ada")
    reason = {"reason": "insult"} if action == "reject" else {}
    review = reviewed(toxicity=0.9)
    decision_record(comment_id=review.pk, action=action, actor=user, **reason)
    before = columns_of(Review.objects)
    activate(rule("approve", toxicity=0.0))
    assert verdicts_rejudge().judged == 0
    assert columns_of(Review.objects) == before


def test_what_a_person_put_back_into_the_queue_stays_there(reviewed: Make, activate: Make) -> None:
    user = User.objects.create_superuser("ada")
    review = reviewed(toxicity=0.9)
    decision_record(comment_id=review.pk, action="approve", actor=user)
    decision_record(comment_id=review.pk, action="reopen", actor=user)
    before = columns_of(Review.objects)
    activate(rule("approve", toxicity=0.0))
    verdicts_rejudge()
    assert columns_of(Review.objects) == before


def test_closed_edited_and_unscorable_comments_are_left(reviewed: Make, activate: Make) -> None:
    closed, edited, unscorable = reviewed(toxicity=0.9, state="closed"), reviewed(toxicity=0.9), reviewed(toxicity=0.9)
    Comment.objects.filter(pk=edited.pk).update(revision=2)
    verdict = {"action": "queue", "flagged": True, "rule": "unscorable:language", "policy": 7, "reasons": []}
    Review.objects.filter(pk=unscorable.pk).update(score=None, verdict=verdict)
    before = columns_of(Review.objects)
    activate(rule("approve", toxicity=0.0))
    assert verdicts_rejudge().judged == 0
    assert columns_of(Review.objects) == before
    assert closed.state == "closed"


@pytest.mark.parametrize(
    "change",
    [
        lambda pk: decision_record(comment_id=pk, action="approve", actor=User.objects.create_superuser("ada")),
        lambda pk: Comment.objects.filter(pk=pk).update(revision=2),
        lambda pk: Comment.objects.filter(pk=pk).update(origin_state="deleted"),
    ],
    ids=["decided", "edited", "deleted"],
)
def test_what_changes_between_reading_and_writing_is_left(
    reviewed: Make, activate: Make, monkeypatch: pytest.MonkeyPatch, change: Callable[[int], Any]
) -> None:
    review = reviewed(toxicity=0.9)
    activate(rule("reject", toxicity=0.5))
    compare = chunk.Comparison.of

    def changed_meanwhile(comparison: Any, rows: Any) -> Any:
        found = compare(comparison, rows)
        change(review.pk)
        return found

    monkeypatch.setattr(chunk.Comparison, "of", changed_meanwhile)
    report = verdicts_rejudge()
    review.refresh_from_db()
    assert (report.changed, review.state == "rejected", review.verdict["action"]) == (0, False, "queue")
    assert not Decision.objects.filter(kind="policy").exists()


def test_a_risk_that_moves_alone_is_written_and_nothing_else(reviewed: Make, activate: Make) -> None:
    review = reviewed(toxicity=0.4)
    activate(rule("queue", toxicity=0.5))
    report = verdicts_rejudge()
    (after,) = columns_of(Review.objects)
    assert (after["risk"], after["uncertainty"]) == (0.4 / 0.5, 1.0 - abs(0.4 - 0.5))
    assert (after["policy_id"], after["state_version"], after["updated_at"]) == (
        review.policy_id,
        review.state_version,
        review.updated_at,
    )
    assert (report.changed, report.moved) == (1, 0)


def test_a_threshold_that_moves_under_the_same_rule_is_told_anew(reviewed: Make, activate: Make) -> None:
    review = reviewed(toxicity=0.9, insult=0.75)
    activate(rule("queue", toxicity=0.8, insult=0.74))
    verdicts_rejudge()
    review.refresh_from_db()
    assert [reason["threshold"] for reason in review.verdict["reasons"]] == [0.8, 0.74]
    assert (review.state, review.state_version) == ("pending", 1)


def test_a_rule_on_an_attribute_without_a_column_reads_it_from_the_score(reviewed: Make, activate: Make) -> None:
    review = reviewed(toxicity=0.1)
    review.score.extra = {"nyt_obscene": 0.9}
    review.score.save()
    activate(rule("queue", nyt_obscene=0.8))
    verdicts_rejudge()
    review.refresh_from_db()
    assert (review.state, review.verdict["reasons"][0]["attribute"]) == ("pending", "nyt_obscene")


def test_the_draw_for_the_audit_stays_what_it_was(reviewed: Make, activate: Make) -> None:
    drawn = reviewed(toxicity=0.1, state="pending", sampled=True, review_probability=0.25)
    not_drawn = reviewed(toxicity=0.1)
    activate(unchanged(), rule("pass", "calm", toxicity=0.05), audit_share=1.0)
    assert verdicts_rejudge().changed == 2
    found = {row.pk: (row.state, row.sampled, row.review_probability) for row in Review.objects.all()}
    assert found == {drawn.pk: ("pending", True, 0.25), not_drawn.pk: ("passed", False, 1.0)}


def test_a_policy_without_an_audit_takes_back_what_was_drawn(reviewed: Make, activate: Make) -> None:
    drawn = reviewed(toxicity=0.1, state="pending", sampled=True, review_probability=0.25)
    activate(unchanged())
    verdicts_rejudge()
    drawn.refresh_from_db()
    assert (drawn.state, drawn.sampled, drawn.review_probability) == ("passed", False, 1.0)


def test_what_passes_for_the_first_time_takes_part_in_the_draw(reviewed: Make, activate: Make) -> None:
    review = reviewed(toxicity=0.9)
    activate(rule("queue", toxicity=0.95), audit_share=1.0)
    verdicts_rejudge()
    review.refresh_from_db()
    assert (review.state, review.sampled, review.flagged) == ("pending", True, False)


def test_what_the_origin_has_not_approved_stays_held(reviewed: Make, activate: Make) -> None:
    review = reviewed(OriginState.UNAPPROVED, toxicity=0.9, held=True)
    activate(rule("queue", toxicity=0.95))
    verdicts_rejudge()
    review.refresh_from_db()
    assert (review.state, review.held, review.verdict["action"]) == ("pending", True, "pass")


def test_a_stopped_run_is_resumed_where_it_stopped(
    reviewed: Make, activate: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk, "CHUNK", 2)
    reviews = [reviewed(toxicity=0.9) for _ in range(5)]
    activate(rule("hold", toxicity=0.5))
    stops = iter((False, False, True))
    stopped = verdicts_rejudge(stop=lambda: next(stops))
    assert (stopped.judged, stopped.left) == (2, True)
    resumed = verdicts_rejudge(resume=True)
    assert (resumed.judged, resumed.changed, resumed.left, resumed.ranges) == (5, 5, False, stopped.ranges)
    assert Review.objects.filter(held=True).count() == len(reviews)


def test_there_is_nothing_to_resume_when_the_run_is_at_its_end(reviewed: Make, activate: Make) -> None:
    reviewed(toxicity=0.9)
    activate(unchanged())
    verdicts_rejudge()
    with pytest.raises(ServiceError, match="no unfinished run"):
        verdicts_rejudge(resume=True)


def test_a_run_ends_when_another_policy_becomes_active(
    reviewed: Make, activate: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk, "CHUNK", 1)
    first, second = reviewed(toxicity=0.9), reviewed(toxicity=0.9)
    activate(rule("hold", toxicity=0.5))
    report = verdicts_rejudge(progress=lambda _: activate(rule("approve", toxicity=0.5)))
    assert (report.policy_changed, report.left, report.judged) == (True, True, 1)
    assert [Review.objects.get(pk=pk).held for pk in (first.pk, second.pk)] == [True, False]
    verdicts_rejudge()
    assert Rejudging.objects.unfinished().count() == 0
    assert Review.objects.filter(state="approved").count() == 2


def test_a_chunk_that_another_process_did_is_not_counted_twice(reviewed: Make, activate: Make) -> None:
    reviewed(toxicity=0.9)
    version = activate(rule("hold", toxicity=0.5))
    stopped = verdicts_rejudge(stop=lambda: True)
    late = Rejudging.objects.get(pk=stopped.ranges[0])
    verdicts_rejudge(resume=True)
    run = chunk.Rejudge(version, chunk_policy(version))
    run.step(late, now=version.created_at)
    assert Rejudging.objects.get(pk=late.pk).judged == 1
    assert late.finished_at


def chunk_policy(version: PolicyVersion) -> Any:
    from moderation.policies import parse_policy

    return parse_policy(version.body, version=version.version)


@pytest.mark.parametrize("processes", [0, 17])
def test_the_number_of_processes_has_a_limit(activate: Make, processes: int) -> None:
    activate(unchanged())
    with pytest.raises(ServiceError, match="processes"):
        verdicts_rejudge(processes=processes)


def test_an_archive_without_reviews_is_judged_at_once(activate: Make) -> None:
    activate(unchanged())
    report = verdicts_rejudge()
    assert (report.judged, report.left) == (0, False)
