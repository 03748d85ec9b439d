"""Policies of schema 2 against a naive oracle: three-valued logic three deep, precedence, floors, edges."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.policies import CommenterRecord, Features, PolicyError, judge, parse_policy
from moderation.policies.conditions import Subject

SAFETY = ("reject", "hold", "queue", "pass", "approve", "highlight")
EDGES = [0, 0.25, 0.5, 0.75, 1]
SHARES = st.sampled_from(EDGES)
COUNTS = st.integers(0, 3)


def ranges(values: Any) -> Any:
    """Bounds of a range that is not empty."""
    return st.tuples(values, values, st.sampled_from(["gte", "lte", "both"])).map(
        lambda drawn: {
            **({"gte": min(drawn[:2])} if drawn[2] != "lte" else {}),
            **({"lte": max(drawn[:2])} if drawn[2] != "gte" else {}),
        }
    )


def with_range(values: Any, **fixed: Any) -> Any:
    return st.tuples(st.fixed_dictionaries(fixed), ranges(values)).map(lambda pair: {**pair[0], **pair[1]})


LEAVES = st.one_of(
    with_range(SHARES, attribute=st.sampled_from(["toxicity", "insult"])),
    with_range(COUNTS, fact=st.sampled_from(["links", "length", "repeats"])),
    with_range(SHARES, fact=st.just("capitals")),
    with_range(COUNTS, commenter=st.just("approved")),
    with_range(SHARES, commenter=st.just("rejected_share")),
    st.fixed_dictionaries({"commenter": st.sampled_from(["new", "exempt", "staff", "muted_before"])}),
    st.fixed_dictionaries({"list": st.sampled_from(["slurs", "names"])}, optional={"gte": st.integers(1, 3)}),
    st.fixed_dictionaries({"language": st.lists(st.sampled_from(["en", "tr"]), min_size=1, unique=True)}),
    st.fixed_dictionaries({"source": st.lists(st.sampled_from(["s", "t"]), min_size=1, unique=True)}),
    st.fixed_dictionaries({"section": st.lists(st.sampled_from(["Sport", "World"]), min_size=1, unique=True)}),
    st.fixed_dictionaries({"flags": ranges(SHARES)}),
    st.fixed_dictionaries({"article_age_hours": ranges(COUNTS)}),
)


def groups(parts: Any) -> Any:
    lists = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"all": lists}),
        st.fixed_dictionaries({"any": lists}),
        st.fixed_dictionaries({"not": parts}),
    )


TWO_DEEP = groups(LEAVES | groups(LEAVES))
WHEN = groups(LEAVES | TWO_DEEP)
RULES = st.fixed_dictionaries(
    {"id": st.sampled_from("abcdefgh"), "when": WHEN, "action": st.sampled_from(SAFETY)},
    optional={
        "scope": st.fixed_dictionaries({}, optional={"source": st.just("s"), "section": st.just("Sport")}),
        "priority": st.integers(-1, 1),
        "floor": st.booleans(),
    },
)
BODIES = st.fixed_dictionaries(
    {
        "schema": st.just(2),
        "name": st.just("x"),
        "rules": st.lists(RULES, max_size=6, unique_by=lambda rule: rule["id"]),
    }
)
RECORDS = st.builds(
    CommenterRecord,
    approved=COUNTS,
    decided=st.sampled_from([0, 1, 4, 40]),
    rejected=st.integers(0, 1),
    muted_before=st.booleans(),
    exempt=st.booleans(),
    staff=st.booleans(),
)
FEATURES = st.builds(
    Features,
    links=st.none() | COUNTS,
    length=st.none() | COUNTS,
    near_hash=st.none(),
    capitals=st.none() | SHARES,
    repeats=st.none() | COUNTS,
    lists=st.none() | st.dictionaries(st.sampled_from(["slurs", "names"]), COUNTS, max_size=2),
    language=st.sampled_from([None, "en", "tr", "en-GB", "de"]),
    article_age_hours=st.none() | COUNTS,
    flags=st.none() | SHARES,
    commenter=st.none() | RECORDS,
)
SCORES = st.dictionaries(st.sampled_from(["toxicity", "insult"]), SHARES | st.floats(0, 1), max_size=2)
SOURCES, SECTIONS = st.sampled_from(["", "s", "t"]), st.sampled_from(["", "Sport", "World"])


def known_value(  # noqa: PLR0911
    leaf: dict[str, Any], scores: dict[str, float], features: Features, source: str, section: str
) -> Any:
    """What the leaf compares; None if it is not known."""
    record = features.commenter
    if "attribute" in leaf:
        return scores.get(leaf["attribute"])
    if "fact" in leaf:
        return getattr(features, leaf["fact"])
    if "list" in leaf:
        return None if features.lists is None else features.lists.get(leaf["list"])
    if "commenter" in leaf and record is not None:
        if leaf["commenter"] == "rejected_share":
            return record.rejected / min(20, record.decided) if record.decided else None
        return record.decided == 0 if leaf["commenter"] == "new" else getattr(record, leaf["commenter"])
    if "language" in leaf:
        return features.language and features.language[:2]
    if "source" in leaf or "section" in leaf:
        return (source if "source" in leaf else section) or None
    return features.flags if "flags" in leaf else features.article_age_hours if "article_age_hours" in leaf else None


def truth(part: dict[str, Any], *seen: Any) -> bool | None:
    """Kleene's tables, written out."""
    if "not" in part:
        inner = truth(part["not"], *seen)
        return None if inner is None else not inner
    if "all" in part or "any" in part:
        inner = [truth(one, *seen) for one in part.get("all") or part["any"]]
        settles = "any" in part
        return settles if settles in inner else None if None in inner else not settles
    value = known_value(part, *seen)
    if value is None:
        return None
    for name in ("language", "source", "section"):
        if name in part:
            return value in part[name]
    if "commenter" in part and part["commenter"] not in {"approved", "rejected_share"}:
        return bool(value)
    bounds = part.get("flags") or part.get("article_age_hours") or part
    least = bounds.get("gte", 1 if "list" in part else 0)
    return bool(least <= value <= bounds.get("lte", 10**9))


