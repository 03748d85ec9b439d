"""Outcomes that are counted in parts add up to those of the whole, by condition and by group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.estimates.outcomes import Outcomes, tables_by_group
from moderation.estimates.rows import Rows
from moderation.estimates.tables import Tables, tables_by_threshold

ROW = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.05, 0.3, 1.0]), st.integers(0, 3))


def rows_of(drawn: list[tuple[bool, bool, bool, float, int]]) -> tuple[Rows, np.ndarray]:
    columns = [
        np.array([row[at] for row in drawn], dtype=kind) for at, kind in enumerate((bool, bool, bool, float, int))
    ]
    matched, reviewed, harmful, chance, groups = columns
    return Rows(matched, reviewed & (chance > 0), harmful, chance), groups


def figures(tables: Tables) -> list[float]:
    sums = [tables.hits, tables.false_alarms, tables.misses, tables.passes]
    weighted = [value for one in sums for value in (one.total, one.squares, one.heaviest, one.usual)]
    return np.concatenate([*weighted, tables.rows, tables.matched, tables.reviewed]).tolist()


@given(st.lists(ROW, min_size=1, max_size=40), st.integers(0, 40))
def test_parts_add_up_to_the_whole(drawn: list[tuple[bool, bool, bool, float, int]], cut: int) -> None:
    whole, groups = rows_of(drawn)
    first, second = (rows_of(part) if part else None for part in (drawn[:cut], drawn[cut:]))
    parts = [Outcomes.of_groups(rows, places, 4) for rows, places in filter(None, (first, second))]
    joined = sum(parts[1:], parts[0])
    assert figures(joined.tables()) == pytest.approx(figures(tables_by_group(whole, groups=groups, count=4)))


@given(st.lists(ROW, min_size=1, max_size=40))
def test_many_conditions_at_once_are_what_each_is_alone(drawn: list[tuple[bool, bool, bool, float, int]]) -> None:
    rows, groups = rows_of(drawn)
    conditions = np.stack([rows.matched, groups > 1])
    tables = Outcomes.of_conditions(rows, conditions).tables()
    for at, matched in enumerate(conditions):
        alone = figures(tables_by_group(Rows(matched, rows.reviewed, rows.harmful, rows.probability)))
        assert figures(tables)[at::2] == pytest.approx(alone)


@given(st.lists(ROW, min_size=1, max_size=40))
def test_by_threshold_and_by_group_count_alike(drawn: list[tuple[bool, bool, bool, float, int]]) -> None:
    rows, groups = rows_of(drawn)
    scores = groups / 4
    by_threshold = tables_by_threshold(rows, scores=scores, thresholds=np.array([0.5]))
    matched = Rows(scores >= 0.5, rows.reviewed, rows.harmful, rows.probability)
    assert figures(by_threshold) == pytest.approx(figures(tables_by_group(matched)))


def test_groups_keep_their_counts_where_new_ones_come() -> None:
    rows, _ = rows_of([(True, True, True, 1.0, 0), (False, True, True, 0.5, 0)])
    moved = Outcomes.of_groups(rows, np.array([0, 1]), 2).spread(np.array([2, 0]), 3).tables()
    assert moved.hits.total.tolist() == [0, 0, 1]
    assert moved.misses.total.tolist() == [2, 0, 0]
    assert moved.rows.tolist() == [1, 0, 1]
