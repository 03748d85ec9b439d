"""The sentences of a text as code-point ranges, for spans; sentencex does the splitting.

A very long text gives at most `MAX_SENTENCES` ranges: neighbours are joined.
"""

from __future__ import annotations

from collections.abc import Iterator

MAX_SENTENCES = 200
# The splitter takes quadratic time on a text of nothing but quotes, so it gets at most this many characters at once.
MAX_SPLIT = 5_000


def sentence_ranges(text: str, language: str) -> list[tuple[int, int]]:
    """The ranges of a text's sentences, in order, without surrounding white space.

    Args:
        text: Any text; ranges are in its code points, the end exclusive.
        language: ISO 639 code, for its abbreviations and marks.
    """
    ranges = [r for r in _boundaries(text, language) if r[0] < r[1]]
    step = -(-len(ranges) // MAX_SENTENCES) or 1
    groups = [ranges[i : i + step] for i in range(0, len(ranges), step)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _boundaries(text: str, language: str) -> list[tuple[int, int]]:
    from sentencex import get_sentence_boundaries

    return [
        _stripped(text, begin + sentence["start_index"], begin + sentence["end_index"])
        for begin, end in _runs(text)
        for sentence in get_sentence_boundaries(language, text[begin:end])
    ]


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """The range of the whole text or, if it is very long, of runs that end with a line, a sentence or a word."""
    begin = 0
    while len(text) - begin > MAX_SPLIT:
        found = ((mark, text.rfind(mark, begin, begin + MAX_SPLIT)) for mark in ("\n", ". ", " "))
        end = next((at + len(mark) for mark, at in found if at >= 0), begin + MAX_SPLIT)
        yield begin, end
        begin = end
    yield begin, len(text)


def _stripped(text: str, begin: int, end: int) -> tuple[int, int]:
    part = text[begin:end]
    return begin + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
