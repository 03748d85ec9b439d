"""Counts the four outcomes of matching against deciding, by group or by threshold, in one pass over the rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.estimates.intervals import Sums
from moderation.estimates.rows import Flags, Floats, Ints, Rows


@dataclass(frozen=True, slots=True)
class Tables:
    """The outcomes of each group: weighted sums of reviewed rows, and plain counts of all rows.

    Attributes:
        hits: Matched and harmful.
        false_alarms: Matched and harmless.
        misses: Not matched and harmful.
        passes: Not matched and harmless.
        rows, matched, reviewed: How many there are, unweighted.
    """

    hits: Sums
    false_alarms: Sums
    misses: Sums
    passes: Sums
    rows: Ints
    matched: Ints
    reviewed: Ints


def tables_by_group(rows: Rows, *, groups: Ints | None = None, count: int = 1) -> Tables:
    """Returns the outcomes of each group.

    Args:
        rows: The comments.
        groups: The number of each row's group, 0 to `count` − 1; None: all in one.
        count: How many groups there are.
    """
    groups = np.zeros(len(rows), np.int64) if groups is None else groups
    kept = rows.reviewed
    of, matched, harmful, weights = groups[kept], rows.matched[kept], rows.harmful[kept], 1 / rows.probability[kept]
    hits, false_alarms, misses, passes = _outcomes(of, matched, harmful, weights, count)
    return Tables(
        hits=hits,
        false_alarms=false_alarms,
        misses=misses,
        passes=passes,
        rows=np.bincount(groups, minlength=count),
        matched=np.bincount(groups[rows.matched], minlength=count),
        reviewed=np.bincount(of, minlength=count),
    )


def tables_by_threshold(rows: Rows, *, scores: Floats, thresholds: Floats) -> Tables:
    """Returns the outcomes of each threshold: a row matches where its score is at least that.

    `rows.matched` is not read.

    Args:
        rows: The comments.
        scores: Of each row, 0 to 1.
        thresholds: Increasing.
    """
    # A row of step n matches the first n thresholds.
    steps, count = np.searchsorted(thresholds, scores, side="right"), len(thresholds) + 1
    kept = rows.reviewed
    of, harmful, weights = steps[kept], rows.harmful[kept], 1 / rows.probability[kept]
    heaviest = _heaviest(of, weights, count)
    found, fine = _total(of, weights, harmful, count), _total(of, weights, ~harmful, count)
    return Tables(
        hits=_above(found, heaviest),
        false_alarms=_above(fine, heaviest),
        misses=_below(found, heaviest),
        passes=_below(fine, heaviest),
        rows=np.full(len(thresholds), len(rows)),
        matched=_reversed_sum(np.bincount(steps, minlength=count))[1:],
        reviewed=np.full(len(thresholds), int(kept.sum())),
    )


def _outcomes(of: Ints, matched: Flags, harmful: Flags, weights: Floats, count: int) -> list[Sums]:
    heaviest = {side: _heaviest(of[which], weights[which], count) for side, which in ((1, matched), (0, ~matched))}
    cells = [(1, matched & harmful), (1, matched & ~harmful), (0, ~matched & harmful), (0, ~matched & ~harmful)]
    totals = [(side, _total(of, weights, which, count)) for side, which in cells]
    return [Sums(total, squares, np.maximum(heaviest[side], 1)) for side, (total, squares) in totals]


def _total(of: Ints, weights: Floats, which: Flags, count: int) -> tuple[Floats, Floats]:
    """Returns the sums of the weights and of their squares."""
    at, of_those = of[which], weights[which]
    total = np.bincount(at, weights=of_those, minlength=count).astype(np.float64)
    return total, np.bincount(at, weights=of_those**2, minlength=count).astype(np.float64)


def _heaviest(of: Ints, weights: Floats, count: int) -> Floats:
    found = np.zeros(count)
    np.maximum.at(found, of, weights)
    return found


def _reversed_sum(by_step: NDArray[Any]) -> NDArray[Any]:
    return np.cumsum(by_step[::-1])[::-1]


def _above(total: tuple[Floats, Floats], heaviest: Floats) -> Sums:
    """Returns the sums of what is in the steps after each, which is what matches."""
    weights, squares = (_reversed_sum(part)[1:] for part in total)
    return Sums(weights, squares, np.maximum(np.maximum.accumulate(heaviest[::-1])[::-1][1:], 1))


def _below(total: tuple[Floats, Floats], heaviest: Floats) -> Sums:
    """Returns the sums of what is in each step and before it, which is what does not match."""
    weights, squares = (np.cumsum(part)[:-1] for part in total)
    return Sums(weights, squares, np.maximum(np.maximum.accumulate(heaviest)[:-1], 1))