def expected(body: dict[str, Any], *seen: Any) -> tuple[str, str, str]:
    """The action, the rule and the overridden rule, by the words of docs/reference/policies.md."""
    source, section = seen[2:]
    rules = sorted(body["rules"], key=lambda rule: -rule.get("priority", 0))
    scopes = {rule["id"]: rule.get("scope", {}) for rule in rules}
    rules = [rule for rule in rules if scopes[rule["id"]].get("source", source) == source]
    rules = [rule for rule in rules if scopes[rule["id"]].get("section", section) == section]
    matching = [rule for rule in rules if truth(rule["when"], *seen) is True]
    chosen = None
    for level in (3, 2, 1, 0):
        for rule in matching:
            scope = scopes[rule["id"]]
            if not rule.get("floor") and 2 * ("source" in scope) + ("section" in scope) == level:
                chosen = chosen or rule
    deciding = chosen
    for action in SAFETY:
        for floor in matching:
            present = SAFETY.index(chosen["action"] if chosen else "pass")
            if floor.get("floor") and floor["action"] == action and SAFETY.index(action) < present:
                deciding = floor if deciding is chosen else deciding
    overridden = chosen["id"] if chosen and deciding is not chosen else ""
    return (deciding["action"], deciding["id"], overridden) if deciding else ("pass", "", "")


# Hypothesis writes its strategies out, and this one has 38,000 signs.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=200)
@given(BODIES, SCORES, FEATURES, SOURCES, SECTIONS)
def test_verdicts_are_those_of_the_oracle(
    body: dict[str, Any], scores: dict[str, float], features: Features, source: str, section: str
) -> None:
    verdict = judge(parse_policy(body), scores, features=features, source=source, section=section)
    found = (verdict.action, verdict.rule, verdict.overridden)
    assert found == expected(body, scores, features, source, section)


@settings(max_examples=200)
@given(WHEN, SCORES, FEATURES, SOURCES, SECTIONS)
def test_a_condition_three_deep_has_the_state_that_the_tables_give_and_compiles_to_it(
    when: dict[str, Any], scores: dict[str, float], features: Features, source: str, section: str
) -> None:
    (rule,) = parse_policy({"schema": 2, "name": "x", "rules": [{"id": "r", "when": when, "action": "hold"}]}).rules
    subject = Subject(scores, features, source, section)
    state = truth(when, scores, features, source, section)
    assert rule.when.state(subject) is state
    assert rule.when.check(wanted=True)(subject) is (state is True)
    assert rule.when.check(wanted=False)(subject) is (state is False)
    assert (list(rule.when.reasons(subject)) == []) == (state is not True)


