"""Annotated spans of a text: runs of characters, each with the share of annotators who marked it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from moderation.training.examples import Marked


def runs(shares: Iterable[float]) -> Iterator[tuple[int, int, float]]:
    """Begin, end and value of each run of equal values above 0."""
    for share, places in groupby(enumerate(shares), key=lambda pair: pair[1]):
        if share:
            span = [place for place, _ in places]
            yield span[0], span[-1] + 1, share


def mean_annotations(one: Marked, other: Marked) -> Marked:
    """The mean of two annotations of the same text."""
    length = max((end for _, end, _ in (*one, *other)), default=0)
    pairs = zip(_by_character(one, length), _by_character(other, length), strict=True)
    return tuple(runs((first + second) / 2 for first, second in pairs))


def _by_character(marks: Marked, length: int) -> list[float]:
    shares = [0.0] * length
    for begin, end, share in marks:
        shares[begin:end] = [max(share, known) for known in shares[begin:end]]
    return shares
