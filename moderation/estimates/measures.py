"""What a policy costs: precision, recall and the like, each with its interval and effective sample."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from moderation.estimates.intervals import LEVEL, Sums, effective_sample, share, share_interval
from moderation.estimates.outcomes import tables_by_group
from moderation.estimates.rows import Floats, Ints, Rows
from moderation.estimates.tables import Tables

# With a smaller effective sample an estimate is not shown.
ENOUGH = 30


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure with its 95 % interval; `effective` is how many equally weighted rows would tell as much."""

    value: float
    low: float
    high: float
    effective: float

    @property
    def enough(self) -> bool:
        """Whether there is enough data to show it."""
        return self.effective >= ENOUGH

    def as_json(self) -> dict[str, Any]:
        """Returns the figure as the API shows it; without enough data its values are None."""
        figures = {"value": self.value, "low": self.low, "high": self.high}
        shown = figures if self.enough else dict.fromkeys(figures)
        return {"enough": self.enough, "effective": round(self.effective, 1), **shown}


@dataclass(frozen=True, slots=True)
class Column:
    """One measure of many groups or thresholds; arrays of equal length, NaN where there is no row."""

    value: Floats
    low: Floats
    high: Floats
    effective: Floats

    def __getitem__(self, at: int) -> Estimate:
        return Estimate(*(float(column[at]) for column in (self.value, self.low, self.high, self.effective)))


def precision(tables: Tables) -> Column:
    """Of what matches, the share that is harmful."""
    return _column(tables.hits, tables.false_alarms)


def recall(tables: Tables) -> Column:
    """Of what is harmful, the share that matches."""
    return _column(tables.hits, tables.misses)


def missed_share(tables: Tables) -> Column:
    """Of what is harmful, the share that does not match."""
    return _column(tables.misses, tables.hits)


def false_alarm_share(tables: Tables) -> Column:
    """Of what is harmless, the share that matches."""
    return _column(tables.false_alarms, tables.passes)


def match_rate(tables: Tables) -> Column:
    """Of all rows, the share that matches. No decision is needed: the interval is Wilson's, over all rows."""
    from statsmodels.stats.proportion import proportion_confint

    rows = np.maximum(tables.rows, 1)
    low, high = proportion_confint(tables.matched, rows, alpha=1 - LEVEL, method="wilson")
    return Column(tables.matched / rows, np.asarray(low), np.asarray(high), tables.rows.astype(float))


def queue_per_day(tables: Tables, days: float) -> Column:
    """What matches in a day, over `days` days; the interval is that of a Poisson count, which a busy day leaves."""
    from statsmodels.stats.rates import confint_poisson

    low, high = confint_poisson(tables.matched, days, method="exact-c", alpha=1 - LEVEL)
    return Column(tables.matched / days, np.nan_to_num(low), np.asarray(high), tables.rows.astype(float))


MEASURES = ("precision", "recall", "missed_share", "false_alarm_share", "match_rate", "queue_per_day")


def measures(tables: Tables, *, days: float) -> Mapping[str, Column]:
    """Returns every measure by its name; `days` is how long the rows took to come in, above 0."""
    if not days > 0:
        raise ValueError("days is above 0")
    of_tables = (precision, recall, missed_share, false_alarm_share, match_rate)
    return {**{of.__name__: of(tables) for of in of_tables}, "queue_per_day": queue_per_day(tables, days)}


def estimates(rows: Rows, *, days: float, groups: Ints | None = None, count: int = 1) -> list[dict[str, Estimate]]:
    """Returns for each group its estimates by name; see `tables_by_group` for the groups."""
    columns = measures(tables_by_group(rows, groups=groups, count=count), days=days)
    return [dict(_of_group(columns, group)) for group in range(count)]


def _of_group(columns: Mapping[str, Column], group: int) -> Iterator[tuple[str, Estimate]]:
    for name, column in columns.items():
        yield name, column[group]


def _column(a: Sums, b: Sums) -> Column:
    return Column(share(a, b), *share_interval(a, b), effective_sample(a, b))
