"""How the audit is drawn: which share of each stratum of scores, so that the missed share comes out narrowest.

Neyman's allocation (1934): of a stratum in proportion to its standard deviation, here √(p (1 − p)) of the expected
share of harmful comments p; never below a floor, so that no stratum is out of sight; in all the budget of a
uniform draw.
"""

import numpy as np

from moderation.estimates.rows import Floats

# A stratum in which nothing harmful is expected still counts as one in so many.
RARE = 1e-4


def audit_shares(counts: Floats, harmful: Floats, *, share: float, floor: float) -> Floats:
    """Returns the share of each stratum to draw.

    Args:
        counts: How many comments pass in each stratum.
        harmful: The expected share of harmful ones among them, 0 to 1.
        share: The share of all that pass to draw: the budget, 0 to 1.
        floor: The least share of any stratum, 0 to `share`.
    """
    if not 0 <= floor <= share <= 1:
        raise ValueError("floor and share are in order between 0 and 1")
    expected = np.clip(harmful, RARE, 1 - RARE)
    deviations = np.sqrt(expected * (1 - expected))
    if share in {0, 1} or not counts.sum():
        return np.full(len(counts), float(share))
    budget = share * counts.sum()

    def beyond(scale: float) -> float:
        return float((counts * np.clip(scale * deviations, floor, 1)).sum() - budget)

    from scipy.optimize import brentq

    scale = brentq(beyond, 0.0, 1 / deviations.min(), xtol=1e-12)
    return np.asarray(np.clip(scale * deviations, floor, 1))
