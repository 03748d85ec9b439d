"""Prepares one text for the model (its language and readings), and turns the model's outputs into its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderation.scoring.catalogue.descriptions import ModelDescription
from moderation.scoring.catalogue.routing import Routing
from moderation.scoring.inference.windows import AVERAGED
from moderation.scoring.results import Language, Refusal, Result
from moderation.scoring.text.language import identify, mostly_not_latin, refuse_language
from moderation.scoring.text.normalise import deobfuscate
from moderation.scoring.text.offset_mapped import OffsetMappedText, readable, says_something

# From this score up, an attribute is explained by any words that carry it.
EXPLAINED = 0.1

Rows = Mapping[str, tuple[Sequence[float], int]]
"""Passage → the model's outputs for it, and its number of windows."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedText:
    """A text prepared for the model.

    Attributes:
        readings: The text as given and, if it looks obfuscated, its deobfuscated form.
        language: The language assumed for it, which the model serves.
    """

    readings: tuple[OffsetMappedText, ...]
    language: Language


def plan(text: str, given: str | None, fallback: str | None, routing: Routing) -> PreparedText | Refusal:
    """Prepare a text, or say why no model can judge it.

    Args:
        text: As given.
        given: A language to trust, or None.
        fallback: The language assumed for short or ambiguous text, or None for the models' default.
        routing: The models that may score it.
    """
    plain = readable(text)
    second = deobfuscate(plain)
    readings = (OffsetMappedText.of(plain), *([second] if second else []))
    if not says_something(readings[-1].text):
        return Refusal("no_text", "The text has no letter and no digit to judge.", None)
    first = _language(readings[0].text, given, fallback, routing)
    if second and _hides_letters(first, readings[0].text, second.text, routing):
        # Obfuscated text looks foreign: the deobfuscated form decides.
        again = _language(second.text, given, fallback, routing)
        first = first if isinstance(again, Refusal) else again
    return first if isinstance(first, Refusal) else PreparedText(readings, first)


def _hides_letters(first: Language | Refusal, written: str, read: str, routing: Routing) -> bool:
    """Whether the language of a text with a second reading is only that of the letters that hide another: it is
    refused, or it is one in other letters and the second reading has Latin ones."""
    if isinstance(first, Refusal):
        return True
    if first.origin == "given" or first.code == routing.default_language:
        return False
    return mostly_not_latin(list(filter(str.isalpha, written))) and not mostly_not_latin(
        list(filter(str.isalpha, read))
    )


def _language(text: str, given: str | None, fallback: str | None, routing: Routing) -> Language | Refusal:
    language = identify(text, given, routing, fallback=fallback)
    return refuse_language(language, routing) or language


def result(planned: PreparedText, rows: Rows, description: ModelDescription, *, perspective: bool) -> Result:
    """The scores of a text: the higher of its readings' scores for each output.

    Args:
        planned: The prepared text.
        rows: The outputs of every reading's text.
        description: Of the model that scored it.
        perspective: Whether to include the outputs on Perspective's scale.
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
