"""The results of scoring: plain frozen data, free of Django and of heavy libraries.

The engine creates these; services store them, the API and the commands show them. Scores are probabilities from 0 to 1.
Positions are in code points of the text as given, the end exclusive.
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
    """The language assumed for a text.

    Attributes:
        code: ISO 639 code without a region, such as `en`.
        confidence: The detector's probability for `code`, 0 to 1; 1 if the language was given.
        origin: `given` by the caller, `detected`, or the `default` because the text was short or ambiguous.
    """

    code: str
    confidence: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the given text, in code points, and its score for one attribute.

    Attributes:
        score: For a sentence, its own probability for the attribute; for a word, the share of the odds lost when it is
            left out, 0 to 1.
        kind: `sentence`, or `word` for one that carries the text's score.
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
        perspective: Output name to value on Perspective's scale, 0 to 1; empty unless requested.
        model: Name and version, such as `compact@1`.
        windows: Number of windows of the text; 1 for nearly every comment.
        normalised: Whether the deobfuscated reading has an attribute of at least 0.1; the spans are then its.
        language: The language assumed for the text.
        spans: Parts of the text with their own scores; empty unless requested.
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
    """A text that the model cannot judge: another language, or no words. A retry does not help."""

    code: RefusalCode
    detail: str
    language: Language | None


class ScoringError(Exception):
    """The error of this package; it never quotes a comment's text.

    Attributes:
        code: `unknown_model`, `model_missing`, `model_hash_mismatch`, `invalid_arguments`, `conversion_failed` or
            `inference_failed`.
        detail: One sentence for the user.
        retryable: Whether the same call may succeed later unchanged.
    """

    def __init__(self, code: str, detail: str, *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retryable = retryable
