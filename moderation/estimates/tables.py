"""The four outcomes of matching against deciding, and how they are counted by threshold, in one pass over the rows."""

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from moderation.estimates.intervals import Sums
from moderation.estimates.rows import Flags, Floats, Ints, Rows

Number = TypeVar("Number", np.float64, np.int64)
# With more rows than this share that nobody could be shown, what was found says nothing of the rest.
UNSEEN = 0.05
# The weight of a row that nobody could be shown, where a number has to stand for infinity.
NEVER = 1e12


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


def tables_by_threshold(rows: Rows, *, scores: Floats, thresholds: Floats) -> Tables:
    """Returns the outcomes of each threshold: a row matches where its score is at least that.

    `rows.matched` is not read.

    Args:
        rows: The comments.
        scores: Of each row, 0 to 1.
        thresholds: Increasing.
    """
    # A row of step n matches the first n thresholds: what is in the steps after n matches threshold n.
    steps, count, weights = np.searchsorted(thresholds, scores, side="right"), len(thresholds) + 1, row_weights(rows)
    found = Counted.of(steps, weights, rows.reviewed & rows.harmful, count)
    fine = Counted.of(steps, weights, rows.reviewed & ~rows.harmful, count)
    drawn = Drawn.of(steps, weights, count)
    return Tables(
        hits=found.above().sums(drawn.above()),
        false_alarms=fine.above().sums(drawn.above()),
        misses=found.below().sums(drawn.below()),
        passes=fine.below().sums(drawn.below()),
        rows=np.full(len(thresholds), len(rows)),
        matched=_sum_above(np.bincount(steps, minlength=count)),
        reviewed=np.full(len(thresholds), int(rows.reviewed.sum())),
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """How rows were drawn, reviewed or not: sums of their weights, the largest, and how many had no chance or one."""

    weights: Floats
    heaviest: Floats
    unseen: Ints
    seen: Ints

    @classmethod
    def of(cls, at: Ints, weights: Floats, count: int) -> Self:
        """Returns the sums by number; a weight of 0 is that of a row without a chance."""
        heaviest = np.zeros(count)
        np.maximum.at(heaviest, at, weights)
        total = np.bincount(at, weights=weights, minlength=count).astype(np.float64)
        unseen = np.bincount(at[weights == 0], minlength=count)
        return cls(total, heaviest, unseen, np.bincount(at, minlength=count) - unseen)

    def above(self) -> Self:
        """Returns the sums over the steps after each."""
        heaviest = np.maximum.accumulate(self.heaviest[::-1])[::-1][1:]
        return type(self)(_sum_above(self.weights), heaviest, _sum_above(self.unseen), _sum_above(self.seen))

    def below(self) -> Self:
        """Returns the sums over each step and those before it."""
        heaviest = np.maximum.accumulate(self.heaviest)[:-1]
        return type(self)(_sum_below(self.weights), heaviest, _sum_below(self.unseen), _sum_below(self.seen))

    @property
    def usual(self) -> Floats:
        """The mean weight; NEVER where too many rows had no chance."""
        mean = self.weights / np.maximum(self.seen, 1)
        return np.where(self.unseen > UNSEEN * (self.seen + self.unseen), NEVER, np.maximum(mean, 1))


@dataclass(frozen=True, slots=True)
class Counted:
    """Sums of the weights of reviewed rows, and of their squares."""

    total: Floats
    squares: Floats

    @classmethod
    def of(cls, at: Ints, weights: Floats, which: Flags, count: int) -> Self:
        """Returns the sums by number over the rows of `which`."""
        kept, of_those = at[which], weights[which]
        total = np.bincount(kept, weights=of_those, minlength=count).astype(np.float64)
        return cls(total, np.bincount(kept, weights=of_those**2, minlength=count).astype(np.float64))

    def above(self) -> Self:
        """Returns the sums over the steps after each."""
        return type(self)(_sum_above(self.total), _sum_above(self.squares))

    def below(self) -> Self:
        """Returns the sums over each step and those before it."""
        return type(self)(_sum_below(self.total), _sum_below(self.squares))

    def sums(self, drawn: Drawn) -> Sums:
        """Returns the sums with what is known of the rows among which they were found."""
        return Sums(self.total, self.squares, np.maximum(drawn.heaviest, 1), drawn.usual)


def row_weights(rows: Rows) -> Floats:
    """Returns one over the chance of each row; 0 for a row without a chance."""
    chance = rows.probability
    return np.where(chance > 0, 1 / np.where(chance > 0, chance, 1), 0.0)


def _sum_above(by_step: NDArray[Number]) -> NDArray[Number]:
    return np.cumsum(by_step[::-1], dtype=by_step.dtype)[::-1][1:]


def _sum_below(by_step: NDArray[Number]) -> NDArray[Number]:
    return np.cumsum(by_step, dtype=by_step.dtype)[:-1]
