"""English rows: the compact model's splits, and what it says of them and of Tatoeba's English sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import Example, Marked
from moderation.training.network.batches import PLACE as ALL
from moderation.training.network.batches import Floats, SoftLabelled
from moderation.training.progress import progress_of
from moderation.training.span_annotations import mean_annotations
from moderation.training.teachers.existing_models import ask_models
from moderation.training.world.rows import OUTPUTS, Row
from moderation.training.world.sets import PAIR, cleaned

TEACHER_TOKENS = 128
WEIGHTS = {"cropped": 0.35, "own": 0.7, "tweets": 0.5, "paradetox": 0.4, "perspective": 2.0}
# Sentences of a phrase book: what is rude in them is hardly ruder than this, and the teacher calls too many rude.
PAIR_WEIGHT = 1.5
KINDER = 0.7


def ask(examples: Sequence[Example], pairs: Iterable[tuple[str, str, str]], teacher: Path) -> SoftLabelled:
    """What the teacher says of the examples and of the English sides of the pairs."""
    sides = [Example(text, PAIR) for text in dict.fromkeys(english for _, _, english in pairs)]
    asked = [*examples, *sides]
    soft, words = ask_models([one.text for one in asked], [teacher], TEACHER_TOKENS, progress_of)
    return SoftLabelled(asked, soft, 1.0, words)


def english_rows(labelled: SoftLabelled) -> Iterator[Row]:
    """The English training rows, with people's labels and the teacher's."""
    words: Sequence[Marked | None] = labelled.words or [None] * len(labelled.examples)
    for one, said, told in zip(labelled.examples, labelled.soft, words, strict=True):
        if one.set != PAIR:
            yield _row(one, _soft(said), told)


def _row(one: Example, said: dict[str, float], told: Marked | None) -> Row:
    known = {name: share for name, share in one.labels.items() if name in OUTPUTS}
    people = {name: share for name, share in known.items() if name in ATTRIBUTES}
    # Perspective's own scores, and what the writers of the own sentences meant, are no set's notion.
    sure = known if one.set == "own" else {name: share for name, share in known.items() if name not in people}
    people = {} if one.set == "own" else people
    spans = told if one.spans is None or told is None else mean_annotations(one.spans, told)
    weight = WEIGHTS.get(one.set, 1.0)
    return Row(one.text, one.set, "en", people, said | sure, weight, spans=spans, group=one.group)


def paired_rows(labelled: SoftLabelled, pairs: Iterable[tuple[str, str, str]]) -> Iterator[Row]:
    """Both sides of each pair, with what the teacher says of the English one."""
    said = {
        one.text: _kinder(_soft(row))
        for one, row in zip(labelled.examples, labelled.soft, strict=True)
        if one.set == PAIR
    }
    seen: set[str] = set()
    for language, own, english in pairs:
        yield Row(cleaned(own) or own, PAIR, language, soft=said[english], weight=PAIR_WEIGHT, group=english)
        if english not in seen:
            seen.add(english)
            yield Row(english, PAIR, "en", soft=said[english], group=english)


def _soft(said: Floats) -> dict[str, float]:
    return {name: round(float(said[ALL[name]]), 4) for name in OUTPUTS if not np.isnan(said[ALL[name]])}


def _kinder(said: dict[str, float]) -> dict[str, float]:
    """The attributes at most as high as their outputs on Perspective's scale, which pass everyday sentences."""
    toxicity = min(said["toxicity"], said.get("perspective_toxicity", 1.0))
    share = (toxicity / max(said["toxicity"], 1e-3)) ** KINDER
    return {name: value * share if name in ATTRIBUTES else value for name, value in said.items()} | {
        "toxicity": toxicity
    }
