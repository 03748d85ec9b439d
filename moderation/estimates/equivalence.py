"""The threshold of ours that equals a threshold on another scale, such as Perspective's."""

import numpy as np

from moderation.estimates.rows import Floats


def threshold_of_equal_share(ours: Floats, theirs: Floats, threshold: float) -> float | None:
    """Returns our threshold that flags as many of the same texts as theirs; None if theirs flags none.

    Args:
        ours: Our scores of texts.
        theirs: The other scale's scores of the same texts, in the same order.
        threshold: On the other scale; a score of just that is flagged.
    """
    flagged = int((theirs >= threshold).sum())
    return float(np.sort(ours)[-flagged]) if flagged else None


def threshold_by_curve(inputs: Floats, outputs: Floats, threshold: float) -> float:
    """Returns our threshold that a calibration's curve maps to the other scale's.

    Args:
        inputs: The knots of the curve on our scale, increasing from 0 to 1.
        outputs: The knots on the other scale, increasing from 0 to 1.
        threshold: On the other scale, 0 to 1.
    """
    if not 0 <= threshold <= 1:
        raise ValueError("a threshold is from 0 to 1")
    return float(np.interp(threshold, outputs, inputs))
