"""Joins letters written apart (`i d i o t`, `s.h.i.t`) to the words they spell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from moderation.scoring.text.confusables import FIGURES, latin
from moderation.scoring.text.offset_mapped import Edit
from moderation.scoring.text.words import word_lists

MAX_WORD = 20
# Three or more single letters with the same gap between them.
_ONE = r"(?:[^\W_]|[$@!])(?![^\W_])"
SPACED = re.compile(rf"(?<![^\W_]){_ONE}(?P<gap>[ .\-_*·,/|~+]{{1,4}}){_ONE}(?:(?P=gap){_ONE})+")
SPLIT = re.compile(r"[^\W_]|[$@!]")
# The cost of a letter that belongs to no word, higher than that of the rarest word; `a` and `i` are words.
LONE = 14.0
ONE_LETTER_WORDS = {"a": 3.0, "i": 3.0}


def despace(text: str) -> Iterator[Edit]:
    """Edits that close the gaps inside each word written letter by letter."""
    for found in SPACED.finditer(text):
        yield from _closed(found.start(), found[0])


def _closed(offset: int, run: str) -> Iterator[Edit]:
    places = [match.start() for match in SPLIT.finditer(run)]
    letters = [_letter(run[at]) for at in places]
    if not any("a" <= run[at].lower() <= "z" for at in places):
        return
    words = [(begin, end) for begin, end in _words(letters) if end - begin > 1]
    if not any(word_lists.hidden("".join(letters[begin:end])) for begin, end in words):
        return
    for begin, end in words:
        yield offset + places[begin], offset + places[end - 1] + 1, "".join(letters[begin:end])


def _letter(sign: str) -> str:
    return (FIGURES.get(sign) or latin(sign) or sign.lower())[0]


def _words(letters: list[str]) -> list[tuple[int, int]]:
    """The likeliest segmentation of letters into words, as ranges; ranks stand for frequencies (Zipf's law)."""
    cost, back = [0.0], [0]
    ranks = word_lists.known()
    row = "".join(letters)
    for end in range(1, len(row) + 1):
        ways = [(cost[end - 1] + ONE_LETTER_WORDS.get(row[end - 1], LONE), end - 1)]
        for begin in range(max(0, end - MAX_WORD), end - 1):
            if (rank := ranks.get(row[begin:end])) is not None:
                ways.append((cost[begin] + math.log(rank + 10), begin))
        best = min(ways)
        cost.append(best[0])
        back.append(best[1])
    return _ranges(back)


def _ranges(back: list[int]) -> list[tuple[int, int]]:
    ranges, end = [], len(back) - 1
    while end > 0:
        ranges.append((back[end], end))
        end = back[end]
    return ranges[::-1]
