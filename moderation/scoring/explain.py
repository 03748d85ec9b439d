"""Why a text has its scores: a score a sentence, and the words that carry a score.

Words are found by occlusion (Zeiler & Fergus 2014; Li, Monroe & Jurafsky 2016): the sentences that carry the score are
scored once more without each of their words, all in one batch, and the words whose loss lowers the score most are
named. Occlusion inside a sentence named words as well as inside the whole text, for two thirds of the price
(docs/explanation/scoring.md has the figures).

Where the model has an output for tokens (`marks`), that one proposes the words, and only these are left out. Those
that people would mark come first, where the score is lower without all of them: of two insults side by side neither
may lower it alone. What lowers nothing is not named, whatever the output says. A text of low scores is explained by
what people would mark or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from moderation.scoring.descriptions import ModelDescription
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
"""Where a word is in its reading, its weight alone, and whether it is one that people would mark, of a part where such
words carry the score together."""

# Where no attribute has `EXPLAINED`, those from here on are explained; chosen on 509 held-out comments that people had
# called toxic (docs/explanation/scoring.md).
FAINT = 0.03
# A long sentence is looked at in parts of so many words.
PART_WORDS = 32
# Parts are looked at from this share of the best part's score, best first, until so many passages were asked for: one a
# word and one a part.
NEAR_BEST = 0.5
MAX_PASSAGES = 64
# Named are at most so many words an attribute; of those that people would not mark each has this share at least of the
# weight of the first.
MAX_NAMED = 6
NAMED_SHARE = 0.5
# What people would mark carries a score where so much of its odds is lost without all of it.
JOINT_SHARE = 0.2
# The output for tokens reads a part with so many characters before and after it: alone, a mild sentence is marked more.
AROUND = 300

WORD = re.compile(r"[^\s—–…/]+")
_EDGES = ".,;:!?\"'“”‘’«»()[]{}<>*_-~"


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A piece of a reading that is looked at word by word, with its scores.

    Attributes:
        words: Which of its words are left out, one at a time, in characters of the part; and how the output for tokens
            marks them, 0 where it was not asked.
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
    """The results with spans.

    Args:
        found: Results by plan.
        rows: Has every reading's text.
        ask: Scores passages; asked twice, for all texts at once.
        description: Of the model.
        marks: Asks the model's output for tokens; None where it has none.
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
    """Passages that were scored, and what is made of them."""

    rows: Rows
    description: ModelDescription

    def of(self, passage: str) -> dict[str, float]:
        """The attributes' scores of a passage."""
        return dict(zip(self.description.attributes, self.rows[passage][0], strict=False))

    def sentences(self, reading: OffsetMappedText, ranges: Iterable[Range]) -> Iterator[Span]:
        """A span a sentence and attribute."""
        for begin, end in ranges:
            place = reading.origin(begin, end)
            yield from (
                Span(*place, name, score, "sentence") for name, score in self.of(reading.text[begin:end]).items()
            )

    def parts(self, text: str, ranges: Iterable[Range], result: Result) -> list[Passage]:
        """The parts that carry a score of the text, the best first, as many as `MAX_PASSAGES` are enough for."""
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
    """Whether every score is so low that only words which people would mark explain it."""
    return max(result.scores.values()) < EXPLAINED


def _explained(result: Result) -> list[str]:
    least = FAINT if _is_faint(result) else EXPLAINED
    return [name for name, score in result.scores.items() if score >= least]


def weight(score: float, without: float) -> float:
    """The share of a score's odds that is lost with a word, 0 to 1; 0 where the score rises without it."""
    odds, left = score / max(1 - score, 1e-6), without / max(1 - without, 1e-6)
    return max(0.0, 1 - left / odds) if odds else 0.0


def named(weights: Iterable[Weighed]) -> list[Weighed]:
    """The words that people would mark, where they carry something together, else those that carry most; in order."""
    every = sorted(weights, key=lambda one: -one[2])
    if clear := [one for one in every if one[3]]:
        return sorted(clear[:MAX_NAMED])
    return sorted(one for one in every[:MAX_NAMED] if one[2] > 0 and one[2] >= NAMED_SHARE * every[0][2])


def word_ranges(text: str) -> list[Range]:
    """Where the words of a text are, without the marks around them."""
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
    """The parts with those of their words alone that the token output proposes."""
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
    """A part with what stands around it, and where the part begins in that."""
    begin = max(0, part.begin - AROUND)
    return text[begin : part.begin + len(part.text) + AROUND], part.begin - begin


def _occluded(part: Passage) -> list[str]:
    """The part without each of its words, and without all of those that people would mark."""
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
    """The sentences, long ones in runs of `PART_WORDS` words."""
    pieces = []
    for begin, end in sentences:
        words = word_ranges(text[begin:end])
        cuts = [begin, *(begin + words[i][0] for i in range(PART_WORDS, len(words), PART_WORDS)), end]
        pieces += list(pairwise(cuts))
    return pieces
