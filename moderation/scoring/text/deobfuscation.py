"""Deobfuscates one word: stretched (`stuuupid`), in leetspeak (`1d10t`), masked (`f*ck`, `s***`), broken (`fu-ck`).

Candidates are looked up in `word_lists`: if several readings are words, abuse comes first, then frequency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from moderation.scoring.text.confusables import FIGURES, latin
from moderation.scoring.text.words import word_lists

# What makes a word a candidate: a letter three times in a row, or digits and marks next to letters.
# Marks come first in the pattern, because searching for them is four times as fast as searching for letters.
_LETTER = r"[^\W\d_]"
_MARK = r"[*#@$!|+%€£¢^_.\-\d~]"
SIGN = re.compile(
    rf"(?P<same>\w)(?P=same){{2}}|{_MARK}(?:(?<={_LETTER}.){_MARK}*{_LETTER}|(?<=[@$*#!|]){_LETTER}"
    rf"|(?<={_LETTER}[@$*#%+])(?!\w)|(?<=\d){_LETTER}{{2}}|(?<={_LETTER}{_LETTER}\d))"
)
WORDS = re.compile(r"[^\s,;:\"“”()\[\]{}<>?…/\\=]+")
# The first letter is always visible, and a single mark at the end is markup or an exclamation.
_MASK = r"[*#%@$!_\-~^&]"
MASKED = re.compile(rf"[^\W\d_]+(?:{_MASK}+[^\W\d_]+)*(?:\*\*+)?")
MAX_LENGTH = 24
MAX_WAYS = 64
# Not obfuscated: ordinals and decades (`1st`, `90s`). Numbers with a unit and names (`mp3`, `b2b`) have few letters.
ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s)", re.IGNORECASE)
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
EDGES = ".'’`!-_~*^&%#+|"
BROKEN = re.compile(r"[.\-_*'’`~+^|]+")
MIN_BROKEN = 4
MIN_SEEN = 3


def deobfuscate_word(written: str) -> tuple[int, int, str] | None:
    """The range in a word, in characters, that hides a plain word, and that word; None if it hides nothing."""
    if not SIGN.search(written):
        return None
    for core in dict.fromkeys((written.rstrip(".!'’-_~"), written.strip(EDGES))):
        if len(core) > 1 and (plain := _plain(core.lower())):
            begin = written.index(core)
            return begin, begin + len(core), plain
    return None


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    word = STRETCHED.sub(r"\1\1\1", word)
    if len(word) > MAX_LENGTH or word in word_lists.known() or ORDINAL.fullmatch(word):
        return ""
    return next((found for step in (_in_figures, _broken, _masked) if (found := step(word))), "")


def _in_figures(word: str) -> str:
    """The word with leetspeak read as letters and stretched letters once or twice; a final digit hides only abuse."""
    if 2 * sum(c.isalpha() for c in word) < len(word) - 1:
        return ""
    options = [FIGURES.get(c) or latin(c) for c in word]
    if not all(options):
        return ""
    found = _best([short for way in _ways(options) for short in _shortened(way)])
    return found if word[-1].isalpha() or found in word_lists.abusive() else ""


def _ways(options: list[str]) -> Iterator[str]:
    for count, letters in enumerate(product(*options)):
        if count == MAX_WAYS:
            return
        yield "".join(letters)


def _shortened(word: str) -> Iterator[str]:
    """The word with each stretched letter once or twice."""
    runs = STRETCHED.split(word)
    letters = runs[1::2]
    for counts in product((1, 2), repeat=min(len(letters), 4)):
        kept = [letter * count for letter, count in zip(letters, (*counts, *[1] * len(letters)), strict=False)]
        yield "".join(part + letter for part, letter in zip(runs[::2], [*kept, ""], strict=True))


def _broken(word: str) -> str:
    """The word without the marks inside it, if that is abuse and its parts are not words: `fu-ck`, `i.d.iot`."""
    parts = BROKEN.split(word)
    whole = "".join(parts)
    words = all(len(part) >= MIN_SEEN and part in word_lists.known() for part in parts if part)
    return whole if len(whole) >= MIN_BROKEN and whole != word and not words and whole in word_lists.abusive() else ""


def _masked(word: str) -> str:
    """The word behind a mask of marks: any abuse that fits, else a word of which only vowels are masked."""
    if not MASKED.fullmatch(word) or word.isalpha():
        return ""
    seen = sum(c.isalpha() for c in word)
    alike = word_lists.abusive_by_beginning().get((word[0], len(word)), ())
    is_mask = seen > 1 or set(word[1:]) == {"*"}
    abuse = next((one for one in alike if is_mask and _fits(word, one)), "")
    return abuse or (_with_vowels(word) if seen >= MIN_SEEN and "-" not in word else "")


def _fits(masked: str, word: str) -> bool:
    """Whether a word of the same length has a masked word's visible letters, and letters a to z under its marks."""
    return all(
        shown == letter or (not shown.isalpha() and "a" <= letter <= "z")
        for shown, letter in zip(masked, word, strict=True)
    )


def _with_vowels(word: str) -> str:
    shown = "".join(c for c in word if c.isalpha())
    alike = word_lists.by_skeleton().get((len(word), word_lists.consonants(shown)), ())
    return _best([one for one in alike if _fits(word, one)])


def _best(words: list[str]) -> str:
    found = [word for word in words if word_lists.hidden(word)]
    return min(found, key=lambda word: (word not in word_lists.abusive(), word_lists.known()[word]), default="")
