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
