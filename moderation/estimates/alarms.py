"""Whether a rule matches more or less than its own history says."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from moderation.estimates.intervals import Sums, share_interval
from moderation.estimates.rows import Floats, Ints

HALF_LIFE = 14.0
ALARM_LEVEL = 0.001
# The history's interval, against which today is tested; its own spread from day to day is in it.
HISTORY_LEVEL = 0.95
ENOUGH_ROWS, ENOUGH_DAYS = 30, 7


class AlarmState(StrEnum):
    """What a rule's share does. `NOT_ENOUGH` is neither calm nor alarm: nobody can tell."""

    NOT_ENOUGH = "not_enough"
    USUAL = "usual"
    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rule's share today against its history.

    Attributes:
        state: Whether it left its history.
        share: Of today's comments; NaN if there is none.
        low, high: What the weighted history leaves open; NaN without history.
        p: The exact binomial p-value against the nearer of these two; 1 between them.
    """

    state: AlarmState
    share: float
    low: float
    high: float
    p: float


def rule_alarm(*, hits: int, rows: int, past_hits: Ints, past_rows: Ints, level: float = ALARM_LEVEL) -> Alarm:
    """Returns whether a rule's share of one day leaves its own history.

    Args:
        hits: Comments that the rule matched that day.
        rows: All comments that were judged that day.
        past_hits, past_rows: The same of each day before, oldest first. A day counts half as much as one
            `HALF_LIFE` days later.
        level: The p-value below which it is an alarm.
    """
    from scipy.stats import binomtest

    if rows < ENOUGH_ROWS or int((past_rows > 0).sum()) < ENOUGH_DAYS or past_rows.sum() < ENOUGH_ROWS:
        return Alarm(AlarmState.NOT_ENOUGH, hits / rows if rows else float("nan"), float("nan"), float("nan"), 1.0)
    low, high = _history(past_hits.astype(float), past_rows.astype(float))
    today = hits / rows
    if low <= today <= high:
        return Alarm(AlarmState.USUAL, today, low, high, 1.0)
    against, alternative = (high, "greater") if today > high else (low, "less")
    p = float(binomtest(hits, rows, against, alternative=alternative).pvalue)
    state = AlarmState.USUAL if p >= level else AlarmState.HIGH if today > high else AlarmState.LOW
    return Alarm(state, today, low, high, p)


def _history(hits: Floats, rows: Floats) -> tuple[float, float]:
    """Returns the interval of the past share; wider where days differ more than chance would have them."""
    weights = 0.5 ** (np.arange(len(rows))[::-1] / HALF_LIFE)
    spread = _dispersion(hits, rows, weights)
    a, b = (_sums(part, weights, spread) for part in (hits, rows - hits))
    low, high = share_interval(a, b, level=HISTORY_LEVEL)
    return float(low[0]), float(high[0])


def _sums(counts: Floats, weights: Floats, spread: float) -> Sums:
    squares = (counts * weights**2).sum() * spread
    one = np.array([spread])
    return Sums(np.array([(counts * weights).sum()]), np.array([squares]), heaviest=one, usual=one)


def _dispersion(hits: Floats, rows: Floats, weights: Floats) -> float:
    """Returns Pearson's dispersion: 1 for days that differ by chance alone, never below."""
    p = float((weights * hits).sum() / (weights * rows).sum())
    judged = rows > 0
    if p in {0, 1}:
        return 1.0
    residuals = (hits[judged] - rows[judged] * p) ** 2 / (rows[judged] * p * (1 - p))
    return max(float(residuals.sum() / (judged.sum() - 1)), 1.0)
