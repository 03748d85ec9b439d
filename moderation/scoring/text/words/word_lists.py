"""The two word lists for deobfuscation: `words.txt`, English by frequency, and `abusive.txt`.

Only deobfuscation uses them. They decide no score: a word is not flagged for being on the list of abuse.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A word of the general list counts as hidden only from this length; shorter ones arise by chance.
MIN_LETTERS = 4
VOWELS = frozenset("aeiouy")


def read_words(name: str) -> dict[str, int]:
    """The words of a list next to this module, each with its rank."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    words = (word for line in lines if not line.startswith("#") for word in line.split())
    return {word: place for place, word in enumerate(dict.fromkeys(words))}


@cache
def known() -> dict[str, int]:
    """All words of both lists with their ranks; abuse that is rare in books ranks as frequent."""
    ranks = read_words("words.txt")
    return {word: min(rank, ranks.get(word, rank)) for word, rank in abusive().items()} | {
        word: rank for word, rank in ranks.items() if word not in abusive()
    }


@cache
def abusive() -> dict[str, int]:
    """Words that people obfuscate, with their ranks."""
    return read_words("abusive.txt")


def hidden(word: str) -> bool:
    """Whether obfuscation may hide this word: abuse, or any known word that is long enough."""
    return word in abusive() or (len(word) >= MIN_LETTERS and word in known())


@cache
def by_skeleton() -> dict[tuple[int, str], list[str]]:
    """Known words by length and consonants: abuse first, then the most frequent."""
    found = defaultdict(list)
    for word in sorted(known(), key=lambda word: (word not in abusive(), known()[word])):
        found[len(word), consonants(word)].append(word)
    return dict(found)


@cache
def abusive_by_beginning() -> dict[tuple[str, int], list[str]]:
    """Words that people obfuscate, by first letter and length, the most frequent first."""
    found = defaultdict(list)
    for word in abusive():
        found[word[0], len(word)].append(word)
    return dict(found)


def consonants(word: str) -> str:
    """A word without its vowels: what is visible if all vowels are masked."""
    return "".join(letter for letter in word if letter not in VOWELS)
