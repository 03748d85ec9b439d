"""Two word lists that tell what a disguise hides: `words.txt`, English by frequency, and `abusive.txt`.

Only the normalised reading asks them. They decide no score: a word on the list of abuse is not flagged for that.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A word of the general list is what a disguise hid only from this length; shorter ones come about by chance.
MIN_LETTERS = 4
VOWELS = frozenset("aeiouy")


def read_words(name: str) -> dict[str, int]:
    """The words of a list beside this module, each with its place in it."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    words = (word for line in lines if not line.startswith("#") for word in line.split())
    return {word: place for place, word in enumerate(dict.fromkeys(words))}


@cache
def known() -> dict[str, int]:
    """Every word of both lists with its rank; abuse that is rare in books ranks as frequent."""
    ranks = read_words("words.txt")
    return {word: min(rank, ranks.get(word, rank)) for word, rank in abusive().items()} | {
        word: rank for word, rank in ranks.items() if word not in abusive()
    }


@cache
def abusive() -> dict[str, int]:
    """Words that people disguise, with their rank."""
    return read_words("abusive.txt")


def hidden(word: str) -> bool:
    """Whether a disguise may have hidden this word: abuse, or any word that is long enough."""
    return word in abusive() or (len(word) >= MIN_LETTERS and word in known())


@cache
def by_skeleton() -> dict[tuple[int, str], list[str]]:
    """Known words by length and consonants, the most frequent first."""
    found = defaultdict(list)
    for word in sorted(known(), key=lambda word: (word not in abusive(), known()[word])):
        found[len(word), consonants(word)].append(word)
    return dict(found)


@cache
def abusive_by_beginning() -> dict[tuple[str, int], list[str]]:
    """Words that people disguise, by first letter and length, the most frequent first."""
    found = defaultdict(list)
    for word in abusive():
        found[word[0], len(word)].append(word)
    return dict(found)


def consonants(word: str) -> str:
    """A word without its vowels: what a mask of vowels leaves."""
    return "".join(letter for letter in word if letter not in VOWELS)
