"""A simulation counts every stored score, beside the active policy and what people decided."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from archive.models import Article, Source
from moderation.models import DecidedBy, Decision, DecisionKind, PolicyVersion, Review, State
from moderation.policies import PolicyError, parse_policy
from moderation.services.simulation import run
from moderation.services.simulation.run import policy_simulate, span_tally
from moderation.services.simulation.scope import SimulationScope
from moderation.services.verdicts.policy import policy_active

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
NOON = datetime(2021, 11, 16, 12, tzinfo=UTC)


@pytest.fixture
def reviewed(make_comment: Make, make_review: Make) -> Make:
    """Makes a comment with a review by the tests' policy: `reviewed(toxicity=0.9)`."""

    def make(links: int = 0, **columns: Any) -> Review:
        given = {name: columns.pop(name) for name in ("source", "article", "created_at") if name in columns}
        comment = make_comment(**given)
        facts = {"text_hash": comment.text_hash, "links": links, "length": 9, "near_hash": ""}
        review: Review = make_review(comment, facts=facts, **columns)
        return review

    return make


def simulated(*rules: dict[str, Any], **scope: Any) -> dict[str, Any]:
    policy = parse_policy({"schema": 2, "name": "Tried", "rules": list(rules)})
    return policy_simulate(policy=policy, scope=SimulationScope(**scope))


def rule(name: str = "toxic", action: str = "queue", *conditions: dict[str, Any], **ends: float) -> dict[str, Any]:
    ranges = [{"attribute": attribute, "gte": gte} for attribute, gte in ends.items()]
    return {"id": name, "when": {"all": [*conditions, *ranges]}, "action": action}


def test_every_stored_score_is_judged_by_both_policies(reviewed: Make) -> None:
    for toxicity in (0.1, 0.6, 0.9):
        reviewed(toxicity=toxicity)
    found = simulated(rule(toxicity=0.5), rule("links", "hold", {"fact": "links", "gte": 1}))
    assert found["comments"] == 3
    assert (found["actions"]["queue"], found["actions_before"]["queue"]) == (2, 1)
    assert [(one["rule"], one["matched"], one["decides"]) for one in found["rules"]] == [
        ("toxic", 2, 2),
        ("links", 0, 0),
    ]


def test_a_change_is_shown_with_examples_and_what_it_was(reviewed: Make) -> None:
    review = reviewed(toxicity=0.6)
    reviewed(toxicity=0.1)
    (change,) = simulated(rule(toxicity=0.5))["changes"]
    assert (change["from"], change["to"], change["comments"]) == ("pass", "queue", 1)
    (example,) = change["examples"]
    assert (example["comment"], example["before"]) == (review.pk, {"action": "pass", "rule": ""})
    assert example["reasons"] == [{"attribute": "toxicity", "score": 0.6, "threshold": 0.5}]


def test_examples_and_lists_are_bounded(reviewed: Make) -> None:
    for _ in range(25):
        reviewed(toxicity=0.6)
    found = simulated(rule(toxicity=0.5))
    assert (len(found["changes"][0]["examples"]), len(found["likely_false_alarms"])) == (10, 20)


def test_the_queue_a_day_is_over_the_days_with_comments(reviewed: Make) -> None:
    for day in (0, 0, 0, 4):
        reviewed(toxicity=0.9, created_at=NOON + timedelta(days=day))
    queue = simulated(rule(toxicity=0.5))["queue"]
    assert (queue["per_day"], queue["busiest_day"], queue["audit_per_day"]) == (2.0, 3, 0.0)


def test_the_audit_a_day_is_what_its_strata_draw_and_not_their_mean(reviewed: Make) -> None:
    for day in (0, 1):
        for toxicity in (0.01, 0.01, 0.01, 0.3):
            reviewed(toxicity=toxicity, created_at=NOON + timedelta(days=day))
    audit = {"share": 0.2, "strata": 2, "shares": [0.1, 0.5]}
    body = {"schema": 2, "name": "Tried", "rules": [rule(toxicity=0.5)]}
    found = [
        policy_simulate(policy=parse_policy({**body, "audit": one}), scope=SimulationScope())["queue"]["audit_per_day"]
        for one in (audit, {"share": 0.2}, {"share": 0.2, "strata": 2})
    ]
    assert found == [3 * 0.1 + 0.5, 0.8, 0.8]


