"""The mode `guarantee`: the highest threshold that surely misses at most a share of what is harmful.

Learn then Test (Angelopoulos, Bates, Candès, Jordan, Lei 2021): each threshold has a p-value against "the missed share
is above the target"; thresholds are tested from the lowest on, and the first that fails ends it, so that the chance of
any false promise is at most δ. The p-value is one over the capital of a bettor (Waudby-Smith, Ramdas 2024): of harmful
reviewed rows each pays weight × (missed − target), whose mean is not below 0 under the hypothesis, and a mixture of
fixed stakes on less multiplies a capital whose mean stays 1. It holds for every sample size and all weights, as
neither a normal nor an effective sample is assumed, and does not depend on the rows' order.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from moderation.estimates.goals import FAR
from moderation.estimates.rows import Floats, Ints, Rows

DELTA = 0.05
# Stakes as parts of the largest that a single row cannot ruin.
STAKES = np.concatenate([np.geomspace(1e-3, 0.04, 10), np.linspace(0.05, 0.99, 20)])
TARGETS: list[float] = np.geomspace(1e-4, 0.999, 200).tolist()
# In how many steps the number of further decisions is sought.
GROWTHS = 400


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What is promised.

    Attributes:
        threshold: The score from which on to match; None if the decisions so far support no promise.
        upper: The missed share at that threshold is at most this, with probability 1 − δ.
        harmful: How many decisions found something harmful: only they count here.
        more: About how many more of those it would take; None if it is promised, or if more would not help.
    """

    threshold: float | None
    upper: float
    harmful: int
    more: int | None = None


def guarantee_threshold(
    rows: Rows, *, scores: Floats, thresholds: Floats, target: float, delta: float = DELTA
) -> Guarantee:
    """Returns the highest threshold whose missed share is at most `target`, at confidence 1 − `delta`.

    `thresholds` increase and are chosen without a look at the decisions; `rows.matched` is not read.
    """
    harmful = rows.reviewed & rows.harmful
    of_harmful, weights = scores[harmful], 1 / rows.probability[harmful]
    gains = log_gains(of_harmful, weights, thresholds, target)
    capital = _mixed(gains)
    passed = int(np.argmin(np.append(capital >= np.log(1 / delta), False)))
    if not passed:
        return Guarantee(None, 1.0, len(weights), _more(gains[:, :1], len(weights), delta))
    threshold = float(thresholds[passed - 1])
    return Guarantee(threshold, missed_share_upper(of_harmful, weights, threshold, delta=delta), len(weights))


def missed_share_upper(scores: Floats, weights: Floats, threshold: float, *, delta: float = DELTA) -> float:
    """Returns what the missed share at one threshold is at most, with probability 1 − `delta`."""
    at = np.array([threshold])

    def refuted(target: float) -> bool:
        return bool(log_capital(scores, weights, at, target)[0] >= np.log(1 / delta))

    # What refutes a share refutes every larger one.
    found = bisect_left(TARGETS, True, key=refuted)
    return TARGETS[found] if found < len(TARGETS) else 1.0


def log_capital(scores: Floats, weights: Floats, thresholds: Floats, target: float) -> Floats:
    """Returns, a threshold, the logarithm of the bettor's capital against "the missed share is above `target`"."""
    return _mixed(log_gains(scores, weights, thresholds, target))


def log_gains(scores: Floats, weights: Floats, thresholds: Floats, target: float) -> Floats:
    """Returns the same of each stake by itself, a row a stake; nothing is gained without a row."""
    if not len(weights):
        return np.zeros((len(STAKES), len(thresholds)))
    steps, count = np.searchsorted(thresholds, scores, side="right"), len(thresholds) + 1
    stakes = STAKES / (weights.max() * (1 - target))
    return np.array([_gain(steps, weights, count, target, stake) for stake in stakes])


def _mixed(gains: Floats) -> Floats:
    from scipy.special import logsumexp

    found: Floats = logsumexp(gains, axis=0) - np.log(len(STAKES))
    return found


def _gain(steps: Ints, weights: Floats, count: int, target: float, stake: float) -> Floats:
    """Returns the log capital of one stake at each threshold: rows below it are missed, the others caught."""
    missed = np.bincount(steps, weights=np.log1p(-stake * weights * (1 - target)), minlength=count).astype(np.float64)
    caught = np.bincount(steps, weights=np.log1p(stake * weights * target), minlength=count).astype(np.float64)
    return np.cumsum(missed)[:-1] + np.cumsum(caught[::-1])[::-1][1:]


def _more(gains: Floats, harmful: int, delta: float) -> int | None:
    """Returns how many more harmful rows it takes if they turn out as those so far; None if that does not help."""
    times = np.geomspace(1, FAR, GROWTHS)
    enough = _mixed(gains * times) >= np.log(1 / delta) if gains.size else np.zeros(GROWTHS, bool)
    return max(int(np.ceil(harmful * (times[int(np.argmax(enough))] - 1))), 1) if enough.any() else None
