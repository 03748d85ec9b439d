"""Taking back what one rule of one version did: all of it, nothing else, and never what a person decided."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.models import Decision, Reversion, Review, Rollout
from moderation.services.errors import ServiceError
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.stages import policy_revert
from moderation.services.rejudging.run import verdicts_rejudge
from moderation.services.reversion import run
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.states.locking import WRITTEN

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
# What a version of a review, and who holds it, are no part of what it was.
KEPT = tuple(name for name in WRITTEN if name not in {"state_version", "updated_at", "holder", "holder_until"})
ACTIONS = st.sampled_from(["pass", "queue", "hold", "approve", "reject", "highlight"])
TOXICITY = st.sampled_from([0.05, 0.35, 0.65, 0.95])


@pytest.fixture
def person() -> User:
    user = User.objects.create_user("ada")
    user.groups.add(Group.objects.get(name="senior"))
    return user


@pytest.fixture
def activated(write_policy: Make) -> Make:
    """Activates a policy that is watched no longer: `activated(("r", "reject", 0.5))`."""

    def make(*rules: tuple[str, str, float], **columns: Any) -> int:
        version: int = policy_activate(version=write_policy(*rules, **columns), actor=None).version
        Rollout.objects.update(effective_at=None)
        return version

    return make


def rows() -> dict[int, dict[str, Any]]:
    """What each review is."""
    return {row.pop("pk"): row for row in Review.objects.values("pk", *KEPT)}


def states() -> list[str]:
    return list(Review.objects.order_by("pk").values_list("state", flat=True))


def test_what_a_rule_decided_when_it_came_goes_to_a_person(activated: Make, arrive: Make, person: User) -> None:
    version = activated(("r", "reject", 0.9), ("a", "approve", 0.5))
    arrive(0.95, 0.6, 0.1)
    done = policy_revert(version=version, rule="r", actor=person)
    assert (done.reverted, done.left, done.finished_at is not None) == (1, 0, True)
    assert states() == ["pending", "approved", "passed"]
    first = Review.objects.earliest("pk")
    assert (first.decided_by, first.decided_at, first.verdict["action"], first.verdict["braked"]) == (
        "",
        None,
        "queue",
        "reject",
    )
    made, undo = Decision.objects.filter(comment=first.pk).order_by("pk")
    assert (undo.kind, undo.undoes, undo.actor, undo.batch) == ("undo", made, person, done.batch)
    assert (undo.from_state, undo.to_state, undo.rule, undo.policy.version) == ("rejected", "pending", "r", version)


def test_the_rule_acts_through_a_person_from_then_on_and_judging_again_repeats_nothing(
    activated: Make, arrive: Make
) -> None:
    version = activated(("r", "reject", 0.9), ("a", "approve", 0.5))
    arrive(0.95, 0.6)
    policy_revert(version=version, rule="r", actor=None)
    assert [one.state for one in arrive(0.95, 0.6)] == ["pending", "approved"]
    before = rows()
    report = verdicts_rejudge()
    assert (report.changed, report.moved) == (0, 0)
    assert rows() == before


def test_a_batch_judged_before_the_rule_was_taken_back_and_saved_after_it_does_not_act(
    activated: Make, arrive: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.services.batch_scoring import chunk

    version = activated(("r", "reject", 0.9))
    save = chunk.batch_save

    def late(**arguments: Any) -> Any:
        policy_revert(version=version, rule="r", actor=None)
        return save(**arguments)

    monkeypatch.setattr(chunk, "batch_save", late)
    assert [one.state for one in arrive(0.95)] == ["pending"]


def test_what_a_person_decided_stays_and_an_undone_decision_of_a_person_leads_back_to_the_rule(
    activated: Make, arrive: Make, person: User
) -> None:
    version = activated(("r", "reject", 0.9))
    stays, _, back = arrive(0.95, 0.95, 0.95)
    decision_record(comment_id=stays.pk, action="approve", actor=person)
    row = decision_record(comment_id=back.pk, action="approve", actor=person)
    decision_undo(decision_id=row.pk, actor=person)
    done = policy_revert(version=version, rule="r", actor=None)
    assert (done.reverted, states()) == (2, ["approved", "pending", "pending"])
    assert Review.objects.get(pk=stays.pk).decided_by == "person"


def test_an_edited_comment_waits_for_its_new_verdict_and_a_closed_one_stays_closed(
    activated: Make, arrive: Make
) -> None:
    version = activated(("r", "reject", 0.9))
    edited, closed = arrive(0.95, 0.95)
    type(edited.comment).objects.filter(pk=edited.pk).update(revision=2)
    Review.objects.filter(pk=closed.pk).update(state="closed")
    done = policy_revert(version=version, rule="r", actor=None)
    assert (done.reverted, done.left, states()) == (0, 2, ["rejected", "closed"])


def test_a_decision_that_another_version_upholds_is_that_versions(activated: Make, arrive: Make) -> None:
    first = activated(("r", "reject", 0.9))
    arrive(0.95)
    second = activated(("s", "reject", 0.8))
    verdicts_rejudge()
    before = rows()
    assert policy_revert(version=first, rule="r", actor=None).reverted == 0
    assert rows() == before
    assert policy_revert(version=second, rule="s", actor=None).reverted == 1
    assert (states(), Decision.objects.count()) == (["rejected"], 1)
    assert policy_revert(version=first, rule="r", actor=None).reverted == 1
    assert (states(), Decision.objects.count()) == (["pending"], 2)


def test_two_versions_are_taken_back_one_after_the_other(activated: Make, arrive: Make) -> None:
    first = activated(("a", "approve", 0.5))
    arrive(0.95)
    approved = rows()
    second = activated(("r", "reject", 0.9))
    verdicts_rejudge()
    assert states() == ["rejected"]
    policy_revert(version=second, rule="r", actor=None)
    assert rows() == approved
    policy_revert(version=first, rule="a", actor=None)
    assert states() == ["pending"]


def test_a_comment_drawn_for_the_audit_is_in_the_draw_again(activated: Make, arrive: Make) -> None:
    activated(("q", "queue", 0.99), audit_share=1.0)
    (drawn,) = arrive(0.95)
    assert (drawn.state, drawn.sampled) == ("pending", True)
    before = rows()
    version = activated(("r", "reject", 0.9))
    verdicts_rejudge()
    assert states() == ["rejected"]
    policy_revert(version=version, rule="r", actor=None)
    assert rows() == before


def test_a_rule_that_there_is_not_and_a_version_that_there_is_not_are_refused(activated: Make) -> None:
    version = activated(("r", "reject", 0.9))
    for arguments, code in (
        ({"version": version, "rule": "x"}, "validation_error"),
        ({"version": 99, "rule": "r"}, "not_found"),
    ):
        with pytest.raises(ServiceError) as caught:
            policy_revert(**arguments, actor=None)  # type: ignore[arg-type]
        assert caught.value.code == code
    assert not Reversion.objects.exists()


def test_an_interrupted_run_goes_on_where_it_stopped_in_the_same_batch(
    activated: Make, arrive: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 2)
    version = activated(("r", "reject", 0.9))
    arrive(*[0.95] * 5)
    told: list[int] = []
    half = policy_revert(
        version=version, rule="r", actor=None, progress=lambda one: told.append(one.reverted), stop=lambda: bool(told)
    )
    assert (half.reverted, half.finished_at, told) == (2, None, [2])
    assert states() == ["pending", "pending", "rejected", "rejected", "rejected"]
    assert policy_revert(version=version, rule="r", actor=None, seconds=0).reverted == 2
    done = policy_revert(version=version, rule="r", actor=None)
    assert (done.pk, done.batch, done.reverted) == (half.pk, half.batch, 5)
    assert Decision.objects.filter(batch=done.batch).count() == 5
    assert set(states()) == {"pending"}
    assert policy_revert(version=version, rule="r", actor=None).reverted == 0


def test_a_chunk_asks_no_query_a_comment(activated: Make, arrive: Make) -> None:
    version = activated(("r", "reject", 0.9), ("s", "reject", 0.5), ("w", "reject", 0.3))

    def asked(rule: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            policy_revert(version=version, rule=rule, actor=None)
        return len(captured)

    # As many as SQLite takes in one statement.
    arrive(*[0.95] * 20, *[0.6] * 5, 0.4)
    asked("w")
    assert asked("r") == asked("s")


POLICY = st.lists(st.tuples(ACTIONS, st.sampled_from([0.0, 0.3, 0.6])), max_size=2)
COMMENT = st.tuples(TOXICITY, st.sampled_from(["published", "unapproved"]), st.booleans())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    comments=st.lists(COMMENT, min_size=1, max_size=8),
    earlier=st.lists(POLICY, min_size=1, max_size=3),
    action=st.sampled_from(["approve", "reject", "highlight"]),
    audit=st.sampled_from([0.0, 0.5, 1.0]),
    decided=st.sets(st.integers(0, 7)),
)
def test_taking_a_rule_back_restores_every_review_to_what_it_was(
    comments: list[tuple[float, str, bool]],
    earlier: list[list[tuple[str, float]]],
    action: str,
    audit: float,
    decided: set[int],
    activated: Make,
    arrive: Make,
    person: User,
) -> None:
    def activate(rules: list[tuple[str, float]]) -> None:
        activated(*((f"f{at}", does, gte) for at, (does, gte) in enumerate(rules)), audit_share=audit)

    with transaction.atomic():
        activate(earlier[0])
        for toxicity, origin, early in comments:
            (review,) = arrive(toxicity, origin_state=origin)
            if early:
                decision_record(comment_id=review.pk, action="escalate", actor=person)
        for rules in earlier[1:]:
            activate(rules)
            verdicts_rejudge()
        before = rows()
        version = activated(("high", action, 0.9), ("middle", "reject", 0.6), audit_share=audit)
        verdicts_rejudge()
        until = timezone.now() + timedelta(hours=1)
        for pk in [pk for at, pk in enumerate(sorted(before)) if at in decided]:
            decision_record(comment_id=pk, action="defer", actor=person, until=until)
        judged = rows()
        policy_revert(version=version, rule="high", actor=person)
        expected = {pk: before[pk] if _by_rule(row, "high") else row for pk, row in judged.items()}
        assert rows() == expected
        transaction.set_rollback(True)


def _by_rule(row: dict[str, Any], rule: str) -> bool:
    return row["decided_by"] == "policy" and row["verdict"]["rule"] == rule
