"""Explains a text's scores: a score for each sentence, and the words that carry a score.

Words are found by occlusion (Zeiler & Fergus 2014; Li, Monroe & Jurafsky 2016): the sentences that carry the score are
scored again without each of their words, all in one batch, and the words whose removal lowers the score most are named.
Occlusion within a sentence works as well as within the whole text, at two thirds of the cost (figures in
docs/explanation/scoring.md).

If the model has a token output (`marks`), that proposes the words, and only these are occluded. Words that people would
mark come first if removing all of them lowers the score: of two insults side by side, neither may lower it alone. A
word that lowers nothing is not named, whatever the token output says. A text with low scores is explained only by words
that people would mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from moderation.scoring.catalogue.descriptions import ModelDescription
from moderation.scoring.plans import EXPLAINED, PreparedText, Rows
from moderation.scoring.results import Result, Span
from moderation.scoring.text.offset_mapped import OffsetMappedText, says_something
from moderation.scoring.text.sentences import sentence_ranges
from moderation.scoring.token_marks import CLEAR, Mark, proposed

Ask = Callable[[Iterable[str]], Rows]
AskMarks = Callable[[Iterable[str]], Mapping[str, Sequence[Mark]]]
Range = tuple[int, int]
Scores = Mapping[str, float]
Weighed = tuple[int, int, float, bool]
"""A word's range in its reading, its own weight, and whether people would mark it in a part whose marked words together
carry the score."""

# If no attribute reaches `EXPLAINED`, attributes from this score up are explained; chosen on 509 held-out comments that
# people had labelled toxic (docs/explanation/scoring.md).
FAINT = 0.03
# A long sentence is split into parts of this many words.
PART_WORDS = 32
# Parts with at least this share of the best part's score are examined, best first, until this many passages are used
# up: one per word and one per part.
NEAR_BEST = 0.5
MAX_PASSAGES = 64
# At most this many words are named per attribute; those that people would not mark need at least this share of the
# largest weight.
MAX_NAMED = 6
NAMED_SHARE = 0.5
# Marked words carry a score if removing all of them costs at least this share of its odds.
JOINT_SHARE = 0.2
# Characters of context on each side with which the token output reads a part: alone, mild sentences are marked more.
AROUND = 300

WORD = re.compile(r"[^\s—–…/]+")
_EDGES = ".,;:!?\"'“”‘’«»()[]{}<>*_-~"


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A piece of a reading that is examined word by word, with its scores.

    Attributes:
        words: The words to occlude one at a time, in characters of the part, with their marks from the token output, 0
            if that was not asked.
    """

    text: str
    begin: int
    scores: Scores
    words: Mapping[Range, float]


