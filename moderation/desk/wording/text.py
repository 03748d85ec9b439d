"""A reader's text in the pieces that a page shows: what drove the score marked, slurs masked, edits told apart.

Pieces are plain text: the template escapes each.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from rapidfuzz.distance import LCSseq

from moderation.desk.wording.slurs import slurs_in

WORD, SENTENCE = "word", "sentence"
# Words of either text that are compared; the rest of a longer one is left out of the comparison.
MAX_COMPARED = 2_000
_TOKEN = re.compile(r"\s+|\w+|[^\w\s]+")
_MASK = "•"


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A run of text. `word` and `sentence` are the scores that a word and its sentence drove, None if unmarked.

    `masked` says that a slur was here and `text` is what stands for it.
    """

    text: str
    word: float | None = None
    sentence: float | None = None
    attribute: str = ""
    masked: bool = False

    @property
    def strong(self) -> bool:
        """Says whether the word drove the score more than half of the way."""
        return self.word is not None and self.word >= 0.5  # noqa: PLR2004 - half


@dataclass(frozen=True, slots=True)
class Change:
    """A run of a comparison: `kind` is same, gone or new."""

    kind: str
    text: str


def driving(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the spans that drove the score: the words that carry it, and the sentences that stand out.

    A sentence stands out with at least half of the score of the strongest; if all do, none is marked.
    """
    words = [span for span in spans if span["kind"] == WORD]
    sentences = [span for span in spans if span["kind"] == SENTENCE]
    bar = max((span["score"] for span in sentences), default=0.0) / 2
    marked = [span for span in sentences if span["score"] >= bar]
    places = {(span["begin"], span["end"]) for span in sentences}
    all_marked = {(span["begin"], span["end"]) for span in marked} == places
    return words if all_marked else [*marked, *words]


def pieces(text: str, spans: Iterable[dict[str, Any]] = (), *, mask: bool) -> list[TextPiece]:
    """Returns the text cut into pieces; joined, they give it again, except for what is masked.

    `spans` are `{"begin", "end", "kind", "score", "attribute"}` in code points; what lies outside the text is left out.
    """
    slurs = slurs_in(text) if mask else []
    marks = [span for span in spans if 0 <= span["begin"] < span["end"] <= len(text)]
    edges = {0, len(text), *(edge for pair in slurs for edge in pair)}
    edges |= {span[end] for span in marks for end in ("begin", "end")}
    cuts = sorted(edges)
    places = zip(pairwise(cuts), _over(marks, cuts), _slurs_over(slurs, cuts), strict=True)
    return [_piece(text[begin:end], begin, over, slur) for (begin, end), over, slur in places]


def _over(marks: Sequence[dict[str, Any]], cuts: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
    """Yields the spans over each piece, in their order; `cuts` has the ends of every span."""
    waiting = sorted(enumerate(marks), key=lambda mark: -mark[1]["begin"])
    over: list[tuple[int, dict[str, Any]]] = []
    for begin in cuts[:-1]:
        over = [mark for mark in over if mark[1]["end"] > begin]
        while waiting and waiting[-1][1]["begin"] <= begin:
            over.append(waiting.pop())
        yield [span for _, span in sorted(over, key=lambda mark: mark[0])]


def _slurs_over(slurs: Sequence[tuple[int, int]], cuts: Sequence[int]) -> Iterator[int | None]:
    """Yields where the slur begins that each piece is of, None if it is of none."""
    begins = [begin for begin, _ in slurs]
    for begin in cuts[:-1]:
        at = bisect_right(begins, begin) - 1
        yield begins[at] if at >= 0 and begin < slurs[at][1] else None


def _piece(text: str, begin: int, over: Sequence[dict[str, Any]], slur: int | None) -> TextPiece:
    words = [span for span in over if span["kind"] == WORD]
    sentences = [span for span in over if span["kind"] == SENTENCE]
    strongest = max(words or sentences, key=lambda span: span["score"], default=None)
    return TextPiece(
        text if slur is None else _masked(text, first=begin == slur),
        word=max((span["score"] for span in words), default=None),
        sentence=max((span["score"] for span in sentences), default=None),
        attribute=strongest["attribute"] if strongest else "",
        masked=slur is not None,
    )


def _masked(word: str, *, first: bool) -> str:
    """Returns dots for the letters, all but the slur's first one."""
    return word[:first] + _MASK * (len(word) - first)


def changes(before: str, after: str) -> list[Change]:
    """Returns what an edit took away and brought, word by word."""
    old, new = _TOKEN.findall(before)[:MAX_COMPARED], _TOKEN.findall(after)[:MAX_COMPARED]
    found = []
    # The longest common subsequence, by bits: difflib takes minutes for two texts that share nothing but spaces.
    for is_same, run in groupby(LCSseq.opcodes(old, new), key=lambda step: step.tag == "equal"):
        steps = list(run)
        gone = "".join(old[steps[0].src_start : steps[-1].src_end])
        come = "".join(new[steps[0].dest_start : steps[-1].dest_end])
        runs = [Change("same", come)] if is_same else [Change("gone", gone), Change("new", come)]
        found += [one for one in runs if one.text]
    return found


def change_shown(change: Change, *, mask: bool) -> str:
    """Returns a run's text with its slurs masked if `mask`."""
    return "".join(piece.text for piece in pieces(change.text, mask=mask))
