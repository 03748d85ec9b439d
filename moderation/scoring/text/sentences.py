"""Sentences of a text as code-point ranges, for spans; splitting is sentencex's.

Rather than thousands of crumbs, a very long text gives at most `MAX_SENTENCES` ranges: neighbours are joined.
"""

from __future__ import annotations

MAX_SENTENCES = 200


def sentence_ranges(text: str, language: str) -> list[tuple[int, int]]:
    """Where the sentences of a text are, in order, without the white space around them.

    Args:
        text: Any text; ranges are in its code points, the end not included.
        language: ISO 639 code, for its abbreviations and marks.
    """
    ranges = [r for r in _boundaries(text, language) if r[0] < r[1]]
    step = -(-len(ranges) // MAX_SENTENCES) or 1
    groups = [ranges[i : i + step] for i in range(0, len(ranges), step)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _boundaries(text: str, language: str) -> list[tuple[int, int]]:
    from sentencex import get_sentence_boundaries

    found = get_sentence_boundaries(language, text)
    return [_stripped(text, sentence["start_index"], sentence["end_index"]) for sentence in found]


def _stripped(text: str, begin: int, end: int) -> tuple[int, int]:
    part = text[begin:end]
    return begin + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
