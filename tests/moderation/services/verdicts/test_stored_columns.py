"""Stored facts read as columns are what the features of each row are."""

import json
from typing import Any

import numpy as np
import pytest

from moderation.policies.conditions import Subject
from moderation.policies.conditions.people import COUNTS
from moderation.policies.conditions.texts import FACTS
from moderation.services.verdicts.stored_columns import StoredFeatures

ROWS: list[dict[str, Any]] = [
    {"text_hash": "a", "links": 2, "length": 40, "near_hash": "ff"},
    {"text_hash": "b"},
    {"text_hash": "c", "links": 0, "length": 7, "near_hash": "", "capitals": None, "repeats": None},
]


def stored() -> StoredFeatures:
    return StoredFeatures([json.dumps(row) for row in ROWS], ["en", "", "tr"])


@pytest.mark.parametrize("name", FACTS)
def test_a_column_of_a_fact_is_that_of_the_features(name: str) -> None:
    expected = [FACTS[name](Subject({}, features)) for features in stored()]
    column = stored().numbers("fact", name)
    np.testing.assert_array_equal(column, np.array(expected, dtype=float))


@pytest.mark.parametrize("kind", ["list", "commenter", "flags", "article_age_hours"])
def test_what_is_not_among_the_facts_is_asked_row_by_row(kind: str) -> None:
    assert stored().numbers(kind, next(iter(COUNTS))) is None


def test_rows_are_read_one_by_one_or_in_turn() -> None:
    features = stored()
    assert [features[0], *features[1:]] == list(features)
    assert [one.language for one in features] == ["en", None, "tr"]
    assert (len(features), features[0].links, features[1].links) == (3, 2, None)
