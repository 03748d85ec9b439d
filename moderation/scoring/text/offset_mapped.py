"""A text to be read, with the offsets of each of its characters in the given text.

Every text has one reading: itself. If it looks obfuscated, `normalise` makes a second one by edits, and that maps each
of its characters to those of the given text that it stands for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

# Invisible characters in the category of letters: Hangul fillers.
INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")

Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class OffsetMappedText:
    """A text to read, and its mapping to the given text.

    Attributes:
        text: The text to read.
        begins: For each of its characters, the start in the given text of what it stands for.
        ends: The same for the end, exclusive.
    """

    text: str
    begins: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> Self:
        """A text as given."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def origin(self, begin: int, end: int) -> tuple[int, int]:
        """The range in the given text of a non-empty range of the reading."""
        return min(self.begins[begin:end]), max(self.ends[begin:end])

    def edited(self, edits: Iterable[Edit]) -> OffsetMappedText:
        """The reading after edits.

        Args:
            edits: Begin, end and new text of each; in order, not overlapping. New text of the same length is mapped
                character by character, any other to the whole of what it replaces.
        """
        parts: list[str] = []
        begins: list[int] = []
        ends: list[int] = []
        at = 0
        for begin, end, new in edits:
            self._copy(at, begin, parts, begins, ends)
            parts.append(new)
            same = len(new) == end - begin
            begins += self.begins[begin:end] if same else [min(self.begins[begin:end])] * len(new)
            ends += self.ends[begin:end] if same else [max(self.ends[begin:end])] * len(new)
            at = end
        self._copy(at, len(self.text), parts, begins, ends)
        return OffsetMappedText("".join(parts), begins, ends)

    def _copy(self, begin: int, end: int, parts: list[str], begins: list[int], ends: list[int]) -> None:
        parts.append(self.text[begin:end])
        begins += self.begins[begin:end]
        ends += self.ends[begin:end]


def readable(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD: the tokenizer cannot encode them."""
    return text if text.isascii() else text.translate(SURROGATES)


def says_something(text: str) -> bool:
    """Whether the text has a letter or a digit; marks, emoji and invisible characters are neither."""
    return any(unicodedata.category(c)[0] in "LN" and c not in INVISIBLE_LETTERS for c in text)
