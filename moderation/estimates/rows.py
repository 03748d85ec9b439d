"""Rows that estimates are made of: comments with what a policy says, and with what people said of some of them."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length, a row a comment, reviewed or not.

    Attributes:
        matched: Whether the policy, rule or threshold in question catches it.
        reviewed: Whether a person decided on it after it was selected for review.
        harmful: Whether that person rejected it; read where `reviewed` alone.
        probability: The chance with which the row was selected for review, or would have been, at most 1; above 0 if
            it was reviewed. 0 for rows that nobody could have been shown.
    """

    matched: Flags
    reviewed: Flags
    harmful: Flags
    probability: Floats

    def __post_init__(self) -> None:
        if len({len(self.matched), len(self.reviewed), len(self.harmful), len(self.probability)}) > 1:
            raise ValueError("the columns differ in length")
        # Written so that NaN is refused too.
        possible = (self.probability >= 0) & (self.probability <= 1) & ((self.probability > 0) | ~self.reviewed)
        if not bool(np.all(possible)):
            raise ValueError("a probability is from 0 to 1, and that of a reviewed row above 0")

    def __len__(self) -> int:
        return len(self.matched)

    def unweighted(self) -> Self:
        """Returns the rows as if everything reviewed had been selected for sure: what not to do with a sample."""
        return replace(self, probability=np.ones(len(self)))
