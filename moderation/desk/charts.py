"""Columns a day, as the numbers that a page draws in SVG; the table beneath them has the same numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WIDTH, HEIGHT = 1000, 120
GAP = 1.0


@dataclass(frozen=True, slots=True)
class DayColumn:
    """A day's column: its place and size in a drawing of `WIDTH` × `HEIGHT`; `value` is None if there is none."""

    day: date
    x: float
    y: float
    width: float
    height: float
    value: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A column a day, as high as its value; `most` is the value of the highest."""

    columns: list[DayColumn]
    most: float


def day_chart(rows: Iterable[dict[str, Any]], column: str, *, start: date, end: date) -> Chart:
    """Returns the chart of one column of a report by day; days without a row are empty."""
    values = {row["day"]: row[column] for row in rows}
    days = [start + timedelta(days=at) for at in range((end - start).days + 1)]
    most = max((value for value in values.values() if value is not None), default=0)
    return Chart(_columns(days, values, most or 1), most)


def _columns(days: Sequence[date], values: dict[date, Any], most: float) -> list[DayColumn]:
    step = WIDTH / len(days)
    found = []
    for at, day in enumerate(days):
        value = values.get(day)
        height = round(HEIGHT * (value or 0) / most, 1)
        width = round(max(0.5, step - GAP), 2)
        found.append(DayColumn(day, round(at * step, 2), round(HEIGHT - height, 1), width, height, value))
    return found
