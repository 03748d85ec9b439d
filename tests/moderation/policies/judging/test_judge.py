"""Policies in, verdicts out."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policies import (
    BUILT_IN_POLICY,
    Features,
    PolicyError,
    judge,
    judge_refusal,
    parse_policy,
    policy_sha256,
)


def policy(*rules: dict[str, Any]) -> Any:
    return parse_policy({"schema": 1, "name": "test", "rules": list(rules)}, version=7)


def rule(name: str, gte: float, action: str, attribute: str = "toxicity", **more: Any) -> dict[str, Any]:
    return {"id": name, "when": {"any": [{"attribute": attribute, "gte": gte}]}, "action": action, **more}


def verdict_of(scores: dict[str, float], *rules: dict[str, Any], source: str = "s", section: str = "Sport") -> Any:
    return judge(policy(*rules), scores, features=Features(), source=source, section=section)


def test_a_comment_that_no_rule_matches_passes() -> None:
    verdict = verdict_of({"toxicity": 0.79}, rule("r", 0.8, "queue"))
    assert (verdict.action, verdict.flagged, verdict.rule, verdict.policy) == ("pass", False, "", 7)


def test_a_score_on_the_threshold_is_in_the_range() -> None:
    assert verdict_of({"toxicity": 0.8}, rule("r", 0.8, "queue")).action == "queue"


def test_a_score_of_exactly_zero_matches_a_range_that_starts_there() -> None:
    zero = {"id": "calm", "when": {"all": [{"attribute": "toxicity", "gte": 0, "lte": 0}]}, "action": "approve"}
    assert verdict_of({"toxicity": 0.0}, zero).action == "approve"


def test_the_verdict_names_attribute_score_threshold_and_rule() -> None:
    shown = verdict_of({"toxicity": 0.93}, rule("r", 0.8, "queue")).as_json()
    reasons = [{"attribute": "toxicity", "score": 0.93, "threshold": 0.8}]
    assert shown == {"action": "queue", "flagged": True, "rule": "r", "policy": 7, "reasons": reasons}


def test_an_attribute_that_was_not_scored_matches_nothing() -> None:
    assert verdict_of({"insult": 0.9}, rule("r", 0.0, "queue")).action == "pass"


def test_the_most_specific_level_that_matches_wins() -> None:
    everywhere = rule("all", 0.5, "queue")
    section = rule("section", 0.5, "hold", scope={"section": "Sport"})
    newsroom = rule("source", 0.5, "approve", scope={"source": "s"})
    assert verdict_of({"toxicity": 0.6}, everywhere, newsroom, section).rule == "source"
    assert verdict_of({"toxicity": 0.6}, everywhere, newsroom, section, source="other").rule == "section"
    assert verdict_of({"toxicity": 0.6}, everywhere, newsroom, section, source="other", section="").rule == "all"


def test_the_first_rule_within_a_level_wins_and_priority_moves_a_rule_forward() -> None:
    first, second = rule("first", 0.5, "queue"), rule("second", 0.5, "hold")
    assert verdict_of({"toxicity": 0.6}, first, second).rule == "first"
    assert verdict_of({"toxicity": 0.6}, first, {**second, "priority": 1}).rule == "second"


def test_a_safer_floor_overrides_and_the_verdict_names_both() -> None:
    lenient = rule("lenient", 0.5, "approve", scope={"source": "s"})
    floor = rule("threats", 0.3, "hold", attribute="threat", floor=True)
    verdict = verdict_of({"toxicity": 0.6, "threat": 0.4}, lenient, floor)
    assert (verdict.action, verdict.rule, verdict.overridden) == ("hold", "threats", "lenient")
    assert verdict.as_json()["overridden"] == "lenient"
    assert verdict_of({"toxicity": 0.6, "threat": 0.1}, lenient, floor).rule == "lenient"


def test_a_floor_that_is_less_safe_changes_nothing() -> None:
    floor = rule("soft", 0.1, "queue", floor=True)
    assert verdict_of({"toxicity": 0.9}, rule("strict", 0.8, "reject"), floor).rule == "strict"


def test_all_asks_for_every_condition_and_any_for_one() -> None:
    conditions = [{"attribute": "toxicity", "gte": 0.5}, {"attribute": "insult", "gte": 0.5}]
    both = {"id": "both", "when": {"all": conditions}, "action": "queue"}
    either = {"id": "either", "when": {"any": conditions}, "action": "queue"}
    assert verdict_of({"toxicity": 0.6, "insult": 0.1}, both).action == "pass"
    assert verdict_of({"toxicity": 0.6, "insult": 0.1}, either).action == "queue"


def test_risk_is_the_largest_share_of_a_threshold_and_uncertainty_the_nearness_to_one() -> None:
    verdict = verdict_of({"toxicity": 0.4, "insult": 0.6}, rule("a", 0.8, "queue"), rule("b", 0.6, "hold", "insult"))
    assert verdict.risk == pytest.approx(1.0)
    assert verdict.uncertainty == pytest.approx(1.0)


def test_what_the_model_refused_goes_to_a_person_marked_so() -> None:
    verdict = judge_refusal(policy(), "language_not_supported")
    assert (verdict.action, verdict.rule) == ("queue", "unscorable:language_not_supported")


def test_the_built_in_policy_passes_or_queues_and_never_rejects() -> None:
    built_in = parse_policy(BUILT_IN_POLICY, version=1)
    assert {one.action for one in built_in.rules} == {"queue"}


SCORES = st.dictionaries(st.sampled_from(["toxicity", "insult", "threat"]), st.floats(0, 1), max_size=3)


@given(scores=SCORES)
def test_a_comment_is_flagged_by_the_built_in_policy_exactly_where_its_risk_reaches_one(
    scores: dict[str, float],
) -> None:
    verdict = judge(parse_policy(BUILT_IN_POLICY), scores, features=Features(), source="s", section="")
    assert verdict.flagged == (verdict.risk >= 1.0)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"action": "delete"}, "/rules/0/action"),
        ({"when": {"any": [{"attribute": "toxicity", "gte": 1.5}]}}, "/rules/0/when/any/0/gte"),
        ({"when": {"any": [{"attribute": "toxicity"}]}}, "/rules/0/when/any/0"),
        ({"when": {"any": [{"attribute": "toxicity", "gte": 0.9, "lte": 0.1}]}}, "/rules/0/when/any/0"),
        ({"wehn": {}}, "/rules/0"),
        ({"scope": {"author": "x"}}, "/rules/0/scope"),
    ],
)
def test_a_fault_in_a_policy_is_named_by_its_place(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy({**rule("r", 0.5, "queue"), **change})
    assert caught.value.pointer == pointer


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(PolicyError, match="used by an earlier rule"):
        policy(rule("r", 0.5, "queue"), rule("r", 0.6, "hold"))


def test_the_hash_of_a_policy_does_not_depend_on_the_order_of_its_keys() -> None:
    assert policy_sha256({"a": 1, "b": 2}) == policy_sha256({"b": 2, "a": 1}) != policy_sha256({"a": 1, "b": 3})


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_json_gives_a_policy_or_one_policy_error(body: Any) -> None:
    with contextlib.suppress(PolicyError):
        parse_policy(body)
