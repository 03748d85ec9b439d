"""Text to token ids with the model's own tokenizer; nothing is truncated and nothing padded here."""

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

# Encodings are large next to the ids that are kept of them: a few texts at a time bounds the memory.
TEXTS_AT_ONCE = 64
# What `enclose` puts around a window.
SPECIAL_TOKENS = 2
# What a tokenizer puts before a piece that begins a word or goes on with one, and what it has for the unknown.
_PREFIX = re.compile(r"^(?:##|[▁Ġ])")
_UNKNOWN = frozenset({"[UNK]", "<unk>"})
MAX_CRUMB = 2


class Tokens:
    """A model's tokenizer, and the two ids that enclose every window."""

    def __init__(self, path: Path) -> None:
        """Read `tokenizer.json`."""
        # Its threads would not survive a fork, and two processes' threads fight for the same cores.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # What it puts around nothing: [CLS] and [SEP], or <s> and </s>.
        self._first, self._last = self._tokenizer.encode("").ids

    @cached_property
    def slight(self) -> frozenset[int]:
        """Ids of pieces of one or two signs, which say next to nothing in a row; not of scripts without an alphabet."""
        return frozenset(place for piece, place in self._tokenizer.get_vocab().items() if _is_slight(piece))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, without special tokens, same order."""
        ids: list[list[int]] = []
        for begin in range(0, len(texts), TEXTS_AT_ONCE):
            part = list(texts[begin : begin + TEXTS_AT_ONCE])
            ids += [found.ids for found in self._tokenizer.encode_batch_fast(part, add_special_tokens=False)]
        return ids

    def places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids of one text as `encode` gives them, and where each is, in code points."""
        found = self._tokenizer.encode(text, add_special_tokens=False)
        return list(found.ids), list(found.offsets)

    def enclose(self, window: Sequence[int]) -> tuple[int, ...]:
        """A window between the two special tokens, as the model was trained to see it."""
        return (self._first, *window, self._last)


def _is_slight(piece: str) -> bool:
    """Whether a piece is one or two marks, letters of an alphabet or figures, or stands for what is unknown."""
    bare = _PREFIX.sub("", piece)
    short = len(bare) <= MAX_CRUMB and not any(unicodedata.category(c) == "Lo" for c in bare)
    return short or piece in _UNKNOWN
