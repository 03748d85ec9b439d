"""One text's way through scoring: its language and readings before the model is asked, its scores after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderation.scoring.descriptions import ModelDescription
from moderation.scoring.inference.windows import AVERAGED
from moderation.scoring.results import Language, Refusal, Result
from moderation.scoring.text.language import identify, refuse_language
from moderation.scoring.text.normalise import deobfuscate
from moderation.scoring.text.offset_mapped import OffsetMappedText, readable, says_something

# From this score on an attribute is explained by any words that carry it.
EXPLAINED = 0.1

Rows = Mapping[str, tuple[Sequence[float], int]]
"""Passage → the model's outputs for it, and how many windows it was read in."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedText:
    """What is read of a text.

    Attributes:
        readings: The text as it stands and, where it looks disguised, what it says without the disguise.
        language: What it is taken to be in; the model serves it.
    """

    readings: tuple[OffsetMappedText, ...]
    language: Language


def plan(text: str, given: str | None, fallback: str | None, description: ModelDescription) -> PreparedText | Refusal:
    """What to read of a text, or why the model cannot judge it.

    Args:
        text: As it was given.
        given: A language to trust, or None.
        fallback: The language of short or doubtful text, or None for the model's default.
        description: Of the model that will read it.
    """
    plain = readable(text)
    second = deobfuscate(plain)
    readings = (OffsetMappedText.of(plain), *([second] if second else []))
    if not says_something(readings[-1].text):
        return Refusal("no_text", "The text has no letter and no digit to judge.", None)
    first = _language(readings[0].text, given, fallback, description)
    if isinstance(first, Refusal) and second:
        # Disguised text looks foreign: what it says without the disguise decides.
        again = _language(second.text, given, fallback, description)
        return first if isinstance(again, Refusal) else PreparedText(readings, again)
    return first if isinstance(first, Refusal) else PreparedText(readings, first)


def _language(text: str, given: str | None, fallback: str | None, description: ModelDescription) -> Language | Refusal:
    language = identify(text, given, description, fallback=fallback)
    return refuse_language(language, description) or language


def result(planned: PreparedText, rows: Rows, description: ModelDescription, *, perspective: bool) -> Result:
    """The scores of a text; of two readings the higher counts, output by output.

    Args:
        planned: What was read.
        rows: Has every reading's text.
        description: Of the model that read it.
        perspective: Whether the outputs on Perspective's scale are wanted too.
    """
    outputs, windows = _outputs(planned.readings[0], rows, description)
    explains = False
    for reading in planned.readings[1:]:
        again, _ = _outputs(reading, rows, description)
        explains = any(again[name] >= EXPLAINED for name in description.attributes)
        outputs |= {name: max(value, outputs[name]) for name, value in again.items() if name not in AVERAGED}
    return Result(
        scores={name: outputs[name] for name in description.attributes},
        perspective={name: outputs[name] for name in description.perspective} if perspective else {},
        model=description.label,
        windows=windows,
        normalised=explains,
        language=planned.language,
    )


def _outputs(reading: OffsetMappedText, rows: Rows, description: ModelDescription) -> tuple[dict[str, float], int]:
    values, windows = rows[reading.text]
    return dict(zip(description.outputs, values, strict=True)), windows