@given(WHEN, SCORES, FEATURES)
def test_neither_a_condition_nor_its_opposite_is_met_by_what_is_not_known(
    when: dict[str, Any], scores: dict[str, float], features: Features
) -> None:
    nothing = Features()
    leaf = {"all": [{"attribute": "threat", "gte": 0}]}
    for condition in (leaf, {"not": leaf["all"][0]}):
        rules = [{"id": "r", "when": condition, "action": "reject"}]
        policy = parse_policy({"schema": 2, "name": "x", "rules": rules})
        assert judge(policy, scores, features=features, source="", section="").action == "pass"
    assert truth(when, {}, nothing, "", "") is None
    policy = parse_policy({"schema": 2, "name": "x", "rules": [{"id": "r", "when": when, "action": "reject"}]})
    assert judge(policy, {}, features=nothing, source="", section="").action == "pass"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_both_ends_of_a_range_are_in_it(one: float, other: float, score: float) -> None:
    low, high = sorted((one, other))
    when = {"all": [{"attribute": "toxicity", "gte": low, "lte": high}]}
    policy = parse_policy({"schema": 2, "name": "x", "rules": [{"id": "r", "when": when, "action": "hold"}]})
    for value in (low, high, score):
        verdict = judge(policy, {"toxicity": value}, features=Features(), source="s", section="")
        assert (verdict.action == "hold") == (low <= value <= high)


@pytest.mark.parametrize("score", [0.0, 1.0, 0, 1])
def test_a_score_of_exactly_zero_or_one_matches_as_written(score: float) -> None:
    for bounds in ({"gte": score}, {"lte": score}, {"gte": score, "lte": score}):
        rules = [{"id": "r", "when": {"any": [{"attribute": "toxicity", **bounds}]}, "action": "hold"}]
        policy = parse_policy({"schema": 2, "name": "x", "rules": rules})
        assert judge(policy, {"toxicity": float(score)}, features=Features(), source="s", section="").action == "hold"


def test_reasons_name_each_condition_that_held_and_what_was_found() -> None:
    when = {
        "all": [
            {"attribute": "toxicity", "gte": 0.5},
            {"any": [{"fact": "links", "gte": 2}, {"list": "slurs"}, {"language": ["tr"]}]},
            {"not": {"commenter": "staff"}},
        ]
    }
    policy = parse_policy({"schema": 2, "name": "x", "rules": [{"id": "r", "when": when, "action": "hold"}]}, version=4)
    features = Features(links=3, lists={"slurs": 0}, language="tr", commenter=CommenterRecord(approved=1, decided=1))
    verdict = judge(policy, {"toxicity": 0.75}, features=features, source="s", section="").as_json()
    assert verdict["policy"] == 4
    assert verdict["reasons"] == [
        {"attribute": "toxicity", "score": 0.75, "threshold": 0.5},
        {"condition": "fact", "name": "links", "value": 3, "gte": 2},
        {"condition": "language", "value": "tr"},
        {"condition": "commenter", "name": "staff", "value": False, "not": True},
    ]


def test_a_goal_without_a_number_cannot_judge_and_one_with_it_judges_by_that() -> None:
    condition = {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"}
    rule = {"id": "r", "when": {"any": [condition]}, "action": "hold"}
    policy = parse_policy({"schema": 2, "name": "x", "rules": [rule]})
    assert policy.unresolved == ("/rules/0/when/any/0",)
    with pytest.raises(PolicyError, match="not been resolved"):
        judge(policy, {"toxicity": 1.0}, features=Features(), source="s", section="")
    condition["gte"] = 0.8  # type: ignore[assignment]
    policy = parse_policy({"schema": 2, "name": "x", "rules": [rule]})
    assert policy.unresolved == ()
    assert judge(policy, {"toxicity": 0.8}, features=Features(), source="s", section="").action == "hold"


def test_an_attribute_under_a_not_raises_no_risk() -> None:
    calm = {"id": "calm", "when": {"not": {"attribute": "toxicity", "gte": 0.1}}, "action": "approve"}
    policy = parse_policy({"schema": 2, "name": "x", "rules": [calm]})
    assert judge(policy, {"toxicity": 0.9}, features=Features(), source="s", section="").risk == 0.0
