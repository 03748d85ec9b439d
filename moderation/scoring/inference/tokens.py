"""Encodes text as token ids with the model's own tokenizer, without truncation or padding."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Encodings are much larger than the ids kept from them: a few texts at a time bounds the memory.
TEXTS_AT_ONCE = 64
# The number of tokens that `enclose` adds to a window.
SPECIAL_TOKENS = 2
# The prefixes that tokenizers give to pieces that begin or continue a word, and their tokens for the unknown.
_PREFIX = re.compile(r"^(?:##|[▁Ġ])")
_UNKNOWN = frozenset({"[UNK]", "<unk>"})
MAX_CRUMB = 2


class Tokens:
    """A model's tokenizer, and the two ids that enclose every window."""

    def __init__(self, path: Path) -> None:
        """Read `tokenizer.json`."""
        # Its threads would not survive a fork, and the threads of two processes compete for the same cores.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # The special tokens around an empty text: [CLS] and [SEP], or <s> and </s>.
        self._first, self._last = self._tokenizer.encode("").ids

    @cached_property
    def slight(self) -> frozenset[int]:
        """Ids of pieces of one or two characters, meaningless in long runs; none from scripts without an alphabet."""
        return frozenset(place for piece, place in self._tokenizer.get_vocab().items() if _is_slight(piece))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, without special tokens, same order."""
        ids: list[list[int]] = []
        for begin in range(0, len(texts), TEXTS_AT_ONCE):
            part = list(texts[begin : begin + TEXTS_AT_ONCE])
            ids += [found.ids for found in self._tokenizer.encode_batch_fast(part, add_special_tokens=False)]
        return ids

    def places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The token ids of one text, as from `encode`, and their ranges in code points."""
        found = self._tokenizer.encode(text, add_special_tokens=False)
        return list(found.ids), [_without_space(text, *place) for place in found.offsets]

    def enclose(self, window: Sequence[int]) -> tuple[int, ...]:
        """A window between the two special tokens, as the model was trained to see it."""
        return (self._first, *window, self._last)


def _without_space(text: str, begin: int, end: int) -> tuple[int, int]:
    """The range without the space that a piece which begins a word begins with (`▁word`)."""
    return (begin + 1, end) if begin < end and text[begin].isspace() else (begin, end)


def _is_slight(piece: str) -> bool:
    """Whether a piece is one or two alphabetic letters, digits or other characters, or an unknown token."""
    bare = _PREFIX.sub("", piece)
    short = len(bare) <= MAX_CRUMB and not any(unicodedata.category(c) == "Lo" for c in bare)
    return short or piece in _UNKNOWN
