"""Intervals of a weighted share: Clopper and Pearson's, with each side's own effective count.

A share is a ÷ (a + b) of two weighted sums over different rows. Each sum is taken as a scaled gamma variable, as Fay
and Feuer (1997) do for one weighted rate: `total² ÷ squares` is its effective count, `squares ÷ total` the weight
of one.
The ratio of two gammas of different scales is a beta variable transformed monotonically, so that both ends are
quantiles of a beta distribution. With equal weights these are Clopper and Pearson's limits.
"""

from dataclasses import dataclass

import numpy as np

from moderation.estimates.rows import Floats

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Sums:
    """Weighted sums, one an element.

    Attributes:
        total: Of the weights.
        squares: Of the weights' squares.
        heaviest: The largest weight that a row has in which more could have been found: one more would weigh that.
        usual: The mean weight that the draw gives these rows; beyond measure if too many of them could not be drawn.
    """

    total: Floats
    squares: Floats
    heaviest: Floats
    usual: Floats

    @property
    def unit(self) -> Floats:
        """The effective weight of one row."""
        return np.where(self.total > 0, self.squares / np.where(self.total > 0, self.total, 1), self.heaviest)

    @property
    def count(self) -> Floats:
        """The effective number of rows."""
        return self.total / self.unit

    @property
    def unit_by_design(self) -> Floats:
        """The weight of one row, not below what the draw would have it be: luck must not pass for knowledge."""
        return np.maximum(self.unit, self.usual)


def share(a: Sums, b: Sums) -> Floats:
    """Returns a ÷ (a + b), the Hájek estimate; NaN where both are 0."""
    whole = a.total + b.total
    return np.where(whole > 0, a.total / np.where(whole > 0, whole, 1), np.nan)


def share_interval(a: Sums, b: Sums, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Returns both ends of the interval of a ÷ (a + b); 0 to 1 where nothing was found."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = _scaled(betaincinv(_positive(a.count), b.count + 1, tail), a, b)
    high = _scaled(betaincinv(a.count + 1, _positive(b.count), 1 - tail), a, b)
    return np.where(a.total > 0, low, 0.0), np.where(b.total > 0, high, 1.0)


def effective_sample(a: Sums, b: Sums, *, level: float = LEVEL) -> Floats:
    """Returns how many equally weighted rows would tell as much of the share.

    The smallest of three: at the estimate and at both ends of its interval. The estimate alone would seem well founded
    just where luck left the heavy rows out.
    """
    low, high = share_interval(a, b, level=level)
    found = [np.where((a.total > 0) & (b.total > 0), _effective(share(a, b), a, b), np.inf)]
    found += [np.where(a.total > 0, _effective_with(low, a, b), np.inf)]
    found += [np.where(b.total > 0, _effective_with(1 - high, b, a), np.inf)]
    smallest = np.minimum.reduce(found)
    return np.where(np.isfinite(smallest), smallest, 0.0)


def _positive(count: Floats) -> Floats:
    return np.where(count > 0, count, 1.0)


def _scaled(part: Floats, a: Sums, b: Sums) -> Floats:
    """Returns the share of weights for a share of effective counts."""
    weight_a, weight_b = part * a.unit, (1 - part) * b.unit
    return weight_a / (weight_a + weight_b)


def _effective(value: Floats, a: Sums, b: Sums) -> Floats:
    """Returns p(1−p) over the linearised variance; the rows' total weight is as found."""
    whole = a.total + b.total
    spread = (1 - value) * a.unit_by_design + value * b.unit_by_design
    return whole / np.where(spread > 0, spread, 1)


def _effective_with(value: Floats, known: Sums, other: Sums) -> Floats:
    """The same if `known` is as found and the other side such that the share of `known` is `value`."""
    whole = known.total / np.where(value > 0, value, 1)
    spread = (1 - value) * known.unit_by_design + value * other.unit_by_design
    return np.where(value > 0, whole / spread, 0.0)
