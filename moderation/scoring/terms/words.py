"""Splits a text into words that are compared: without case, in one Unicode form, marks and punctuation apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from moderation.scoring.text.language import base_code

# Languages in which `I` is the capital of `ı`, and `İ` that of `i`.
DOTLESS_LANGUAGES = frozenset({"tr", "az"})
DOTLESS = str.maketrans({"I": "ı", "İ": "i"})
# Scripts that are written without spaces: a term in one is looked for anywhere.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
ASCII_WORD = re.compile(r"[A-Za-z0-9]+")


def _marks() -> Iterator[str]:
    """Yields the ranges of combining marks in Unicode's first plane, for a character class."""
    begin = None
    for code in range(0x10000):
        is_mark = unicodedata.category(chr(code))[0] == "M"
        if is_mark and begin is None:
            begin = code
        elif not is_mark and begin is not None:
            yield f"\\u{begin:04x}-\\u{code - 1:04x}"
            begin = None


WORD = re.compile(f"[^\\W_](?:[^\\W_]|[{''.join(_marks())}])*")


def word_ranges(text: str) -> list[tuple[int, int]]:
    """Returns where the text's words begin and end, in order."""
    return [found.span() for found in (ASCII_WORD if text.isascii() else WORD).finditer(text)]


def words_of(text: str, language: str = "") -> list[str]:
    """Returns the text's words as they are compared; `language` says which letter `I` is."""
    if text.isascii() and not is_dotless(language):
        return ASCII_WORD.findall(text.lower())
    text = text.translate(DOTLESS) if is_dotless(language) else text
    return [_folded(word) for word in WORD.findall(text)]


def is_dotless(language: str) -> bool:
    """Returns whether `I` is the capital of `ı` in this language."""
    return base_code(language) in DOTLESS_LANGUAGES if language else False


def _folded(word: str) -> str:
    return unicodedata.normalize("NFC", word.casefold()).replace("i\u0307", "i")
