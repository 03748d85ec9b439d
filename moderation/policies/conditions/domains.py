"""Sets of values that a condition leaves a variable: checks find out with them which rules can never match."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high`; an open end is not in it."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    @property
    def empty(self) -> bool:
        """Whether no number is in it."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def meet(self, other: "Domain") -> "Domain":
        """Returns what is in both."""
        if not isinstance(other, Interval):
            return NOTHING
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, high_closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not high_closed)

    def within(self, other: "Domain") -> bool:
        """Returns whether all of it is in `other`."""
        return isinstance(other, Interval) and self.meet(other) == self


@dataclass(frozen=True, slots=True)
class Values:
    """Single values; if `excluded`, all but these."""

    values: frozenset[Any]
    excluded: bool = False

    @property
    def empty(self) -> bool:
        """Whether no value is in it."""
        return not self.values and not self.excluded

    def meet(self, other: "Domain") -> "Domain":
        """Returns what is in both."""
        if not isinstance(other, Values):
            return NOTHING
        if self.excluded and other.excluded:
            return Values(self.values | other.values, excluded=True)
        if self.excluded:
            return Values(other.values - self.values)
        return Values(self.values - other.values if other.excluded else self.values & other.values)

    def within(self, other: "Domain") -> bool:
        """Returns whether all of it is in `other`."""
        return isinstance(other, Values) and self.meet(other) == self


Domain = Interval | Values
NOTHING = Values(frozenset())


def counted(low: float | None, high: float | None, *, wanted: bool) -> tuple[Interval, ...]:
    """Returns the whole numbers from 0 in the range, or, if not `wanted`, those outside: as one or two intervals."""
    least, most = math.ceil(low or 0), math.inf if high is None else math.floor(high)
    if wanted:
        return (Interval(max(0, least), most),)
    below = Interval(0, least - 1)
    return (below,) if high is None else (below, Interval(most + 1, math.inf))


def measured(
    low: float | None, high: float | None, *, wanted: bool, least: float = 0.0, most: float = math.inf
) -> tuple[Interval, ...]:
    """Returns the numbers from `least` to `most` in the range, or, if not `wanted`, those outside."""
    begin, end = (least if low is None else low), (most if high is None else high)
    if wanted:
        return (Interval(max(least, begin), min(most, end)),)
    return (Interval(least, begin, high_open=True), Interval(end, most, low_open=True))
