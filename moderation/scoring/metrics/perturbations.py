"""Perturbations: words obfuscated the way people do it, seeded, for training and for measuring robustness.

Independent of `normalise`, which undoes them: the characters here are chosen separately, from real use.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable

Disguise = Callable[[str, random.Random], str]

WORD = re.compile(r"[^\W\d_]+")
HALF = 0.5

_LOOKS = {"a": "а", "c": "с", "e": "е", "i": "і", "j": "ј", "o": "о", "p": "р", "s": "ѕ", "x": "х", "y": "у"}
_GREEK = {"a": "α", "e": "ε", "i": "ι", "k": "κ", "n": "η", "o": "ο", "p": "ρ", "t": "τ", "u": "υ", "v": "ν", "w": "ω"}
_FIGURES = {"a": "@4", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1|", "o": "0", "s": "$5", "t": "7+"}
_VOWELS = "aeiou"
_INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad"
_DIRECTIONS = "\u200e\u200f\u202a\u202d"
_STYLES = (0x1D41A, 0x1D44E, 0x1D4B6, 0x1D4EA, 0x1D5BA, 0x1D68A, 0xFF41, 0x24D0)
# Gaps in the mathematical italic and script alphabets, whose letters Unicode had encoded elsewhere before.
_TAKEN = {0x1D455: "ℎ", 0x1D4BA: "ℯ", 0x1D4BC: "ℊ", 0x1D4C4: "ℴ"}
_STROKES = "\u0335\u0336\u0337\u0338"


def entities(word: str, chosen: random.Random) -> str:
    """One or more letters as HTML character references."""
    return _some(word, chosen, lambda c: f"&#{ord(c)};" if chosen.random() < HALF else f"&#x{ord(c):x};")


def invisible(word: str, chosen: random.Random) -> str:
    """Zero-width characters and soft hyphens between letters."""
    return _between(word, chosen, _INVISIBLE)


def directions(word: str, chosen: random.Random) -> str:
    """Bidi marks between letters, or the word reversed under an override."""
    if chosen.random() < HALF:
        return f"\u202e{word[::-1]}\u202c"
    return _between(word, chosen, _DIRECTIONS)


def look_alikes(word: str, chosen: random.Random) -> str:
    """Letters replaced by Cyrillic look-alikes."""
    return _some(word, chosen, lambda c: _LOOKS.get(c.lower(), c), able=_LOOKS)


def mixed_scripts(word: str, chosen: random.Random) -> str:
    """Letters replaced by Cyrillic and Greek look-alikes."""
    return _some(word, chosen, lambda c: chosen.choice((_LOOKS, _GREEK)).get(c.lower(), c), able=_LOOKS.keys() | _GREEK)


def styled(word: str, chosen: random.Random) -> str:
    """The word in bold, italic, script, typewriter, full-width or circled letters."""
    first = chosen.choice(_STYLES)
    places = (first + ord(c) - ord("a") if "a" <= c <= "z" else ord(c) for c in word.lower())
    return "".join(_TAKEN.get(place, chr(place)) for place in places)


def strokes(word: str, chosen: random.Random) -> str:
    """A stroke through each letter."""
    stroke = chosen.choice(_STROKES)
    return "".join(c + stroke for c in word)


def spacing(word: str, chosen: random.Random) -> str:
    """Letters separated by a space or a mark."""
    return chosen.choice((" ", " ", " ", ".", "-", "_")).join(word)


def repetition(word: str, chosen: random.Random) -> str:
    """One letter repeated three to six times, a vowel if there is one."""
    places = [i for i, c in enumerate(word) if c.lower() in _VOWELS] or list(range(len(word)))
    at = chosen.choice(places)
    return word[:at] + word[at] * chosen.randint(3, 6) + word[at + 1 :]


def figures(word: str, chosen: random.Random) -> str:
    """Letters replaced by digits and marks (leetspeak)."""
    return _some(word, chosen, lambda c: chosen.choice(_FIGURES.get(c.lower(), c)), able=_FIGURES)


def masked(word: str, chosen: random.Random) -> str:
    """Vowels masked: `f*ck`, `sh!t`; in a word without any, the second letter."""
    mark = chosen.choice("***#!@_")
    if not any(c.lower() in _VOWELS for c in word[1:]):
        return word[:1] + mark + word[2:]
    return word[:1] + "".join(mark if c.lower() in _VOWELS else c for c in word[1:])


KINDS: dict[str, Disguise] = {
    "entities": entities,
    "invisible": invisible,
    "directions": directions,
    "look_alikes": look_alikes,
    "mixed_scripts": mixed_scripts,
    "styled": styled,
    "strokes": strokes,
    "spacing": spacing,
    "repetition": repetition,
    "figures": figures,
    "masked": masked,
}


def disguise(text: str, ranges: Iterable[tuple[int, int]], kind: str, chosen: random.Random) -> str:
    """The text with parts of it obfuscated.

    Args:
        text: Any text.
        ranges: What to obfuscate, usually words: begin and end in code points, in order, not overlapping.
        kind: One of `KINDS`.
        chosen: The random generator; the same seed gives the same text.
    """
    parts, at = [], 0
    for begin, end in ranges:
        parts += [text[at:begin], KINDS[kind](text[begin:end], chosen)]
        at = end
    return "".join([*parts, text[at:]])


def word_ranges(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """The ranges of these words, given in lower case, in a text, as whole words."""
    wanted = frozenset(words)
    return [found.span() for found in WORD.finditer(text) if found[0].lower() in wanted]


def _some(word: str, chosen: random.Random, change: Callable[[str], str], *, able: Iterable[str] | None = None) -> str:
    """The word with each changeable letter changed with probability 1/2, at least one of them."""
    fit = [i for i, c in enumerate(word) if able is None or c.lower() in able]
    picked = {i for i in fit if chosen.random() < HALF} or ({chosen.choice(fit)} if fit else set())
    return "".join(change(c) if i in picked else c for i, c in enumerate(word))


def _between(word: str, chosen: random.Random, signs: str) -> str:
    return word[:1] + "".join(chosen.choice(signs) + c for c in word[1:])
