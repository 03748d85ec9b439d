"""Long text as overlapping windows, and one score out of several: pure rules, no library of the engine.

A text is never cut. Up to `size` tokens it is one window; beyond, windows of exactly `size` tokens, each sharing
`overlap` tokens with the one before. The last one is moved back so that it is full as well: a stump of a few words
would be judged without its context.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

# Qualities of a text as a whole: a rambling sentence does not make an essay incoherent, so windows are averaged.
AVERAGED = frozenset({"perspective_incoherent", "perspective_unsubstantial"})
# Every other output is about something that one place is enough for: the highest window counts. Yet among many windows
# some are high by chance, in toxicity and obscenity most of all: there a window's odds are lowered by the share of
# windows that are as high, to this power. Measured on long texts of real harmless comments, with and without an insult
# (docs/explanation/scoring.md). Perspective's TOXICITY falls faster the longer a comment is.
POWERS = {"toxicity": 0.1, "obscene": 0.1, "perspective_toxicity": 0.5, "perspective_profanity": 0.1}
# Probabilities nearer to 0 or 1 have no odds to reckon with.
NEAREST = 1e-6
# No prose has more pieces of one or two signs in a row; a text of nothing else costs next to nothing then.
MAX_SLIGHT = 16


def starts(length: int, size: int, overlap: int) -> list[int]:
    """Where the windows of a text of `length` tokens begin.

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
    """Token ids with every run of more than `MAX_SLIGHT` slight ones shortened to so many.

    Args:
        ids: Of a text that takes more than one window.
        slight: Ids of marks and of crumbs of words.
    """
    kept: list[int] = []
    run = 0
    for one in ids:
        run = run + 1 if one in slight else 0
        if run <= MAX_SLIGHT:
            kept.append(one)
    return kept


def combine(rows: NDArray[float32], outputs: Sequence[str]) -> list[float]:
    """One value an output from the rows of a text's windows.

    For `AVERAGED` the mean. For any other the largest of: the k-th highest window's odds times (k / windows) ** power,
    for every k, the power by `POWERS`, else 0. So one window alone counts by less the more windows there are, and what
    most windows say counts whole.

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