@pytest.fixture
def answered(reviewed: Make) -> Make:
    """Makes a comment that a person decided on when it was in a state: `answered("rejected", asked_in="pending")`."""

    def make(state: str, asked_in: str = "pending", **columns: Any) -> Review:
        review: Review = reviewed(state=state, decided_by=DecidedBy.PERSON, **columns)
        said = {"kind": DecisionKind.PERSON, "action": "approve", "from_state": asked_in, "to_state": state}
        chance = review.review_probability
        Decision.objects.create(comment=review.comment, revision=1, review_probability=chance, **said)
        return review

    return make


def test_estimates_are_weighted_by_the_probability_of_review(answered: Make) -> None:
    for state, count in ((State.REJECTED, 30), (State.APPROVED, 10)):
        for _ in range(count):
            answered(state, toxicity=0.9)
    for state, count in ((State.REJECTED, 1), (State.APPROVED, 39)):
        for _ in range(count):
            answered(state, toxicity=0.1, sampled=True, review_probability=0.1)
    found = {(one["by"], one["name"]): one for one in simulated(rule(toxicity=0.5))["estimates"]}
    policy = found["policy", ""]
    assert policy["decided"] == 80
    assert policy["precision"]["value"] == pytest.approx(30 / 40)
    assert found["rule", "toxic"]["precision"] == policy["precision"]
    assert found["attribute", "toxicity"]["precision"] == policy["precision"]
    assert policy["false_alarm_share"]["value"] == pytest.approx(10 / (10 + 39 / 0.1))
    assert {by for by, _ in found} == {"policy", "active", "rule", "attribute", "source", "section", "language"}
    assert found["language", "en"]["decided"] == found["section", "Politics"]["decided"] == 80


def test_what_nobody_was_asked_to_review_is_in_no_estimate(answered: Make) -> None:
    answered(State.REJECTED, asked_in="passed", toxicity=0.1)
    answered(State.REJECTED, asked_in="passed", toxicity=0.9)
    assert simulated(rule(toxicity=0.5))["decided"] == 0


def test_passing_comments_that_were_not_drawn_weigh_as_their_policy_draws_them(answered: Make, reviewed: Make) -> None:
    """Their stored probability is 1, which would make what was drawn look like all there is."""
    body = PolicyVersion.objects.get(active=True).body
    PolicyVersion.objects.filter(active=True).update(body={**body, "schema": 2, "audit": {"share": 0.05}})
    for state, count in ((State.REJECTED, 30), (State.APPROVED, 30)):
        for _ in range(count):
            answered(state, toxicity=0.9)
    assert reviewed(toxicity=0.1).review_probability == 1.0
    found = {(one["by"], one["name"]): one for one in simulated(rule(toxicity=0.5))["estimates"]}
    # Nothing was seen to be missed, but one comment in twenty was looked at: that vouches for little.
    assert found["policy", ""]["precision"]["enough"]
    assert found["policy", ""]["recall"]["effective"] < 30


def test_a_passing_comment_that_a_report_sends_to_people_weighs_one(answered: Make) -> None:
    """It was not drawn, and did not pass any more when a person was asked: nothing else stands for it."""
    for state, count in ((State.REJECTED, 40), (State.APPROVED, 40)):
        for _ in range(count):
            answered(state, asked_in="pending", toxicity=0.1, flagged=True, reader_flags=1)
    found = {(one["by"], one["name"]): one for one in simulated(rule(toxicity=0.05))["estimates"]}
    assert (found["policy", ""]["decided"], found["policy", ""]["precision"]["value"]) == (80, 0.5)


