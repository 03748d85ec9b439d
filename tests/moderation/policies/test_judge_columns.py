"""Many comments judged at once get the verdicts that each gets alone."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moderation.policies import Features, judge, parse_policy
from moderation.policies.columns import Coded, SubjectColumns
from moderation.policies.judge_columns import NO_RULE, attributes_reached, judge_columns
from moderation.policies.parse import ACTIONS, Policy

ATTRIBUTES = ("toxicity", "insult", "threat", "nyt_obscene")
SOURCES, SECTIONS = ("harbor-times", "north-desk"), ("", "Sport", "Town")
# Few values, so that scores often lie on a threshold.
EDGES = (0.0, 0.1, 0.3, 0.5, 1 / 3, 0.7, 0.9999, 1.0)
probability = st.one_of(st.sampled_from(EDGES), st.floats(0, 1))


@st.composite
def ranges(draw: st.DrawFn) -> dict[str, Any]:
    ends = sorted((draw(probability), draw(probability)))
    kept = draw(st.sampled_from(({"gte": ends[0]}, {"lte": ends[1]}, {"gte": ends[0], "lte": ends[1]})))
    return {"attribute": draw(st.sampled_from(ATTRIBUTES)), **kept}


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = []
    for number in range(draw(st.integers(0, 6))):
        when = {draw(st.sampled_from(("all", "any"))): draw(st.lists(ranges(), min_size=1, max_size=3))}
        scope = draw(st.fixed_dictionaries({}, optional={"source": st.sampled_from((*SOURCES, "elsewhere"))}))
        scope |= draw(st.fixed_dictionaries({}, optional={"section": st.sampled_from(SECTIONS[1:])}))
        rule = {"id": f"r{number}", "when": when, "action": draw(st.sampled_from(ACTIONS)), "scope": scope}
        rules.append({**rule, "priority": draw(st.integers(0, 2)), "floor": draw(st.booleans())})
    return parse_policy({"schema": 1, "name": "drawn", "rules": rules}, version=3)


subjects = st.tuples(
    st.dictionaries(st.sampled_from(ATTRIBUTES), probability),
    st.sampled_from(SOURCES),
    st.sampled_from(SECTIONS),
)


def columns_of(rows: list[tuple[dict[str, float], str, str]]) -> SubjectColumns:
    scores = {name: np.array([row[0].get(name, np.nan) for row in rows], dtype=float) for name in ATTRIBUTES}
    sources, sections = Coded.of(row[1] for row in rows), Coded.of(row[2] for row in rows)
    return SubjectColumns(len(rows), scores, [Features()] * len(rows), sources, sections)


def name_of(policy: Policy, place: int) -> str:
    return "" if place == NO_RULE else policy.rules[place].id


@given(policies(), st.lists(subjects, max_size=12))
def test_many_at_once_get_exactly_the_verdicts_that_each_gets_alone(policy: Policy, rows: list[Any]) -> None:
    found = judge_columns(policy, columns_of(rows))
    for at, (scores, source, section) in enumerate(rows):
        alone = judge(policy, scores, features=Features(), source=source, section=section)
        assert ACTIONS[found.action[at]] == alone.action
        assert name_of(policy, found.rule[at]) == alone.rule
        assert name_of(policy, found.overridden[at]) == alone.overridden
        assert (found.risk[at], found.uncertainty[at], found.flagged[at]) == (
            alone.risk,
            alone.uncertainty,
            alone.flagged,
        )


@given(policies(), st.lists(subjects, min_size=1, max_size=12))
def test_a_rule_matches_where_it_would_decide_alone(policy: Policy, rows: list[Any]) -> None:
    matched = judge_columns(policy, columns_of(rows)).matched
    for at, rule in enumerate(policy.rules):
        alone = Policy(policy.version, policy.name, (rule,))
        for row, (scores, source, section) in enumerate(rows):
            verdict = judge(alone, scores, features=Features(), source=source, section=section)
            # A floor that lets a comment through overrides nothing, so that it decides nothing alone.
            if not rule.floor or rule.action not in {"pass", "approve", "highlight"}:
                assert matched[at][row] == (verdict.rule == rule.id)


@given(policies(), st.lists(subjects, min_size=1, max_size=12))
def test_the_attributes_that_were_reached_are_those_of_the_reasons(policy: Policy, rows: list[Any]) -> None:
    columns = columns_of(rows)
    found = judge_columns(policy, columns)
    reached = attributes_reached(policy, columns, found.matched)
    for row, (scores, source, section) in enumerate(rows):
        reasons = judge(policy, scores, features=Features(), source=source, section=section).reasons
        assert {reason.attribute for reason in reasons} <= {name for name, where in reached.items() if where[row]}


def test_rows_taken_out_are_judged_as_before() -> None:
    body = {
        "schema": 1,
        "name": "n",
        "rules": [{"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}],
    }
    columns = columns_of([({"toxicity": score}, "harbor-times", "Sport") for score in (0.1, 0.5, 0.9)])
    found = judge_columns(parse_policy(body), columns.take(np.array([2, 0])))
    assert found.flagged.tolist() == [True, False]
    assert columns.subject(2).scores == {"toxicity": 0.9}
