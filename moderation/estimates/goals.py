"""Solves a goal such as "maximum recall @ precision >= 0.9" over all candidate thresholds.

Both the goal's bound and what it optimises are read at the unfavourable end of the 95 % interval, so that a threshold
is not chosen for its luck. If none will do, the answer says so, and about how many more decisions it would take.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moderation.estimates.intervals import LEVEL
from moderation.estimates.measures import ENOUGH, Column, Estimate, measures
from moderation.estimates.rows import Flags, Floats, Rows
from moderation.estimates.tables import tables_by_threshold

DIRECTIONS, RELATIONS = ("maximum", "minimum"), (">=", "<=")
GOAL_MEASURES = ("match_rate", "precision", "recall", "queue_per_day")
GRID, QUANTILES, DIGITS = 100, 200, 4
# More than this many times the decisions so far is no plan, but a sign that the goal is out of reach.
FAR = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a goal comes to.

    Attributes:
        threshold: The score from which on to match; None if the decisions so far support none.
        estimates: The measures at that threshold, or at the one that comes nearest; empty if there is no row.
        decisions: How many decisions there are.
        more: About how many more it would take; None if it is met, or if more of the same would not help.
    """

    threshold: float | None
    estimates: Mapping[str, Estimate]
    decisions: int
    more: int | None = None


def candidate_thresholds(scores: Floats) -> Floats:
    """Returns thresholds worth trying, increasing: hundredths, and quantiles of the scores in four digits."""
    tails = 1 - np.geomspace(1, 1e-5, QUANTILES)
    found = np.quantile(scores, tails) if len(scores) else np.array([])
    return np.unique(np.concatenate([np.arange(1, GRID) / GRID, np.round(found, DIGITS)]))


def goal_solve(
    rows: Rows,
    *,
    scores: Floats,
    days: float,
    direction: str,
    metric: str,
    bound_metric: str,
    relation: str,
    bound: float,
) -> Answer:
    """Returns the threshold that best fits the goal; `rows.matched` is not read.

    Raises:
        ValueError: If a word of the goal is unknown.
    """
    _check(direction, metric, bound_metric, relation)
    thresholds = candidate_thresholds(scores)
    columns = measures(tables_by_threshold(rows, scores=scores, thresholds=thresholds), days=days)
    bounded, decisions = columns[bound_metric], int(rows.reviewed.sum())
    fits = _enough(columns[metric]) & _enough(bounded) & _within(bounded, relation, bound)
    if not fits.any():
        more, nearest = _more(bounded, relation, bound, decisions)
        return Answer(None, _at(columns, nearest), decisions, more)
    best = _best(columns[metric], direction, fits)
    return Answer(float(thresholds[best]), _at(columns, best), decisions)


def _check(direction: str, metric: str, bound_metric: str, relation: str) -> None:
    known = (
        (direction, DIRECTIONS), (metric, GOAL_MEASURES), (bound_metric, GOAL_MEASURES), (relation, RELATIONS),
    )  # fmt: skip
    for word, words in known:
        if word not in words:
            raise ValueError(f"{word!r} is none of {', '.join(words)}")


def _enough(column: Column) -> Flags:
    return column.effective >= ENOUGH


def _within(column: Column, relation: str, bound: float) -> Flags:
    return column.low >= bound if relation == ">=" else column.high <= bound


def _best(column: Column, direction: str, fits: Flags) -> int:
    """Returns the index of the best among those that fit; of equals the highest threshold."""
    worth = column.low if direction == "maximum" else -column.high
    worth = np.where(fits, worth, -np.inf)
    return len(worth) - 1 - int(np.argmax(worth[::-1]))


def _more(column: Column, relation: str, bound: float, decisions: int) -> tuple[int | None, int]:
    """Returns about how many more decisions meet the bound, and at which threshold; None if no estimate is beyond it.

    Wilson's interval of n rows leaves a bound b out where n (p − b)² > z² b (1 − b).
    """
    from scipy.special import ndtri

    distance = column.value - bound if relation == ">=" else bound - column.value
    beyond = (distance > 0) & (column.effective > 0)
    spread = max(bound * (1 - bound), 1e-4)
    needed = np.maximum(ndtri((1 + LEVEL) / 2) ** 2 * spread / np.where(beyond, distance, 1) ** 2, ENOUGH)
    times = np.where(beyond, needed / np.where(beyond, column.effective, 1), np.inf)
    nearest = int(np.argmin(times))
    if not times[nearest] < FAR:
        return None, int(np.nanargmax(np.where(np.isnan(distance), -np.inf, distance)))
    return max(int(np.ceil(decisions * (times[nearest] - 1))), 1), nearest


def _at(columns: Mapping[str, Column], index: int) -> dict[str, Estimate]:
    return {name: column[index] for name, column in columns.items()}
