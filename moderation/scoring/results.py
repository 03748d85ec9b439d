"""What scoring gives back: plain frozen data, free of Django and of every heavy library.

The engine fills these; services store them, the API and the commands show them. Scores are probabilities from 0 to 1.
Positions are code points of the text as it was given, the end not included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ATTRIBUTES = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    "sexual_explicit",
)

Origin = Literal["given", "detected", "default"]
SpanKind = Literal["sentence", "word"]
RefusalCode = Literal["language_not_supported", "no_text"]


@dataclass(frozen=True, slots=True)
class Language:
    """The language a text was taken to be in.

    Attributes:
        code: ISO 639 code without a region, such as `en`.
        confidence: The detector's probability for `code`, 0 to 1; 1 where the language was given.
        origin: `given` by the caller, `detected`, or the model's `default` because the text was short or doubtful.
    """

    code: str
    confidence: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the given text, in code points, and what it has to do with one attribute.

    Attributes:
        score: Of a sentence its own probability for the attribute; of a word the share of the odds that are lost
            when it is left out, 0 to 1.
        kind: `sentence`, or `word` for one that carries the score.
    """

    begin: int
    end: int
    attribute: str
    score: float
    kind: SpanKind


@dataclass(frozen=True, slots=True)
class Result:
    """The scores of one text.

    Attributes:
        scores: Attribute name to probability.
        perspective: Perspective-like output name to value, 0 to 1; empty unless it was asked for.
        model: Name and version, such as `compact@1`.
        windows: How many windows the text was read in; 1 for nearly every comment.
        normalised: Whether a reading without the text's disguises carries a score, of 0.1 at least: the spans are its.
        language: What the text was taken to be in.
        spans: Parts of the text with scores of their own; empty unless they were asked for.
    """

    scores: dict[str, float]
    perspective: dict[str, float]
    model: str
    windows: int
    normalised: bool
    language: Language
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A text that the model cannot judge: another language, or nothing to read. Trying again does not help."""

    code: RefusalCode
    detail: str
    language: Language | None


class ScoringError(Exception):
    """The one error of this package; it never carries a comment's text.

    Attributes:
        code: `unknown_model`, `model_missing`, `model_hash_mismatch`, `invalid_arguments`, `conversion_failed` or
            `inference_failed`.
        detail: One sentence for a person.
        retryable: Whether the same call may succeed later without anything being changed.
    """

    def __init__(self, code: str, detail: str, *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retryable = retryable