def explained(
    found: Mapping[PreparedText, Result],
    rows: Rows,
    ask: Ask,
    description: ModelDescription,
    marks: AskMarks | None = None,
) -> dict[PreparedText, Result]:
    """The results with their spans.

    Args:
        found: Results by prepared text.
        rows: The outputs of every reading's text.
        ask: Scores passages; called twice, for all texts at once.
        description: Of the model.
        marks: Returns the model's token output; None if it has none.
    """
    readings = {planned: planned.readings[-1 if one.normalised else 0] for planned, one in found.items()}
    sentences = {planned: _sentences(reading, planned.language.code) for planned, reading in readings.items()}
    pieces = {planned: _pieces(readings[planned].text, ranges) for planned, ranges in sentences.items()}
    every = [*sentences.items(), *pieces.items()]
    rows = {**rows, **ask(readings[planned].text[b:e] for planned, ranges in every for b, e in ranges)}
    scored = _Scored(rows, description)
    parts = {planned: scored.parts(readings[planned].text, pieces[planned], one) for planned, one in found.items()}
    if marks:
        parts = _proposed({planned: readings[planned].text for planned in found}, parts, marks)
    parts = {planned: _clear(some) if _is_faint(found[planned]) else some for planned, some in parts.items()}
    without = _Scored(ask(text for some in parts.values() for part in some for text in _occluded(part)), description)
    return {
        planned: replace(
            one,
            spans=(
                *scored.sentences(readings[planned], sentences[planned]),
                *without.words(readings[planned], parts[planned], one),
            ),
        )
        for planned, one in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Scored:
    """Scored passages, and the spans derived from them."""

    rows: Rows
    description: ModelDescription

    def of(self, passage: str) -> dict[str, float]:
        """The attributes' scores of a passage."""
        return dict(zip(self.description.attributes, self.rows[passage][0], strict=False))

    def sentences(self, reading: OffsetMappedText, ranges: Iterable[Range]) -> Iterator[Span]:
        """One span per sentence and attribute."""
        for begin, end in ranges:
            place = reading.origin(begin, end)
            yield from (
                Span(*place, name, score, "sentence") for name, score in self.of(reading.text[begin:end]).items()
            )

    def parts(self, text: str, ranges: Iterable[Range], result: Result) -> list[Passage]:
        """The parts that carry a score of the text, best first, as many as `MAX_PASSAGES` allows."""
        wanted = _explained(result)
        pieces = [(begin, text[begin:end]) for begin, end in ranges]
        parts = [
            Passage(piece, begin, self.of(piece), dict.fromkeys(word_ranges(piece), 0.0)) for begin, piece in pieces
        ]
        best = {name: max((part.scores[name] for part in parts), default=0.0) for name in wanted}
        shares = {part: max((part.scores[n] / (best[n] or 1.0) for n in wanted), default=0.0) for part in parts}
        near = sorted((part for part in parts if shares[part] >= NEAR_BEST), key=lambda part: -shares[part])
        return list(_affordable(near))

    def words(self, reading: OffsetMappedText, parts: list[Passage], result: Result) -> Iterator[Span]:
        """The words that carry each attribute's score."""
        for name in _explained(result):
            weights = [one for part in parts for one in self._weights(part, name)]
            for begin, end, weight, _ in named(weights):
                yield Span(*reading.origin(begin, end), name, weight, "word")

    def _weights(self, part: Passage, attribute: str) -> Iterator[Weighed]:
        score, clear = part.scores[attribute], _clear_words(part)
        together = bool(clear) and weight(score, self.of(_without(part, clear))[attribute]) >= JOINT_SHARE
        for word, mark in part.words.items():
            lost = weight(score, self.of(_without(part, [word]))[attribute])
            yield part.begin + word[0], part.begin + word[1], lost, together and mark >= CLEAR


def _is_faint(result: Result) -> bool:
    """Whether all scores are so low that only words that people would mark explain them."""
    return max(result.scores.values()) < EXPLAINED


def _explained(result: Result) -> list[str]:
    least = FAINT if _is_faint(result) else EXPLAINED
    return [name for name, score in result.scores.items() if score >= least]


def weight(score: float, without: float) -> float:
    """The share of a score's odds lost without a word, 0 to 1; 0 if the score rises without it."""
    odds, left = score / max(1 - score, 1e-6), without / max(1 - without, 1e-6)
    return max(0.0, 1 - left / odds) if odds else 0.0


def named(weights: Iterable[Weighed]) -> list[Weighed]:
    """The words that people would mark, if together they carry the score, else those of most weight; in text order."""
    every = sorted(weights, key=lambda one: -one[2])
    if clear := [one for one in every if one[3]]:
        return sorted(clear[:MAX_NAMED])
    return sorted(one for one in every[:MAX_NAMED] if one[2] > 0 and one[2] >= NAMED_SHARE * every[0][2])


def word_ranges(text: str) -> list[Range]:
    """The ranges of the words of a text, without the punctuation around them."""
    found = []
    for match in WORD.finditer(text):
        word = match[0]
        begin = match.start() + len(word) - len(word.lstrip(_EDGES))
        if begin < match.end() and says_something(word):
            found.append((begin, match.start() + len(word.rstrip(_EDGES))))
    return found


def _proposed(
    texts: Mapping[PreparedText, str], parts: Mapping[PreparedText, list[Passage]], marks: AskMarks
) -> dict[PreparedText, list[Passage]]:
    """The parts with only the words that the token output proposes."""
    around = {part: _around(texts[planned], part) for planned, some in parts.items() for part in some}
    marked = marks(passage for passage, _ in around.values())
    own = {part: [(b - at, e - at, mark) for b, e, mark in marked[passage]] for part, (passage, at) in around.items()}
    return {
        planned: [
            replace(part, words=words)
            for part, words in zip(some, proposed([(list(part.words), own[part]) for part in some]), strict=True)
        ]
        for planned, some in parts.items()
    }


def _clear(parts: Iterable[Passage]) -> list[Passage]:
    return [replace(part, words={word: part.words[word] for word in _clear_words(part)}) for part in parts]


def _around(text: str, part: Passage) -> tuple[str, int]:
    """A part with its context, and the offset of the part in that."""
    begin = max(0, part.begin - AROUND)
    return text[begin : part.begin + len(part.text) + AROUND], part.begin - begin


def _occluded(part: Passage) -> list[str]:
    """The part without each of its words in turn, and without all words that people would mark."""
    clear = _clear_words(part)
    return [_without(part, words) for words in (*([word] for word in part.words), *([clear] if clear else []))]


def _clear_words(part: Passage) -> list[Range]:
    return [word for word, mark in part.words.items() if mark >= CLEAR]


def _without(part: Passage, words: Sequence[Range]) -> str:
    text = part.text
    for begin, end in sorted(words, reverse=True):
        text = text[:begin] + text[end:]
    return text


def _affordable(parts: Iterable[Passage]) -> Iterator[Passage]:
    left = MAX_PASSAGES
    for part in parts:
        left -= len(part.words) + 1
        if left < 0:
            return
        yield part


def _sentences(reading: OffsetMappedText, language: str) -> list[Range]:
    ranges = sentence_ranges(reading.text, language)
    return [(begin, end) for begin, end in ranges if says_something(reading.text[begin:end])]


def _pieces(text: str, sentences: Iterable[Range]) -> list[Range]:
    """The sentences, long ones split into runs of `PART_WORDS` words."""
    pieces = []
    for begin, end in sentences:
        words = word_ranges(text[begin:end])
        cuts = [begin, *(begin + words[i][0] for i in range(PART_WORDS, len(words), PART_WORDS)), end]
        pieces += list(pairwise(cuts))
    return pieces
