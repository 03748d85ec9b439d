"""Splits long text into overlapping windows, and combines their scores. Pure rules, independent of the engine.

A text is never truncated. Up to `size` tokens it is one window; beyond, it is windows of exactly `size` tokens, each
sharing `overlap` tokens with the one before. The last one is moved back so that it is full too: a remainder of a few
words would be judged without its context.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

# Qualities of a whole text, averaged over its windows: one rambling sentence does not make an essay incoherent.
AVERAGED = frozenset({"perspective_incoherent", "perspective_unsubstantial"})
# For every other output a single passage is enough, so the highest window counts. But among many windows some are high
# by chance, above all in toxicity and obscenity: there a window's odds are multiplied by the share of windows that are
# as high, to this power. Measured on long texts made of real harmless comments, with and without an insult
# (docs/explanation/scoring.md). Perspective's TOXICITY falls faster as a comment gets longer.
POWERS = {"toxicity": 0.1, "obscene": 0.1, "perspective_toxicity": 0.5, "perspective_profanity": 0.1}
# Probabilities are clipped this far from 0 and 1 to keep odds finite.
NEAREST = 1e-6
# Prose has no longer runs of slight pieces; shortening them makes a text of nothing else cheap.
MAX_SLIGHT = 16


def starts(length: int, size: int, overlap: int) -> list[int]:
    """The start of each window of a text of `length` tokens.

    Args:
        length: Tokens in the text.
        size: Tokens in a window, more than `overlap`.
        overlap: Tokens shared by neighbours.
    """
    if length <= size:
        return [0]
    last = length - size
    return [*range(0, last, size - overlap), last]


def split(ids: Sequence[int], size: int, overlap: int) -> list[tuple[int, ...]]:
    """The windows of a text's token ids, in order; one, perhaps empty, for a text that fits."""
    return [tuple(ids[begin : begin + size]) for begin in starts(len(ids), size, overlap)]


def condensed(ids: Sequence[int], slight: Container[int]) -> Sequence[int]:
    """Token ids with every run of slight ones shortened to at most `MAX_SLIGHT`.

    Args:
        ids: Of a text that takes more than one window.
        slight: The slight ids, as in `Tokens.slight`.
    """
    kept: list[int] = []
    run = 0
    for one in ids:
        run = run + 1 if one in slight else 0
        if run <= MAX_SLIGHT:
            kept.append(one)
    return kept


def combine(rows: NDArray[float32], outputs: Sequence[str]) -> list[float]:
    """One value per output from the rows of a text's windows.

    For `AVERAGED`, the mean. For any other output, the maximum over k of the k-th highest window's odds times
    (k / windows) ** power, with the power from `POWERS`, else 0. So a single high window counts less the more windows
    there are, and what most windows say counts fully.

    Args:
        rows: Windows × outputs, probabilities.
        outputs: Names, in the order of the columns.
    """
    if len(rows) == 1:
        return [float(value) for value in rows[0]]
    import numpy

    highest = numpy.sort(rows.astype(numpy.float64), axis=0)[::-1].clip(NEAREST, 1 - NEAREST)
    share = numpy.log(numpy.arange(1, len(rows) + 1) / len(rows))[:, None]
    powers = numpy.array([POWERS.get(name, 0.0) for name in outputs])
    odds = (numpy.log(highest / (1 - highest)) + share * powers).max(axis=0)
    found, mean = 1 / (1 + numpy.exp(-odds)), rows.mean(axis=0)
    return [float(mean[i] if name in AVERAGED else found[i]) for i, name in enumerate(outputs)]
