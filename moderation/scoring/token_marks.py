"""The model's token output, word by word: which words it proposes as the reason for a score.

It predicts what people would mark, not what the score depends on; `explain` tests that by leaving the words out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from moderation.scoring.catalogue.descriptions import ModelDescription
from moderation.scoring.inference import windows
from moderation.scoring.inference.session import InferenceSession
from moderation.scoring.inference.tokens import SPECIAL_TOKENS, Tokens

Mark = tuple[int, int, float]
"""A token's range in its passage, in code points, and its toxicity, 0 to 1."""
Range = tuple[int, int]

# At most this many words per text are proposed, the most toxic first, none below this share of the most toxic one. Both
# are generous: a word too many costs one short passage, and each attribute selects its own words among them.
MAX_PROPOSED = 16
MIN_SHARE = 0.1
# If no token exceeds this, the output cannot choose, and every word is examined.
NOTHING = 0.05
# From this value up, people would mark the word: best on 509 held-out comments (docs/explanation/scoring.md).
CLEAR = 0.35
# Windows read per passage: a passage is 32 words and their context, and anything longer is not prose.
MAX_WINDOWS = 8


def token_marks(
    passages: Sequence[str], description: ModelDescription, tokens: Tokens, session: InferenceSession
) -> dict[str, list[Mark]]:
    """The marks of each passage's tokens.

    Args:
        passages: Distinct passages.
        description: Of the model.
        tokens: The model's tokenizer.
        session: A session for its output `tokens`.

    Raises:
        ScoringError: `inference_failed`, retryable.
    """
    size = description.max_tokens - SPECIAL_TOKENS
    encoded = [tokens.places(passage) for passage in passages]
    begins = [windows.starts(len(ids), size, description.overlap_tokens)[:MAX_WINDOWS] for ids, _ in encoded]
    cut = [ids[begin : begin + size] for (ids, _), some in zip(encoded, begins, strict=True) for begin in some]
    rows = (row.tolist() for row in session.run_tokens([tokens.enclose(window) for window in cut]))
    values = [
        joined(some, [next(rows) for _ in some], len(ids)) for (ids, _), some in zip(encoded, begins, strict=True)
    ]
    return {
        passage: [(*place, value) for place, value in zip(places, found, strict=True)]
        for passage, (_, places), found in zip(passages, encoded, values, strict=True)
    }


def proposed(parts: Sequence[tuple[Sequence[Range], Sequence[Mark]]]) -> list[dict[Range, float]]:
    """The proposed words of each part, in order, with their marks.

    Args:
        parts: The parts of one text, each with its words and its tokens' marks.
    """
    found = [dict(zip(words, word_marks(words, marks), strict=True)) for words, marks in parts]
    values = sorted((value for some in found for value in some.values()), reverse=True)
    if not values or values[0] < NOTHING:
        return found
    least = max(MIN_SHARE * values[0], values[:MAX_PROPOSED][-1])
    return [{word: value for word, value in some.items() if value >= least} for some in found]


def word_marks(words: Sequence[Range], marks: Iterable[Mark]) -> list[float]:
    """The highest mark of each word's tokens, 0 if it has none."""
    ordered = sorted(marks)
    begins, ends = [begin for begin, _, _ in ordered], list(accumulate((end for _, end, _ in ordered), max))
    near = [ordered[bisect_right(ends, begin) : bisect_left(begins, end)] for begin, end in words]
    return [
        max((value for _, last, value in some if last > begin), default=0.0)
        for (begin, _), some in zip(words, near, strict=True)
    ]


def joined(starts: Sequence[int], rows: Sequence[Sequence[float]], length: int) -> list[float]:
    """One value per token from the rows of overlapping windows: the higher if two overlap, 0 if none covers it.

    Args:
        starts: The first token of each window.
        rows: The values of each window's tokens.
        length: The total number of tokens.
    """
    found = [0.0] * length
    for begin, row in zip(starts, rows, strict=True):
        for place, value in enumerate(row, begin):
            found[place] = max(found[place], float(value))
    return found
