"""Rules in words, differences between policies, and the grammar of goals."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext
from hypothesis import given
from hypothesis import strategies as st

from moderation.policies import BUILT_IN_POLICY, CommenterRecord, Features, Goal, PolicyError, judge, parse_policy
from moderation.policies.conditions import KINDS
from moderation.policies.documents.diff import policy_diff
from moderation.policies.documents.reasons import reason_phrase
from moderation.policies.documents.sentences import rule_sentence
from moderation.policies.goals import goals_freeze, parse_goal, policy_goals

WHEN = {
    "all": [
        {"commenter": "approved", "lte": 2},
        {"any": [{"fact": "capitals", "gte": 0.6}, {"list": "slurs"}]},
        {"not": {"commenter": "staff"}},
    ]
}
RULE = {"id": "r", "when": WHEN, "action": "hold", "scope": {"source": "harbor-times"}, "floor": True}
ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "attribute": {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"},
    "language": {"language": ["en"]},
    "source": {"source": ["s"]},
    "section": {"section": ["Sport"]},
    "article_age_hours": {"article_age_hours": {"gte": 2, "lte": 3}},
    "commenter": {"commenter": "new"},
    "fact": {"fact": "links", "gte": 1},
    "list": {"list": "slurs"},
    "flags": {"flags": {"gte": 1.5}},
}


def sentence(rule: dict[str, Any], language: str = "en") -> str:
    (parsed,) = parse_policy({"schema": 2, "name": "x", "rules": [rule]}).rules
    with translation.override(language):
        return rule_sentence(parsed, gettext)


def test_a_rule_is_one_plain_sentence() -> None:
    assert sentence(RULE) == (
        "In harbor-times: If the commenter's number of approved comments is at most 2 and (the share of capitals is at "
        "least 0.6 or the number of hits in the list “slurs” is at least 1) and it is not true that the commenter is "
        "staff, hold the comment until a person has decided. No less safe rule overrides this."
    )


def test_a_rule_is_said_in_turkish_too() -> None:
    said = sentence({**RULE, "floor": False}, "tr")
    assert said.startswith("harbor-times kaynağında: yorumcunun onaylanmış yorum sayısı en çok 2 ve (büyük harf oranı")
    assert said.endswith(" ise yorum, bir kişi karar verene kadar bekletilsin.")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_condition_has_words(kind: str) -> None:
    said = sentence({"id": "r", "when": {"all": [ONE_OF_EACH[kind]]}, "action": "queue"})
    assert said.startswith("If ")
    assert not any(mark in said for mark in ("{", "Condition", "Range", "Choice"))


def test_a_difference_names_rules_and_fields() -> None:
    old = {
        "name": "x",
        "rules": [{"id": "a", "action": "queue"}, {"id": "b", "action": "hold"}, {"id": "c", "action": "pass"}],
    }
    new = {
        "name": "y",
        "rules": [
            {"id": "c", "action": "pass"},
            {"id": "a", "action": "reject", "floor": True},
            {"id": "d", "action": "hold"},
        ],
    }
    assert [str(change) for change in policy_diff(old, new)] == [
        '~ name: "x" → "y"',
        '- rule b: {"id": "b", "action": "hold"}',
        '~ rule a action: "queue" → "reject"',
        "+ rule a floor: true",
        '+ rule d: {"id": "d", "action": "hold"}',
        "~ rule c: moved from place 2 to 1",
    ]


def test_a_policy_does_not_differ_from_itself() -> None:
    assert policy_diff(BUILT_IN_POLICY, BUILT_IN_POLICY) == []


@given(st.lists(st.sampled_from("abcd"), unique=True), st.lists(st.sampled_from("abcd"), unique=True))
def test_two_policies_differ_exactly_if_there_are_changes(one: list[str], other: list[str]) -> None:
    before, after = ({"rules": [{"id": name} for name in names]} for names in (one, other))
    assert (policy_diff(before, after) == []) == (one == other)


def test_a_goal_is_read_and_written() -> None:
    goal = parse_goal("maximum  recall @ precision >= 0.9")
    assert goal == Goal("maximum", "recall", "precision", ">=", 0.9)
    assert str(goal) == "maximum recall @ precision >= 0.9"
    assert parse_goal("minimum match_rate @ queue_per_day <= 250").bound == 250


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("maximum recall", "has the form"),
        ("maximum recall @ precision > 0.9", "has the form"),
        ("maximum recall @ precision >= -1", "has the form"),
        ("maximum accuracy @ precision >= 0.9", "no metric accuracy"),
        ("maximum recall @ recall >= 0.9", "recall twice"),
        ("maximum recall @ precision >= 90", "a share from 0 to 1"),
        ("x" * 5000, "has the form"),
    ],
)
def test_a_goal_of_another_form_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        parse_goal(text)


def test_a_goal_is_frozen_beside_its_number() -> None:
    condition = {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"}
    rules = [{"id": "r", "when": {"all": [{"not": condition}]}, "action": "hold"}]
    body = {"schema": 2, "name": "x", "rules": rules}
    (placed,) = policy_goals(body)
    assert (placed.pointer, placed.attribute, placed.threshold) == ("/rules/0/when/all/0/not", "toxicity", None)
    frozen = goals_freeze(body, {placed.pointer: 0.83})
    assert frozen["rules"][0]["when"]["all"][0]["not"] == {**condition, "gte": 0.83}
    assert [goal.threshold for goal in policy_goals(frozen)] == [0.83]
    assert "gte" not in condition
    with pytest.raises(PolicyError, match="there is no goal here"):
        goals_freeze(body, {"/rules/0": 0.5})


KNOWN = Features(
    links=3,
    length=12345,
    capitals=0.51236,
    lists={"slurs": 2},
    list_versions={"slurs": 4},
    language="en-GB",
    article_age_hours=2.5,
    flags=1.75,
    commenter=CommenterRecord(approved=7),
)


def phrases(condition: dict[str, Any], language: str = "en") -> list[str]:
    """Returns the reasons of a verdict that the condition alone leads to, in words."""
    body = {"schema": 2, "name": "x", "rules": [{"id": "r", "when": {"all": [condition]}, "action": "queue"}]}
    verdict = judge(parse_policy(body), {"toxicity": 0.934567}, features=KNOWN, source="s", section="Sport")
    assert verdict.rule == "r"
    with translation.override(language):
        return [reason_phrase(reason.as_json(), gettext) for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"attribute": "toxicity", "gte": 0.8}, "toxicity is 0.9346, at least 0.8"),
        ({"attribute": "toxicity", "lte": 0.95}, "toxicity is 0.9346, at most 0.95"),
        ({"not": {"attribute": "toxicity", "lte": 0.9}}, "toxicity is 0.9346, above 0.9"),
        ({"fact": "links", "gte": 2, "lte": 5}, "the number of links is 3, between 2 and 5"),
        ({"not": {"fact": "links", "gte": 4}}, "the number of links is 3, below 4"),
        ({"not": {"fact": "links", "gte": 5, "lte": 9}}, "the number of links is 3, not between 5 and 9"),
        ({"fact": "length", "gte": 100}, "the number of characters is 12345, at least 100"),
        ({"fact": "capitals", "gte": 0.5}, "the share of capitals is 0.5124, at least 0.5"),
        ({"list": "slurs"}, "the number of hits in version 4 of the list “slurs” is 2, at least 1"),
        ({"language": ["en"]}, "the language is en"),
        ({"not": {"source": ["other"]}}, "it is not true that the source is s"),
        ({"section": ["Sport"]}, "the section is Sport"),
        ({"commenter": "approved", "gte": 5}, "the commenter's number of approved comments is 7, at least 5"),
        ({"commenter": "new"}, "no comment of the commenter has been decided yet"),
        ({"not": {"commenter": "staff"}}, "it is not true that the commenter is staff"),
        ({"flags": {"gte": 1.5}}, "the weighted number of reader flags is 1.75, at least 1.5"),
        ({"article_age_hours": {"lte": 3}}, "the article's age in hours is 2.5, at most 3"),
    ],
)
def test_each_reason_of_a_verdict_is_a_clause_in_words(condition: dict[str, Any], words: str) -> None:
    assert phrases(condition) == [words]
    assert phrases(condition, "tr") != [words]


def test_a_list_without_a_known_version_is_named_without_one() -> None:
    reason = {"condition": "list", "name": "slurs", "value": 2, "gte": 1}
    assert reason_phrase(reason) == "the number of hits in the list “slurs” is 2, at least 1"
