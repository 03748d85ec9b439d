"""What of a text is read, and where each piece of it stands in the text as given.

Every text has one reading, itself. Where it looks disguised `normalise` makes a second one out of it by replacements,
and a reading remembers for each of its characters which ones of the given text it stands for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

# Letters by category that show nothing: Hangul fillers.
INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")

Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class OffsetMappedText:
    """A text to read, and its way back.

    Attributes:
        text: What is read.
        begins: For each of its characters where what it stands for begins in the given text.
        ends: The same for the end, not included.
    """

    text: str
    begins: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> Self:
        """A text as it stands."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def origin(self, begin: int, end: int) -> tuple[int, int]:
        """The part of the given text that a part of the reading, at least one character, stands for."""
        return min(self.begins[begin:end]), max(self.ends[begin:end])

    def edited(self, edits: Iterable[Edit]) -> OffsetMappedText:
        """The reading after replacements.

        Args:
            edits: Begin, end and new text of each; in order, apart from one another. New text of the same length stands
                character for character, any other for the whole of what it replaces.
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
    """The text with lone surrogates replaced, one code point for one: they cannot be encoded for the tokenizer."""
    return text if text.isascii() else text.translate(SURROGATES)


def says_something(text: str) -> bool:
    """Whether there is a letter or a digit in the text; marks, emoji and invisible characters are neither."""
    return any(unicodedata.category(c)[0] in "LN" and c not in INVISIBLE_LETTERS for c in text)
