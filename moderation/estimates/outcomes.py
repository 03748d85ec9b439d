"""Counts of matching against deciding that add up, so that any number of rows is counted a chunk at a time."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moderation.estimates.rows import Flags, Floats, Ints, Rows
from moderation.estimates.tables import Counted, Drawn, Tables, row_weights

# The columns of sums: weights and their squares of harmful rows and of harmless ones, and of the draw.
HARMFUL, HARMFUL_SQUARES, HARMLESS, HARMLESS_SQUARES, WEIGHTS, UNSEEN, SEEN, REVIEWED = range(8)
MATCHED, NOT_MATCHED = range(2)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of conditions or of groups.

    Attributes:
        sums: By side (MATCHED, NOT_MATCHED), by condition or group, by column.
        heaviest: The largest weight, by side, by condition or group.
    """

    sums: Floats
    heaviest: Floats

    @classmethod
    def nothing(cls, count: int) -> Self:
        """Returns those of no rows."""
        return cls(np.zeros((2, count, 8)), np.zeros((2, count)))

    @classmethod
    def of_conditions(cls, rows: Rows, matched: Flags) -> Self:
        """Returns the outcomes of many conditions on the same rows: `matched` has a row a condition.

        `rows.matched` is not read.
        """
        columns, weights = _columns(rows), row_weights(rows)
        sides = (matched, ~matched)
        sums = np.stack([side.astype(np.float64) @ columns for side in sides])
        return cls(sums, np.stack([np.where(side, weights, 0.0).max(axis=1, initial=0.0) for side in sides]))

    @classmethod
    def of_groups(cls, rows: Rows, groups: NDArray[np.integer], count: int) -> Self:
        """Returns the outcomes of each group; `groups` has the number of each row's, 0 to `count` − 1."""
        columns, cells = _columns(rows), np.where(rows.matched, groups, groups + count)
        sums = [np.bincount(cells, weights=column, minlength=2 * count) for column in columns.T]
        heaviest = np.zeros(2 * count)
        np.maximum.at(heaviest, cells, row_weights(rows))
        whole: Floats = np.stack(sums, axis=1).reshape(2, count, -1).astype(np.float64)
        return cls(whole, heaviest.reshape(2, count))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.sums + other.sums, np.maximum(self.heaviest, other.heaviest))

    def spread(self, places: Ints, count: int) -> Self:
        """Returns the outcomes of `count` groups: what these are moves to `places`, the rest is of no rows."""
        found = type(self).nothing(count)
        found.sums[:, places], found.heaviest[:, places] = self.sums, self.heaviest
        return found

    def tables(self) -> Tables:
        """Returns the tables that measures are made of."""
        matched, passed = self._drawn(MATCHED), self._drawn(NOT_MATCHED)
        return Tables(
            hits=self._counted(MATCHED, HARMFUL).sums(matched),
            false_alarms=self._counted(MATCHED, HARMLESS).sums(matched),
            misses=self._counted(NOT_MATCHED, HARMFUL).sums(passed),
            passes=self._counted(NOT_MATCHED, HARMLESS).sums(passed),
            rows=self._whole(MATCHED, UNSEEN, SEEN) + self._whole(NOT_MATCHED, UNSEEN, SEEN),
            matched=self._whole(MATCHED, UNSEEN, SEEN),
            reviewed=self._whole(MATCHED, REVIEWED) + self._whole(NOT_MATCHED, REVIEWED),
        )

    def _counted(self, side: int, column: int) -> Counted:
        """Returns the sums of weights in a column, and of their squares in the one after it."""
        return Counted(self.sums[side, :, column], self.sums[side, :, column + 1])

    def _drawn(self, side: int) -> Drawn:
        unseen, seen = self._whole(side, UNSEEN), self._whole(side, SEEN)
        return Drawn(self.sums[side, :, WEIGHTS], self.heaviest[side], unseen, seen)

    def _whole(self, side: int, *columns: int) -> Ints:
        found: Ints = self.sums[side][:, columns].sum(axis=1).astype(np.int64)
        return found


def _columns(rows: Rows) -> Floats:
    """Returns what each row adds to the sums, by row and column."""
    weights, harmful, harmless = row_weights(rows), rows.reviewed & rows.harmful, rows.reviewed & ~rows.harmful
    columns = np.zeros((len(rows), 8))
    for kept, total, squares in ((harmful, HARMFUL, HARMFUL_SQUARES), (harmless, HARMLESS, HARMLESS_SQUARES)):
        columns[kept, total], columns[kept, squares] = weights[kept], weights[kept] ** 2
    columns[:, WEIGHTS], columns[:, UNSEEN], columns[:, SEEN] = weights, weights == 0, weights > 0
    columns[:, REVIEWED] = rows.reviewed
    return columns


def tables_by_group(rows: Rows, *, groups: Ints | None = None, count: int = 1) -> Tables:
    """Returns the outcomes of each group.

    Args:
        rows: The comments.
        groups: The number of each row's group, 0 to `count` − 1; None: all in one.
        count: How many groups there are.
    """
    places = np.zeros(len(rows), np.int64) if groups is None else groups
    return Outcomes.of_groups(rows, places, count).tables()
