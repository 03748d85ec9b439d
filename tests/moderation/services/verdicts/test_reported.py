"""A reader's report judges a comment again, by the version that judges it, within what that may do without a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation.models import Decision, Review, Rollout, State
from moderation.services.intake.ingest import flag_store
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.stages import policy_rollout, policy_shadow
from moderation.services.policies.versions import policy_create

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


def on_reports(action: str, flags: float = 0.4) -> int:
    """Saves a policy with a rule about reports as a draft, and returns its version."""
    rule = {"id": "reported", "when": {"all": [{"flags": {"gte": flags}}]}, "action": action}
    body = {"schema": 2, "name": f"{action} {flags}", "rules": [rule]}
    return policy_create(body=body, actor=None).version.version


def report(review: Review, *reporters: str) -> Review:
    """Reports a comment and returns its review as it is then."""
    for name in reporters:
        flag_store(comment=review.comment, reporter=name, reason="spam")
    review.refresh_from_db()
    return review


def test_reports_judge_a_comment_again_and_a_persons_decision_stays(arrive: Make) -> None:
    policy_activate(version=on_reports("queue", 0.9), actor=None)
    (review,) = arrive(0.1)
    assert report(review, "ann").state == State.PASSED
    report(review, "bob")
    assert (review.state, review.verdict["rule"], review.reader_flags) == (State.PENDING, "reported", 2)
    Review.objects.filter(pk=review.pk).update(state=State.APPROVED, decided_by="person")
    report(review, "cid")
    assert (review.state, review.decided_by) == (State.APPROVED, "person")
    assert not Decision.objects.exists()


def test_without_a_rule_on_reports_a_report_judges_nothing(arrive: Make) -> None:
    (review,) = arrive(0.1)
    before = (review.verdict, review.updated_at)
    report(review, "ann")
    assert (review.verdict, review.updated_at) == before


def test_reports_do_not_get_a_young_version_around_its_brake(arrive: Make) -> None:
    policy_activate(version=on_reports("reject"), actor=None)
    reviews = [report(one, "ann") for one in arrive(*[0.1] * 6)]
    assert [one.state for one in reviews] == ["rejected"] * 2 + ["pending"] * 4
    rollout = Rollout.objects.get(policy__active=True)
    assert (rollout.judged, rollout.automatic, rollout.braked_at is None) == (6, 3, False)


def test_further_reports_of_a_rejected_comment_are_not_further_acts(arrive: Make) -> None:
    policy_activate(version=on_reports("reject"), actor=None)
    (review,) = arrive(0.1)
    assert report(review, "ann", "bob", "cid", "dan").state == "rejected"
    assert Rollout.objects.get(policy__active=True).automatic == 1


def test_a_comment_in_a_candidates_share_is_judged_by_the_candidate(arrive: Make, write_policy: Make) -> None:
    policy_activate(version=write_policy(("q", "queue", 0.8)), actor=None)
    version = on_reports("hold")
    policy_shadow(version=version, actor=None)
    policy_rollout(version=version, percent=100, actor=None)
    review = report(arrive(0.1)[0], "ann")
    assert (review.policy.version, review.held) == (version, True)


def test_a_report_locks_the_comment_before_its_review(arrive: Make) -> None:
    comment = arrive(0.1)[0].comment
    with CaptureQueriesContext(connection) as captured:
        flag_store(comment=comment, reporter="ann", reason="spam")
    asked = [query["sql"] for query in captured]
    locked = next(at for at, sql in enumerate(asked) if sql.startswith("SELECT") and 'FROM "archive_comment"' in sql)
    written = next(at for at, sql in enumerate(asked) if sql.startswith('UPDATE "moderation_review"'))
    assert locked < written