def test_a_miss_that_a_person_rejected_comes_first_with_the_margin(reviewed: Make) -> None:
    near, flagged, known = reviewed(toxicity=0.49), reviewed(toxicity=0.2, reader_flags=1), reviewed(toxicity=0.3)
    Review.objects.filter(pk=known.pk).update(state=State.REJECTED, decided_by=DecidedBy.PERSON)
    misses = simulated(rule(toxicity=0.5))["likely_misses"]
    assert [row["comment"] for row in misses] == [known.pk, flagged.pk, near.pk]
    assert misses[0]["nearest"] == {"rule": "toxic", "attribute": "toxicity", "gte": 0.5, "score": 0.3, "margin": 0.2}


def test_no_margin_is_told_where_no_score_would_do(reviewed: Make) -> None:
    reviewed(toxicity=0.9)
    (miss,) = simulated(rule("links", "hold", {"fact": "links", "gte": 1}, toxicity=0.5))["likely_misses"]
    assert miss["nearest"] is None


def test_a_false_alarm_that_a_person_approved_comes_first_with_the_clause(reviewed: Make) -> None:
    reviewed(toxicity=0.51)
    known = reviewed(toxicity=0.9, state=State.APPROVED, decided_by=DecidedBy.PERSON)
    alarms = simulated(rule(toxicity=0.5))["likely_false_alarms"]
    assert alarms[0]["comment"] == known.pk
    assert alarms[0]["reasons"] == [{"attribute": "toxicity", "score": 0.9, "threshold": 0.5}]


def test_the_scope_limits_what_is_judged(reviewed: Make, elsewhere: Source) -> None:
    article = Article.objects.create(source=elsewhere, external_id="b1", section="Sport", published_at=NOON)
    there = {"source": elsewhere, "article": article, "created_at": NOON + timedelta(days=2)}
    reviewed(toxicity=0.9, **there)
    reviewed(toxicity=0.9)
    limits: list[dict[str, Any]] = [
        {"sources": (elsewhere.pk,)},
        {"section": "Sport"},
        {"since": NOON + timedelta(days=2)},
        {"until": NOON + timedelta(days=1)},
    ]
    assert [simulated(rule(toxicity=0.5), **limit)["comments"] for limit in limits] == [1, 1, 1, 1]


def test_closed_and_edited_comments_are_left_out(reviewed: Make) -> None:
    reviewed(toxicity=0.9, state=State.CLOSED)
    edited = reviewed(toxicity=0.9)
    edited.comment.revision = 2
    edited.comment.save()
    assert simulated(rule(toxicity=0.5))["comments"] == 0


def test_nothing_is_written(reviewed: Make) -> None:
    reviewed(toxicity=0.9)
    before = list(Review.objects.values())
    simulated(rule("none", "approve", toxicity=0.0))
    assert list(Review.objects.values()) == before


def test_two_ranges_add_up_to_one(reviewed: Make) -> None:
    ids = [reviewed(toxicity=at / 30, links=at % 3).pk for at in range(30)]
    policy, (_, active) = parse_policy({"schema": 2, "name": "n", "rules": [rule(toxicity=0.5)]}), policy_active()
    whole = span_tally(policy, active, SimulationScope(), (0, ids[-1]))
    first = span_tally(policy, active, SimulationScope(), (0, ids[11]))
    first.add(span_tally(policy, active, SimulationScope(), (ids[11], ids[-1])))
    assert run.tally_report(first) == run.tally_report(whole)


def test_the_queries_do_not_grow_with_the_rows(
    reviewed: Make, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(30):
        reviewed(toxicity=0.6)
    with django_assert_max_num_queries(9):
        simulated(rule(toxicity=0.5))
    assert connection.vendor


def test_a_goal_without_a_number_simulates_nothing(reviewed: Make) -> None:
    reviewed(toxicity=0.9)
    goal = {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"}
    with pytest.raises(PolicyError, match="has not been resolved"):
        simulated(rule("goal", "queue", goal))
