"""Deobfuscates a text: gives a second reading to a text that looks obfuscated.

Each step is a list of edits that keep the mapping to the original (`offset_mapped`): reversed text, invisible
characters, stacked marks, look-alike and styled letters, entities, spaced letters, then words in leetspeak, masked or
stretched (`deobfuscation`). A word is replaced only if the result is a known word and the original is not, so honest
text in any script stays as it is. A text without obfuscation has no second reading, and one search for `SIGNS` tells
that for most texts.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from moderation.scoring.text.confusables import is_disguise, is_foreign, latin
from moderation.scoring.text.deobfuscation import SIGN, WORDS, deobfuscate_word
from moderation.scoring.text.despacing import SPACED, despace
from moderation.scoring.text.offset_mapped import INVISIBLE_LETTERS, Edit, OffsetMappedText
from moderation.scoring.text.words import word_lists

Step = Callable[[str], Iterator[Edit]]

ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
# Possible obfuscation in ASCII; nearly every honest text without an abbreviation has no match.
SIGNS = re.compile(f"{ENTITY.pattern}|{SPACED.pattern}|{SIGN.pattern}")
REVERSED = re.compile("\u202e([^\u202c\n]+)\u202c?")
LETTERS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*")
STYLED_LETTERS = "\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff"
STYLED = re.compile(rf"[\w{STYLED_LETTERS}]+")
LATIN_MARKS = re.compile(
    r"([A-Za-z\u00c0-\u024f\u1e00-\u1eff])([\u0300-\u036f\u0488\u0489\u20d0-\u20f0\ufe00-\ufe0f]+)"
)
MIN_FOLDED = 2
# How many nested layers of obfuscation are removed; real ones have one or two.
MAX_LAYERS = 6
# What `look` remembers: more texts than a batch has, and no long ones.
REMEMBERED_TEXTS = 256
REMEMBERED_CHARACTERS = 4_096


def deobfuscate(text: str) -> OffsetMappedText | None:
    """A deobfuscated reading of the text, or None if nothing in it looks obfuscated.

    Args:
        text: Without lone surrogates (`readable`).
    """
    return look(text)[1]


def look(text: str) -> tuple[bool, OffsetMappedText | None]:
    """Whether anything in a text might be obfuscated, and its deobfuscated reading, as `deobfuscate` gives it.

    Remembers the last texts: a text is scored first and matched with word lists right after.
    """
    return _remembered(text) if len(text) <= REMEMBERED_CHARACTERS else _looked(text)


def _looked(text: str) -> tuple[bool, OffsetMappedText | None]:
    if text.isascii() and not SIGNS.search(text):
        return False, None
    return True, _deobfuscated(text)


_remembered = lru_cache(maxsize=REMEMBERED_TEXTS)(_looked)


def _deobfuscated(text: str) -> OffsetMappedText | None:
    reading = OffsetMappedText.of(text)
    for _ in range(MAX_LAYERS):
        before = reading.text
        for step in STEPS if not before.isascii() else ASCII_STEPS:
            reading = _after(reading, step)
        if reading.text == before:
            break
    return reading if reading.text != text else None


def _after(reading: OffsetMappedText, step: Step) -> OffsetMappedText:
    edits = list(step(reading.text))
    return reading.edited(edits) if edits else reading


def _reversed(text: str) -> Iterator[Edit]:
    """Text under a right-to-left override, in the order in which it is displayed."""
    for found in REVERSED.finditer(text):
        if any("a" <= c.lower() <= "z" for c in found[1]):
            yield (*found.span(), found[1][::-1])


def _visible(text: str) -> Iterator[Edit]:
    """Invisible characters between Latin letters; elsewhere, as in emoji and Persian words, they are legitimate."""
    begin = None
    for at, character in enumerate(text):
        if not character.isascii() and _is_invisible(character):
            begin = at if begin is None else begin
        elif begin is not None:
            if begin and latin(text[begin - 1]) and latin(character):
                yield begin, at, ""
            begin = None


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or character in INVISIBLE_LETTERS


def _unmarked(text: str) -> Iterator[Edit]:
    """Combining marks on Latin letters that form no precomposed letter, such as strokes through a whole word."""
    for found in LATIN_MARKS.finditer(text):
        composed = unicodedata.normalize("NFC", found[0])
        kept = "".join(c for c in composed if not unicodedata.category(c).startswith("M"))
        if len(composed) > len(kept):
            yield (*found.span(), kept)


def _mixed(text: str) -> Iterator[Edit]:
    """Words that mix Latin letters with look-alikes or styled ones; in Latin text also whole words of look-alikes."""
    latin_text = _is_mostly_latin(text)
    for found in STYLED.finditer(text):
        word = found[0]
        if not word.isascii() and (new := _folded(word, latin_text=latin_text)):
            yield (*found.span(), new)


def _folded(word: str, *, latin_text: bool) -> str:
    """The word in plain Latin letters if it is obfuscated, else an empty string."""
    if len(word) < MIN_FOLDED or not any(is_disguise(c) for c in word):
        return _abuse_with_odd_letters(word)
    options = [latin(c) or (c if c.isascii() else "") for c in word]
    if not all(options):
        return ""
    plain = _known_choice(options)
    foreign = sum(is_foreign(c) for c in word)
    if not foreign or (latin_text and 4 * foreign <= 3 * len(word)):
        return plain or "".join(option[0] for option in options)
    return plain if plain in word_lists.abusive() or (latin_text and foreign < len(word)) else ""


def _abuse_with_odd_letters(word: str) -> str:
    """`ƒuck`: odd letters without a decomposition are replaced only if the result is on the list of abuse."""
    if all(c.isascii() or unicodedata.decomposition(c) for c in word):
        return ""
    plain = "".join(latin(c)[:1] or c for c in word)
    return plain if plain in word_lists.abusive() else ""


def _known_choice(options: list[str]) -> str:
    """The first known word among at most 64 readings of a word's letters, or an empty string."""
    ways = [""]
    for option in options:
        ways = [way + letter for way in ways for letter in option][:64]
    return next((way for way in ways if way in word_lists.known()), "")


def _is_mostly_latin(text: str) -> bool:
    """Whether at least half of the words contain a plain Latin letter."""
    words = LETTERS.findall(text)
    plain = sum(any(c.isascii() for c in word) for word in words)
    return 2 * plain >= len(words)


def _entities(text: str) -> Iterator[Edit]:
    for found in ENTITY.finditer(text):
        plain = html.unescape(found[0])
        if plain != found[0] and (plain.isalpha() or _is_invisible(plain[0])):
            yield (*found.span(), "" if _is_invisible(plain[0]) else plain)


def _words(text: str) -> Iterator[Edit]:
    for found in WORDS.finditer(text):
        if new := deobfuscate_word(found[0]):
            begin, end, plain = new
            yield found.start() + begin, found.start() + end, plain


ASCII_STEPS: tuple[Step, ...] = (_entities, despace, _words)
STEPS: tuple[Step, ...] = (_reversed, _visible, _unmarked, _mixed, *ASCII_STEPS)
