"""Figures of how good scores are, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring.metrics.quality import (
    at_threshold,
    auc,
    average_precision,
    brier,
    brier_of_base_rate,
    calibration_error,
    character_f1,
    interval,
    rank_correlation,
    term_figures,
)

rows = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40)


def columns(pairs: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score / 5 for score, _ in pairs]), np.array([flag for _, flag in pairs])


@given(rows)
def test_auc_is_the_share_of_pairs_in_order_with_ties_as_halves(pairs: list[tuple[int, bool]]) -> None:
    above = [(a > b) + (a == b) / 2 for a, toxic in pairs if toxic for b, other in pairs if not other]
    expected = pytest.approx(sum(above) / len(above)) if above else None
    assert auc(*columns(pairs)) == expected


def test_average_precision_takes_equal_scores_together() -> None:
    scores = np.array([0.9, 0.8, 0.8, 0.1])
    assert average_precision(scores, np.array([True, True, False, False])) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert average_precision(scores, np.zeros(4, dtype=bool)) is None


@given(rows)
def test_no_order_has_a_higher_average_precision_than_the_right_one(pairs: list[tuple[int, bool]]) -> None:
    scores, positive = columns(pairs)
    found = average_precision(scores, positive)
    assert found is None or 0 < found <= average_precision(positive.astype(float), positive) == 1


def test_calibration_error_is_the_mean_distance_over_bins_of_equal_mass() -> None:
    labels = np.array([0.0] * 15 + [1.0] * 15)
    assert calibration_error(labels, labels) == 0
    assert calibration_error(np.full(30, 0.5), labels, bins=10) == pytest.approx(0.5)
    assert calibration_error(np.full(30, 0.5), labels, bins=1) == pytest.approx(0)
    assert calibration_error(labels[:10], labels[:10]) is None


def test_brier_of_the_base_rate_is_what_a_constant_gets() -> None:
    labels = np.array([1.0, 0.0, 0.0, 0.0])
    assert brier_of_base_rate(labels) == brier(np.full(4, 0.25), labels) == pytest.approx(0.1875)


def test_a_threshold_includes_its_own_value() -> None:
    found = at_threshold(np.array([0.7, 0.69, 0.9]), np.array([True, True, False]), 0.7)
    assert (found.flagged, found.precision, found.recall) == (pytest.approx(2 / 3), 0.5, 0.5)
    assert at_threshold(np.array([0.1]), np.array([False]), 0.7).precision is None


def test_ranks_are_compared_and_not_values() -> None:
    values = np.array([0.1, 0.2, 0.4, 0.4])
    assert rank_correlation(values, values**3) == pytest.approx(1)
    assert rank_correlation(values, np.ones(4)) == 0


@pytest.mark.parametrize(
    ("found", "marked", "f1"), [(set(), set(), 1.0), ({1}, set(), 0.0), ({1, 2}, {2, 3}, 0.5), ({4}, {4}, 1.0)]
)
def test_character_f1_counts_an_empty_answer_where_nothing_is_marked(
    found: set[int], marked: set[int], f1: float
) -> None:
    assert character_f1(found, marked) == f1


def test_a_term_that_alone_raises_scores_lowers_bpsn_and_nothing_else() -> None:
    term = np.array([True, True, False, False])
    positive = np.array([True, False, True, False])
    found = term_figures(np.array([0.9, 0.6, 0.5, 0.1]), positive, term)
    assert (found.rows, found.subgroup, found.bpsn, found.bnsp) == (2, 1.0, 0.0, 1.0)


def test_an_interval_holds_the_figure_and_is_the_same_for_the_same_seed() -> None:
    chance = np.random.default_rng(7)
    positive = chance.random(300) < 0.3
    scores = chance.random(300) + positive * 0.5
    low, high = interval(auc, scores, positive) or (1.0, 0.0)
    assert low < (auc(scores, positive) or 0) < high
    assert interval(auc, scores, positive) == (low, high) != interval(auc, scores, positive, seed=1)
    assert interval(auc, scores, np.zeros(300, dtype=bool), rounds=5) is None
