"""Kappa and alpha against published examples, against each other's laws, and against a simulation of the interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.estimates.agreement.cohen import kappa
from moderation.estimates.agreement.krippendorff import alpha

# Krippendorff (2011), examples A to C: rows are observers; a dot stands for a unit that was not judged.
TWO_BINARY = ["0100000010", "1110010000"]


def judged(*observers: str) -> np.ndarray:
    """Returns units × observers."""
    rows = [[np.nan if one == "." else float(one) for one in row] for row in observers]
    return np.array(rows).T


def by_letters(*observers: str) -> np.ndarray:
    return judged(*("".join(str("abcde".index(one)) for one in row) for row in observers))


C = judged("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def test_alpha_of_published_examples() -> None:
    """Krippendorff (2011): A binary, B nominal, C with four observers and gaps, by two metrics."""
    assert alpha(judged(*TWO_BINARY)).value == pytest.approx(0.095, abs=5e-4)
    assert alpha(by_letters("aabbdcccedda", "babbbccceddd")).value == pytest.approx(0.692, abs=5e-4)
    assert alpha(C).value == pytest.approx(0.743, abs=5e-4)
    assert alpha(C, metric="interval").value == pytest.approx(0.849, abs=5e-4)
    assert alpha(C).units == 11, "one unit was judged by a single observer"


def test_kappa_of_a_published_example() -> None:
    """Cohen (1960), table 1: 0.492."""
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    pairs = [(row, column) for row in range(3) for column in range(3) for _ in range(table[row, column])]
    first, second = np.array(pairs).T
    found = kappa(first, second)
    assert found.value == pytest.approx(0.492, abs=5e-4)
    assert found.units == 200
    # The standard error of Fleiss, Cohen and Everitt, from its own formula.
    half = 1.96 * _standard_error(table / table.sum())
    assert (found.low, found.high) == (pytest.approx(0.4915 - half, abs=5e-4), pytest.approx(0.4915 + half, abs=5e-4))


def _standard_error(shares: np.ndarray) -> float:
    """Returns the large-sample standard error of kappa, formula 13 of Fleiss, Cohen and Everitt (1969), for n = 200."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    agreed, chance = np.trace(shares), rows @ columns
    same = sum(shares[i, i] * ((1 - chance) - (rows[i] + columns[i]) * (1 - agreed)) ** 2 for i in range(len(shares)))
    other = (1 - agreed) ** 2 * sum(
        shares[i, j] * (columns[i] + rows[j]) ** 2 for i in range(len(shares)) for j in range(len(shares)) if i != j
    )
    rest = (agreed * chance - 2 * chance + agreed) ** 2
    return float(np.sqrt((same + other - rest) / (200 * (1 - chance) ** 4)))


def test_where_nothing_can_differ_nothing_is_claimed() -> None:
    same = np.zeros(9, dtype=int)
    assert kappa(same, same).value is None
    assert alpha(np.zeros((9, 2))).value is None
    assert alpha(np.full((3, 2), np.nan)).units == 0
    assert alpha(np.array([[0.0, np.nan], [np.nan, 1.0]])).value is None


def test_full_agreement_is_one_and_its_interval_says_how_little_was_seen() -> None:
    few = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    assert (alpha(few).value, alpha(few).low) == (1.0, None)
    many = np.repeat(np.array([[0.0, 0.0], [1.0, 1.0]]), 50, axis=0)
    assert (alpha(many).low, alpha(many).high) == (1.0, 1.0)


def test_what_is_no_pair_of_judges_is_refused() -> None:
    with pytest.raises(ValueError, match="same units"):
        kappa(np.array([1, 2]), np.array([1]))
    with pytest.raises(ValueError, match="units and judges"):
        alpha(np.zeros(3))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30))
def test_alpha_is_the_textbook_sum_over_pairs_and_knows_no_order_of_judges(rows: list[tuple[int, int, int]]) -> None:
    values = np.array(rows, dtype=float)
    found = alpha(values, draws=1).value
    flat = values.ravel()
    expected = np.mean([a != b for i, a in enumerate(flat) for j, b in enumerate(flat) if i != j])
    within = [a != b for row in values for i, a in enumerate(row) for j, b in enumerate(row) if i != j]
    assert found == (None if expected == 0 else pytest.approx(1 - float(np.mean(within)) / float(expected)))
    assert alpha(values[:, ::-1], draws=1).value == found


def test_the_interval_of_alpha_covers_the_truth_as_often_as_it_says() -> None:
    """Two judges who are right nine times of ten: alpha over very many units is what 150 of them should cover."""
    draw = np.random.default_rng(7)

    def said(units: int) -> np.ndarray:
        truth = draw.random(units) < 0.3
        return np.array([np.where(draw.random(units) < 0.9, truth, ~truth) for _ in range(2)], dtype=float).T

    true = alpha(said(400_000), draws=1).value
    assert true is not None
    held = 0
    for seed in range(200):
        found = alpha(said(150), draws=300, seed=seed)
        held += (found.low or 0) <= true <= (found.high or 0)
    assert held >= 180
