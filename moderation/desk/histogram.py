"""The histogram of pending comments by a score, as the numbers that a page draws in SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.services.review.score_range import Bin

WIDTH, HEIGHT = 1000, 180
GAP = 4
LEAST = 3.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place and size in a drawing of `WIDTH` × `HEIGHT`, and the range of scores it stands for."""

    x: float
    y: float
    width: float
    height: float
    lower: float
    upper: float
    count: int
    chosen: bool

    @property
    def middle(self) -> float:
        """Returns the middle of the column, for its count."""
        return round(self.x + self.width / 2, 1)

    @property
    def above(self) -> float:
        """Returns the height of the line of text above the column."""
        return round(self.y - GAP, 1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A number of the axis below the columns, and its place."""

    x: float
    value: float


TICKS = tuple(Tick(WIDTH * at / 5, at / 5) for at in range(6))


def columns(bins: Sequence[Bin], *, lower: float | None, upper: float | None) -> list[Column]:
    """Returns the columns of a histogram; those inside the range from `lower` to `upper` are chosen.

    Heights are as the counts, but for the few: a column of one is seen beside one of ten thousand.
    """
    most = max((one.count for one in bins), default=0) or 1
    step = WIDTH / max(1, len(bins))
    return [_column(one, at * step, step, most, lower, upper) for at, one in enumerate(bins)]


def _column(one: Bin, x: float, step: float, most: int, lower: float | None, upper: float | None) -> Column:
    height = max(LEAST, HEIGHT * one.count / most) if one.count else 0.0
    chosen = lower is not None and upper is not None and lower < one.upper and one.lower < upper
    return Column(
        x=round(x + GAP / 2, 1),
        y=round(HEIGHT - height, 1),
        width=round(step - GAP, 1),
        height=round(height, 1),
        lower=one.lower,
        upper=one.upper,
        count=one.count,
        chosen=chosen,
    )
