"""Many comments judged at once get the verdicts that each gets alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policies import CommenterRecord, Features, PolicyError, judge, parse_policy
from moderation.policies.columns import NO_RULE, Coded, SubjectColumns, attributes_reached, judge_columns
from moderation.policies.documents.schema import ACTIONS
from moderation.policies.policy import Policy
from moderation.policies.verdict import VerdictReason

ATTRIBUTES = ("toxicity", "insult", "threat", "nyt_obscene")
SOURCES, SECTIONS = ("harbor-times", "north-desk"), ("", "Sport", "Town")
# Few values, so that what is judged often lies on an end of a range.
EDGES = (0.0, 0.1, 0.3, 0.5, 1 / 3, 0.7, 0.9999, 1.0)
probability = st.one_of(st.sampled_from(EDGES), st.floats(0, 1))
counts = st.integers(0, 4)
Row = tuple[dict[str, float], Features, str, str]


@st.composite
def bounds(draw: st.DrawFn, numbers: st.SearchStrategy[float]) -> dict[str, float]:
    ends = sorted((draw(numbers), draw(numbers)))
    return draw(st.sampled_from(({"gte": ends[0]}, {"lte": ends[1]}, {"gte": ends[0], "lte": ends[1]})))


def tuned(name: str, ends: list[float], closed: bool) -> dict[str, Any]:
    """A range with ends of its own in two languages."""
    *own, top = sorted(ends)
    return {"attribute": name, "gte": own[0], "by_language": {"tr": own[1], "en": own[0]}} | (
        {"lte": top} if closed else {}
    )


def leaves() -> st.SearchStrategy[dict[str, Any]]:
    some = lambda names: st.lists(st.sampled_from(names), min_size=1, unique=True)  # noqa: E731 - short, and here alone
    return st.one_of(
        st.builds(lambda name, ends: {"attribute": name, **ends}, st.sampled_from(ATTRIBUTES), bounds(probability)),
        st.builds(tuned, st.sampled_from(ATTRIBUTES), st.lists(probability, min_size=3, max_size=3), st.booleans()),
        st.builds(lambda ends: {"fact": "links", **ends}, bounds(counts)),
        st.builds(lambda ends: {"fact": "capitals", **ends}, bounds(probability)),
        st.builds(lambda hits: {"list": "slurs", "gte": hits}, st.integers(1, 3)),
        st.builds(lambda names: {"language": names}, some(["en", "tr"])),
        st.builds(lambda names: {"source": names}, some([*SOURCES, "elsewhere"])),
        st.builds(lambda names: {"section": names}, some(SECTIONS[1:])),
        st.sampled_from([{"commenter": mark} for mark in ("new", "exempt", "staff", "muted_before")]),
        st.builds(lambda ends: {"commenter": "approved", **ends}, bounds(counts)),
        st.builds(lambda ends: {"commenter": "rejected_share", **ends}, bounds(probability)),
        st.builds(lambda ends: {"flags": ends}, bounds(counts)),
        st.builds(lambda ends: {"article_age_hours": ends}, bounds(counts)),
    )


def groups(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Draws `all`, `any` and `not`, up to `depth` deep."""
    parts = leaves() if depth == 1 else st.one_of(leaves(), groups(depth - 1))
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda name, inner: {name: inner}, st.sampled_from(("all", "any")), several),
        st.builds(lambda inner: {"not": inner}, parts),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = []
    for number in range(draw(st.integers(0, 4))):
        scope = draw(st.fixed_dictionaries({}, optional={"source": st.sampled_from((*SOURCES, "elsewhere"))}))
        scope |= draw(st.fixed_dictionaries({}, optional={"section": st.sampled_from(SECTIONS[1:])}))
        rule = {"id": f"r{number}", "when": draw(groups(3)), "action": draw(st.sampled_from(ACTIONS)), "scope": scope}
        rules.append({**rule, "priority": draw(st.integers(0, 2)), "floor": draw(st.booleans())})
    return parse_policy({"schema": 2, "name": "drawn", "rules": rules}, version=3)


records = st.builds(CommenterRecord, counts, counts, counts, st.booleans(), st.booleans(), st.booleans())
features = st.builds(
    Features,
    links=st.none() | counts,
    capitals=st.none() | probability,
    lists=st.none() | st.dictionaries(st.sampled_from(["slurs", "other"]), counts),
    language=st.sampled_from([None, "en", "tr-TR", "de", "hi-Latn"]),
    article_age_hours=st.none() | st.floats(-1, 5),
    flags=st.none() | st.floats(0, 5),
    commenter=st.none() | records,
)
scores = st.dictionaries(st.sampled_from(ATTRIBUTES), probability)
subjects = st.tuples(scores, features, st.sampled_from(("", *SOURCES)), st.sampled_from(SECTIONS))


