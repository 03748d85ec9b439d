"""Stored facts read as columns are what the features of each row are."""

import json
from typing import Any

import numpy as np
import pytest

from moderation.policies import parse_policy
from moderation.policies.columns import Coded, SubjectColumns
from moderation.policies.columns.conditions import condition_met
from moderation.policies.conditions import Subject
from moderation.policies.conditions.texts import FACTS
from moderation.services.verdicts.stored_columns import StoredFeatures

ROWS: list[dict[str, Any]] = [
    {"text_hash": "a", "links": 2, "length": 40, "near_hash": "ff"},
    {"text_hash": "b"},
    {"text_hash": "c", "links": 0, "length": 7, "near_hash": "", "capitals": None, "repeats": None},
]
CONDITIONS: list[dict[str, Any]] = [
    {"fact": "links", "gte": 1},
    {"list": "slurs"},
    {"language": ["tr"]},
    {"commenter": "new"},
    {"commenter": "approved", "lte": 9},
    {"flags": {"lte": 9}},
    {"article_age_hours": {"lte": 9}},
]


def stored() -> StoredFeatures:
    return StoredFeatures([json.dumps(row) for row in ROWS], ["en", "", "tr"])


@pytest.mark.parametrize("name", FACTS)
def test_a_column_of_a_fact_is_that_of_the_features(name: str) -> None:
    expected = [FACTS[name](Subject({}, features)) for features in stored()]
    column = stored().numbers("fact", name)
    np.testing.assert_array_equal(column, np.array(expected, dtype=float))


@pytest.mark.parametrize("body", CONDITIONS, ids=lambda body: next(iter(body)))
def test_a_column_says_what_the_condition_says_of_each_row(body: dict[str, Any]) -> None:
    rule = {"id": "r", "when": {"all": [body]}, "action": "queue"}
    (condition,) = parse_policy({"schema": 2, "name": "n", "rules": [rule]}).rules[0].when.parts
    features, languages = stored(), Coded.of(["en", "", "tr"])
    none = Coded.of([""] * len(ROWS))
    columns = SubjectColumns(len(ROWS), {}, features, none, none, features.numbers, languages)
    for wanted in (True, False):
        expected = [condition.check(wanted=wanted)(Subject({}, one)) for one in features]
        assert condition_met(condition, columns, wanted=wanted).tolist() == expected


def test_rows_are_read_one_by_one_or_in_turn() -> None:
    features = stored()
    assert [features[0], *features[1:]] == list(features)
    assert [one.language for one in features] == ["en", None, "tr"]
    assert (len(features), features[0].links, features[1].links) == (3, 2, None)
