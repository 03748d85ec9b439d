"""Krippendorff's alpha of any number of judges, each of whom judged some of the units.

Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011). Written here because the known package for it has a
licence that this project cannot take. The interval is a bootstrap over units, which kept its level in Zapf and others,
"Measuring inter-rater reliability for nominal data" (2016).
"""

from typing import Literal

import numpy as np

from moderation.estimates.agreement.cohen import LEVEL, Agreement
from moderation.estimates.rows import Floats

DRAWS = 1_000
# A unit that fewer judged says nothing about agreement.
JUDGES = 2
Metric = Literal["nominal", "interval"]


def alpha(
    values: Floats, *, metric: Metric = "nominal", level: float = LEVEL, draws: int = DRAWS, seed: int = 0
) -> Agreement:
    """Returns the alpha of a units × judges array, NaN where a judge did not judge a unit.

    `metric` says how far two values differ: at all, or by the square of their distance. The same `seed` gives the same
    interval. Raises ValueError for an array that has not two dimensions.
    """
    if values.ndim != 2:  # noqa: PLR2004 - units and judges
        raise ValueError("The values are an array of units and judges.")
    codes = np.unique(values[~np.isnan(values)])
    counts = (values[:, :, None] == codes).sum(axis=1).astype(float)
    counts = counts[counts.sum(axis=1) >= JUDGES]
    units = len(counts)
    apart = _distances(codes, metric)
    observed = _observed(counts, apart)
    value = _alpha(np.ones(units), counts, observed, apart)
    if not np.isfinite(value):
        return Agreement(None, None, None, units)
    low, high = _interval(counts, observed, apart, level=level, draws=draws, seed=seed)
    return Agreement(value, low, high, units)


def _distances(codes: Floats, metric: Metric) -> Floats:
    apart: Floats = np.subtract.outer(codes, codes)
    return (apart != 0).astype(float) if metric == "nominal" else apart**2


def _observed(counts: Floats, apart: Floats) -> Floats:
    """Returns each unit's part of the observed disagreement: its pairs of judges, by how far they are apart."""
    pairs = np.einsum("uc,ck,uk->u", counts, apart, counts)
    return np.asarray(pairs / np.maximum(counts.sum(axis=1) - 1, 1))


def _alpha(weights: Floats, counts: Floats, observed: Floats, apart: Floats) -> float:
    """Returns alpha with each unit taken `weights` times; NaN if no two values differ."""
    totals = weights @ counts
    expected = totals @ apart @ totals / max(totals.sum() - 1, 1)
    return float(1 - (weights @ observed) / expected) if expected > 0 else float("nan")


def _interval(
    counts: Floats, observed: Floats, apart: Floats, *, level: float, draws: int, seed: int
) -> tuple[float | None, float | None]:
    """Returns the ends within which the alphas of `level` of the drawn samples lie.

    A sample in which no two values differ cannot tell, and is left out; None if more than a twentieth are such.
    """
    units, draw = len(counts), np.random.default_rng(seed)
    even = np.full(units, 1 / units)
    found = np.array(
        [_alpha(draw.multinomial(units, even).astype(float), counts, observed, apart) for _ in range(draws)]
    )
    found = found[np.isfinite(found)]
    if len(found) < 0.95 * draws or units < JUDGES:
        return None, None
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
