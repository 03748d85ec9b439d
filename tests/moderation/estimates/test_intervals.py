"""Weighted shares: right where weights are equal, honest where they are not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from moderation.estimates.intervals import effective_sample, share, share_interval
from moderation.estimates.measures import estimates, missed_share
from moderation.estimates.outcomes import tables_by_group
from moderation.estimates.rows import Rows


def rows_of(hits: int, misses: int, *, passed: int = 0, chance: float = 1.0) -> Rows:
    """Harmful comments that match and that do not, and harmless ones that do not; the unmatched by chance."""
    matched = np.repeat([True, False, False], [hits, misses, passed])
    harmful = np.repeat([True, True, False], [hits, misses, passed])
    probability = np.where(matched, 1.0, chance)
    return Rows(matched, np.ones(len(matched), bool), harmful, probability)


@given(hits=st.integers(0, 200), misses=st.integers(0, 200))
def test_with_equal_weights_the_interval_is_clopper_and_pearsons(hits: int, misses: int) -> None:
    if not hits + misses:
        return
    tables = tables_by_group(rows_of(hits, misses))
    low, high = share_interval(tables.hits, tables.misses)
    exact = binomtest(hits, hits + misses).proportion_ci(0.95, "exact")
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert share(tables.hits, tables.misses)[0] == pytest.approx(hits / (hits + misses))


@given(hits=st.integers(1, 300), misses=st.integers(1, 30), chance=st.floats(0.01, 1))
def test_the_estimate_is_hajeks_and_lies_in_its_interval(hits: int, misses: int, chance: float) -> None:
    found = estimates(rows_of(hits, misses, passed=5, chance=chance), days=1)[0]["missed_share"]
    assert found.value == pytest.approx((misses / chance) / (misses / chance + hits))
    assert 0 <= found.low < found.value < found.high <= 1


@given(hits=st.integers(1, 300), misses=st.integers(1, 30), chance=st.floats(0.01, 0.9))
def test_a_missed_share_is_one_minus_the_recall_and_its_interval_too(hits: int, misses: int, chance: float) -> None:
    found = estimates(rows_of(hits, misses, chance=chance), days=1)[0]
    missed, recall = found["missed_share"], found["recall"]
    assert (missed.low, missed.high) == pytest.approx((1 - recall.high, 1 - recall.low), abs=1e-9)
    assert missed.effective == pytest.approx(recall.effective)


def test_where_nothing_was_missed_among_few_that_were_looked_at_the_interval_stays_wide() -> None:
    found = missed_share(tables_by_group(rows_of(500, 0, passed=40, chance=0.05)))
    assert found.value[0] == 0.0
    # One more missed comment would weigh 20, and up to 3.7 of them are open.
    assert found.high[0] == pytest.approx(3.7 * 20 / (3.7 * 20 + 500), rel=0.05)
    unweighted = missed_share(tables_by_group(rows_of(500, 0, passed=40, chance=0.05).unweighted()))
    assert unweighted.high[0] < found.high[0] / 10


def test_a_group_with_less_than_thirty_effective_rows_shows_no_figure() -> None:
    few, enough = (estimates(rows_of(count, count), days=1)[0]["recall"] for count in (14, 16))
    assert few.as_json() == {"enough": False, "effective": 28.0, "value": None, "low": None, "high": None}
    assert set(enough.as_json()) == set(few.as_json())
    assert None not in enough.as_json().values()


def test_luck_in_the_draw_is_not_taken_for_knowledge() -> None:
    # Forty matched for sure and all decided; forty more match with one chance in twenty, and none was drawn.
    reviewed = np.repeat([True, False], [40, 40])
    rows = Rows(np.ones(80, bool), reviewed, reviewed, np.where(reviewed, 1.0, 0.05))
    assert not estimates(rows, days=1)[0]["precision"].enough


def test_what_nobody_could_be_shown_says_nothing() -> None:
    matched, reviewed = np.repeat([True, False], [100, 900]), np.repeat([True, False], [100, 900])
    rows = Rows(matched, reviewed, reviewed, np.where(reviewed, 1.0, 0.0))
    found = estimates(rows, days=1)[0]
    assert (found["precision"].enough, found["recall"].enough) == (True, False)


def test_groups_are_those_of_their_rows_alone() -> None:
    random = np.random.default_rng(1)
    matched, harmful = random.random(4000) < 0.3, random.random(4000) < 0.2
    rows = Rows(matched, np.ones(4000, bool), harmful, np.where(matched, 1.0, 0.25))
    groups = random.integers(0, 3, 4000)
    found = estimates(rows, days=2, groups=groups, count=3)
    for group in range(3):
        of = groups == group
        alone = Rows(matched[of], rows.reviewed[of], harmful[of], rows.probability[of])
        assert found[group] == estimates(alone, days=2)[0]


def test_counts_take_no_decision() -> None:
    rows = Rows(np.arange(1000) < 50, np.zeros(1000, bool), np.zeros(1000, bool), np.full(1000, 0.1))
    found = estimates(rows, days=10)[0]
    assert (found["match_rate"].value, found["queue_per_day"].value) == (0.05, 5.0)
    assert found["match_rate"].low < 0.05 < found["match_rate"].high
    assert found["precision"].effective == 0


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.5, float("nan")])
def test_a_reviewed_row_with_an_impossible_chance_is_refused(chance: float) -> None:
    one = np.ones(1, bool)
    with pytest.raises(ValueError, match="probability"):
        Rows(one, one, one, np.array([chance]))


def test_the_effective_sample_is_the_smallest_at_the_estimate_and_both_ends() -> None:
    tables = tables_by_group(rows_of(500, 3, passed=200, chance=0.05))
    value = share(tables.hits, tables.misses)[0]
    at_estimate = 560 / ((1 - value) * 1 + value * 20)
    assert effective_sample(tables.hits, tables.misses)[0] < at_estimate + 1e-9