def columns_of(rows: list[Row]) -> SubjectColumns:
    found = {name: np.array([row[0].get(name, np.nan) for row in rows], dtype=float) for name in ATTRIBUTES}
    sources, sections = Coded.of(row[2] for row in rows), Coded.of(row[3] for row in rows)
    return SubjectColumns(len(rows), found, [row[1] for row in rows], sources, sections)


def name_of(policy: Policy, place: int) -> str:
    return "" if place == NO_RULE else policy.rules[place].id


def alone(policy: Policy, row: Row) -> Any:
    return judge(policy, row[0], features=row[1], source=row[2], section=row[3])


@given(policies(), st.lists(subjects, max_size=8))
def test_many_at_once_get_exactly_the_verdicts_that_each_gets_alone(policy: Policy, rows: list[Row]) -> None:
    found = judge_columns(policy, columns_of(rows))
    for at, row in enumerate(rows):
        verdict = alone(policy, row)
        assert ACTIONS[found.action[at]] == verdict.action
        assert name_of(policy, found.rule[at]) == verdict.rule
        assert name_of(policy, found.overridden[at]) == verdict.overridden
        measured = found.risk[at], found.uncertainty[at], found.flagged[at]
        assert measured == (verdict.risk, verdict.uncertainty, verdict.flagged)


@given(policies(), st.lists(subjects, min_size=1, max_size=8))
def test_a_rule_matches_what_it_applies_to_and_holds_of(policy: Policy, rows: list[Row]) -> None:
    columns = columns_of(rows)
    matched = judge_columns(policy, columns).matched
    for at, rule in enumerate(policy.rules):
        for place, row in enumerate(rows):
            applies = rule.applies(source=row[2], section=row[3])
            assert matched[at][place] == (applies and rule.when.state(columns.subject(place)) is True)


@given(policies(), st.lists(subjects, min_size=1, max_size=8))
def test_the_attributes_reached_are_those_that_the_matching_rules_give_as_reasons(
    policy: Policy, rows: list[Row]
) -> None:
    columns = columns_of(rows)
    matched = judge_columns(policy, columns).matched
    reached = attributes_reached(policy, columns, matched)
    for place in range(len(rows)):
        deciding = [rule for at, rule in enumerate(policy.rules) if matched[at][place]]
        reasons = [reason for rule in deciding for reason in rule.when.reasons(columns.subject(place))]
        expected = {reason.attribute for reason in reasons if isinstance(reason, VerdictReason)}
        assert {name for name, where in reached.items() if where[place]} == expected


def test_rows_taken_out_are_judged_as_before() -> None:
    rule = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}
    policy = parse_policy({"schema": 2, "name": "n", "rules": [rule]})
    columns = columns_of([({"toxicity": score}, Features(), "harbor-times", "Sport") for score in (0.1, 0.5, 0.9)])
    assert judge_columns(policy, columns.take(np.array([2, 0]))).flagged.tolist() == [True, False]


def test_a_goal_without_a_number_judges_nothing() -> None:
    goal = {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"}
    rule = {"id": "r", "when": {"any": [goal]}, "action": "queue"}
    policy = parse_policy({"schema": 2, "name": "n", "rules": [rule]})
    with pytest.raises(PolicyError, match="has not been resolved"):
        judge_columns(policy, columns_of([({"toxicity": 0.9}, Features(), "", "")]))


def test_languages_at_hand_as_a_column_give_the_same_as_those_of_features() -> None:
    leaf = {"attribute": "toxicity", "gte": 0.5, "by_language": {"tr": 0.3}}
    policy = parse_policy({"schema": 2, "name": "n", "rules": [rule_of(leaf)]})
    rows = [({"toxicity": 0.4}, Features(language=code), "", "") for code in ("tr", None, "en", "tr-TR")]
    columns = columns_of(rows)
    coded = replace(columns, languages=Coded.of(row[1].language or "" for row in rows))
    for one in (columns, coded, coded.take(np.arange(4))):
        assert judge_columns(policy, one).flagged.tolist() == [True, False, False, True]


def rule_of(leaf: dict[str, Any]) -> dict[str, Any]:
    return {"id": "r", "when": {"any": [leaf]}, "action": "queue"}
