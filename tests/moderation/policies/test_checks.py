"""Static checks: each names the rule and the place, errors apart from warnings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.policies import Features, judge, parse_policy
from moderation.policies.checks import Catalogue, policy_check

CATALOGUE = Catalogue(
    attributes={"toxicity": (0.01, 0.97), "insult": None},
    sources=frozenset({"harbor-times"}),
    sections=frozenset({"Sport"}),
    lists=frozenset({"slurs"}),
    languages=frozenset({"en", "tr"}),
)
HIGH = {"attribute": "toxicity", "gte": 0.8}
LOW = {"attribute": "toxicity", "gte": 0.3}


def rule(name: str, when: dict[str, Any], action: str = "queue", **more: Any) -> dict[str, Any]:
    return {"id": name, "when": when, "action": action, **more}


def found(*rules: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    policy = parse_policy({"schema": 2, "name": "x", "rules": list(rules)})
    return [(one.level, one.code, one.rule, one.pointer) for one in policy_check(policy, CATALOGUE)]


@pytest.mark.parametrize(
    "when",
    [
        {"all": [HIGH, {"attribute": "toxicity", "lte": 0.5}]},
        {"all": [HIGH, {"not": LOW}]},
        {"all": [{"commenter": "staff"}, {"not": {"commenter": "staff"}}]},
        {"all": [{"language": ["en"]}, {"not": {"language": ["en", "tr"]}}]},
        {"all": [{"fact": "links", "gte": 2, "lte": 2}, {"not": {"any": [{"fact": "links", "gte": 2}]}}]},
        {"not": {"attribute": "toxicity", "gte": 0}},
        {"all": [{"fact": "links", "gte": 1.2, "lte": 1.8}]},
        {"any": [{"all": [HIGH, {"not": LOW}]}, {"all": [{"list": "slurs"}, {"not": {"list": "slurs"}}]}]},
    ],
)
def test_a_rule_that_can_never_match_is_an_error(when: dict[str, Any]) -> None:
    assert found(rule("r", when)) == [("error", "never_matches", "r", "/rules/0/when")]


def test_a_rule_whose_scope_excludes_its_condition_can_never_match() -> None:
    when = {"all": [{"not": {"source": ["harbor-times"]}}]}
    assert found(rule("r", when, scope={"source": "harbor-times"}))[0][1] == "never_matches"


def test_a_rule_that_an_earlier_one_shadows_is_a_warning() -> None:
    assert found(rule("low", {"any": [LOW]}), rule("high", {"all": [HIGH, {"fact": "links", "gte": 1}]})) == [
        ("warning", "shadowed", "high", "/rules/1")
    ]
    assert found(rule("high", {"any": [HIGH]}), rule("low", {"any": [LOW]})) == []


def test_priority_and_level_count_for_what_comes_earlier() -> None:
    low, high = rule("low", {"any": [LOW]}), rule("high", {"any": [HIGH]}, priority=1)
    assert found(low, high) == []
    at_home = rule("home", {"any": [HIGH]}, scope={"source": "harbor-times"})
    assert found(low, at_home) == []
    sources = rule("sources", {"all": [HIGH, {"source": ["harbor-times"]}]}, priority=9)
    assert found(sources, rule("home", {"any": [LOW]}, scope={"source": "harbor-times"}))[0][:3] == (
        *("warning", "shadowed"),
        "sources",
    )


def test_a_rule_that_contradicts_a_floor_is_an_error() -> None:
    floor = rule("threats", {"any": [LOW]}, "hold", floor=True)
    assert found(rule("kind", {"all": [HIGH]}, "approve"), floor) == [
        ("error", "contradicts_floor", "kind", "/rules/0/action")
    ]
    assert found(rule("strict", {"all": [HIGH]}, "reject"), floor) == []
    assert found(rule("wide", {"any": [{"attribute": "insult", "gte": 0.5}]}, "approve"), floor) == []


def test_a_floor_that_no_action_is_less_safe_than_is_an_error() -> None:
    assert found(rule("f", {"any": [LOW]}, "highlight", floor=True)) == [
        ("error", "idle_floor", "f", "/rules/0/action")
    ]


@pytest.mark.parametrize(
    ("condition", "level", "code", "place"),
    [
        ({"attribute": "threat", "gte": 0.5}, "error", "unknown_attribute", "attribute"),
        ({"list": "names"}, "error", "unknown_list", "list"),
        ({"source": ["elsewhere"]}, "error", "unknown_source", "source"),
        ({"section": ["World"]}, "warning", "unknown_section", "section"),
        ({"language": ["de"]}, "warning", "unserved_language", "language"),
        ({"attribute": "toxicity", "gte": 0.98}, "warning", "beyond_scores", "gte"),
        ({"attribute": "toxicity", "lte": 0.001}, "warning", "beyond_scores", "lte"),
    ],
)
def test_what_a_condition_names_and_is_not_there_is_told_at_its_place(
    condition: dict[str, Any], level: str, code: str, place: str
) -> None:
    assert found(rule("r", {"any": [condition]})) == [(level, code, "r", f"/rules/0/when/any/0/{place}")]
    inner = {"all": [{"not": condition}]}
    assert (level, code, "r", f"/rules/0/when/all/0/not/{place}") in found(rule("r", inner))


def test_a_scope_that_is_not_there_is_told() -> None:
    assert found(rule("r", {"any": [LOW]}, scope={"source": "a", "section": "b"})) == [
        ("error", "unknown_source", "r", "/rules/0/scope/source"),
        ("warning", "unknown_section", "r", "/rules/0/scope/section"),
    ]


def test_a_condition_of_too_many_terms_is_left_alone() -> None:
    either = {"any": [{"fact": "links", "gte": n} for n in range(1, 11)]}
    assert found(rule("r", {"all": [either] * 10})) == []


LEAVES = st.one_of(
    st.builds(lambda low: {"attribute": "toxicity", "gte": low}, st.sampled_from([0.2, 0.5, 0.8])),
    st.builds(lambda high: {"attribute": "toxicity", "lte": high}, st.sampled_from([0.2, 0.5, 0.8])),
    st.builds(lambda low: {"fact": "links", "gte": low}, st.integers(0, 2)),
    st.builds(lambda code: {"language": [code]}, st.sampled_from(["en", "tr"])),
)
GROUPS = st.one_of(
    st.builds(lambda parts: {"all": parts}, st.lists(LEAVES, min_size=1, max_size=3)),
    st.builds(lambda parts: {"any": parts}, st.lists(LEAVES, min_size=1, max_size=3)),
    st.builds(lambda part: {"not": part}, LEAVES),
)
BOXES = [
    ({"toxicity": score}, Features(links=links, language=language))
    for score in (0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9, 1.0)
    for links in (0, 1, 2, 3)
    for language in ("en", "tr", "de")
]


@settings(max_examples=150)
@given(st.deferred(lambda: GROUPS), st.deferred(lambda: GROUPS), st.booleans())
def test_what_is_said_of_two_rules_is_true_of_every_comment(first: Any, second: Any, floor: bool) -> None:
    """No rule that some comment matches is called dead, and none that decides for one is called shadowed."""
    rules = [rule("a", first, "hold", floor=floor), rule("b", second, "queue")]
    policy = parse_policy({"schema": 2, "name": "x", "rules": rules})
    findings = {(one.code, one.rule) for one in policy_check(policy, Catalogue())}
    deciding = set()
    for scores, features in BOXES:
        verdict = judge(policy, scores, features=features, source="s", section="")
        deciding.add(verdict.rule)
    for name in ("a", "b"):
        if name in deciding:
            assert not {code for code, of in findings if of == name}
