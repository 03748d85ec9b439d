"""Lower ends of a score by language, and the built-in policy that has them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policies import BUILT_IN_POLICY, Features, PolicyError, built_in_policy, judge, parse_policy
from moderation.policies.checks import Catalogue, policy_check
from moderation.policies.conditions import Subject
from moderation.policies.conditions.gaps import condition_gap
from moderation.policies.documents.sentences import rule_sentence
from moderation.policies.policy import Policy

LEAF = {"attribute": "toxicity", "gte": 0.5, "by_language": {"tr": 0.3, "ru": 0.8}}
ATTRIBUTES = [condition["attribute"] for condition in BUILT_IN_POLICY["rules"][0]["when"]["any"]]
scores = st.fixed_dictionaries({name: st.floats(0, 1) for name in ATTRIBUTES})


def policy(leaf: dict[str, Any], **rule: Any) -> Policy:
    rules = [{"id": "r", "when": {"any": [leaf]}, "action": "queue", **rule}]
    return parse_policy({"schema": 2, "name": "n", "rules": rules}, version=1)


def verdict(toxicity: float, language: str | None, leaf: dict[str, Any] = LEAF) -> Any:
    return judge(policy(leaf), {"toxicity": toxicity}, features=Features(language=language), source="", section="")


@pytest.mark.parametrize(
    ("language", "threshold"), [("tr", 0.3), ("tr-TR", 0.3), ("ru", 0.8), ("en", 0.5), (None, 0.5), ("hi-Latn", 0.5)]
)
def test_a_language_with_an_end_of_its_own_is_judged_by_it(language: str | None, threshold: float) -> None:
    found = verdict(threshold, language)
    assert (found.action, found.reasons[0].threshold, found.risk) == ("queue", threshold, 1.0)
    below = verdict(threshold - 0.01, language)
    assert (below.action, below.risk) == ("pass", pytest.approx((threshold - 0.01) / threshold))


def test_a_near_miss_is_measured_from_the_languages_own_end() -> None:
    when = policy(LEAF).rules[0].when
    for language, gap in (("tr", 0.1), ("ru", 0.6), ("en", 0.3)):
        found, clause = condition_gap(when, Subject({"toxicity": 0.2}, Features(language=language)))
        assert found == pytest.approx(gap)
        assert clause is not None
        assert clause.gte == pytest.approx(0.2 + gap)


def test_a_negated_condition_has_the_languages_end_too() -> None:
    leaf = {"not": LEAF}
    assert verdict(0.4, "tr", leaf).action == "pass"
    assert verdict(0.4, "en", leaf).action == "queue"
    assert verdict(0.4, "en", leaf).reasons[0].gte == 0.5


def test_the_sentence_says_every_end() -> None:
    assert rule_sentence(policy(LEAF).rules[0]) == (
        "If toxicity is at least 0.5 (ru: 0.8, tr: 0.3), send the comment to the queue."
    )


@pytest.mark.parametrize(
    ("leaf", "pointer"),
    [
        ({**LEAF, "by_language": {}}, "/rules/0/when/any/0/by_language"),
        ({**LEAF, "by_language": {"tr-TR": 0.5}}, "/rules/0/when/any/0/by_language"),
        ({**LEAF, "by_language": {"tr": 1.5}}, "/rules/0/when/any/0/by_language/tr"),
        ({**LEAF, "lte": 0.6}, "/rules/0/when/any/0/by_language/ru"),
        ({"attribute": "toxicity", "lte": 0.5, "by_language": {"tr": 0.1}}, "/rules/0/when/any/0"),
    ],
)
def test_an_end_that_is_none_is_told_where_it_stands(leaf: dict[str, Any], pointer: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy(leaf)
    assert caught.value.pointer == pointer


def test_schema_1_has_no_ends_by_language() -> None:
    rules = [{"id": "r", "when": {"any": [LEAF]}, "action": "queue"}]
    with pytest.raises(PolicyError):
        parse_policy({"schema": 1, "name": "n", "rules": rules})


def test_a_language_that_no_model_serves_is_a_warning() -> None:
    catalogue = Catalogue(attributes={"toxicity": None}, languages=frozenset({"en", "tr"}))
    [finding] = policy_check(policy(LEAF), catalogue)
    assert (finding.code, finding.pointer) == ("unserved_language", "/rules/0/when/any/0/by_language/ru")


def test_without_tables_the_built_in_policy_is_the_one_that_it_was() -> None:
    assert built_in_policy({}) is BUILT_IN_POLICY
    assert built_in_policy({"hi-Latn": {"toxicity": 0.4}}) is BUILT_IN_POLICY


@given(scores, st.sampled_from(["en", "de", None]))
def test_the_tables_of_other_languages_change_nothing_in_english(found: dict[str, float], language: str | None) -> None:
    tuned = built_in_policy({"tr": {"toxicity": 0.2, "threat": 0.9}, "ru": {"insult": 0.1}})
    where: dict[str, Any] = {"features": Features(language=language), "source": "", "section": ""}
    before, after = (judge(parse_policy(body, version=1), found, **where) for body in (BUILT_IN_POLICY, tuned))
    assert before.as_json() == after.as_json()
    assert (before.risk, before.uncertainty) == (after.risk, after.uncertainty)


def test_a_table_sets_the_ends_that_it_has_and_leaves_the_others() -> None:
    tuned = built_in_policy({"tr": {"toxicity": 0.2}, "ru": {"toxicity": 0.6, "threat": 0.9}})
    ends = {one["attribute"]: one.get("by_language") for one in tuned["rules"][0]["when"]["any"]}
    assert ends["toxicity"] == {"ru": 0.6, "tr": 0.2}
    assert ends["threat"] == {"ru": 0.9}
    assert ends["insult"] is None
    assert "by_language" not in str(BUILT_IN_POLICY)
