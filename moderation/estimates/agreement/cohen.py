"""Cohen's kappa of two judges, with its interval (Fleiss, Cohen and Everitt 1969, as statsmodels has it)."""

import warnings
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from moderation.estimates.rows import Ints

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient with the ends of its interval: 1 is full agreement, 0 that of chance. `units` were judged twice.

    The ends are None where there is too little to tell; the coefficient too, if every judgement was the same.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int


def kappa(first: Ints, second: Ints, *, level: float = LEVEL) -> Agreement:
    """Returns the kappa of two judges, who gave unit i the codes `first[i]` and `second[i]`.

    Raises ValueError unless both judged the same number of units.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    if first.shape != second.shape or first.ndim != 1:
        raise ValueError("Both judges judge the same units.")
    codes, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    count = len(first)
    if len(codes) < 2:  # noqa: PLR2004 - with one code nothing could differ
        return Agreement(None, None, None, count)
    table = np.zeros((len(codes), len(codes)))
    np.add.at(table, (places[:count], places[count:]), 1)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        found = cohens_kappa(table)
    reach = NormalDist().inv_cdf((1 + level) / 2) * float(found.std_kappa)
    ends = (_number(found.kappa - reach), _number(found.kappa + reach)) if reach > 0 else (None, None)
    return Agreement(_number(found.kappa), *ends, count)


def _number(value: float) -> float | None:
    return min(1.0, max(-1.0, float(value))) if np.isfinite(value) else None
