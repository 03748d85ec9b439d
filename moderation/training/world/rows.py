"""A text of any language with its labels, and the outputs that the world model has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import SERVED, Marked

PERSPECTIVE = (*SERVED, "perspective_attack_on_commenter", "perspective_likely_to_reject")
OUTPUTS = (*ATTRIBUTES, *PERSPECTIVE)
ENGLISH = ("wikipedia", "context", "civil", "tweets", "paradetox", "perspective", "unlabelled", "own", "cropped")
NATIVE = ("tr-lingda", "zh-cold", "de-germeval2018", "ko-curse", "fr-mlma", "ar-mlma")
# The first is for whatever has no notion of its own: teachers' labels and the project's own sentences.
SETS = ("none", *ENGLISH, *NATIVE)


@dataclass(frozen=True, slots=True)
class Row:
    """One text.

    Attributes:
        set: One of `SETS`, or the name of a set of which only soft labels are known.
        language: Its code.
        people: Attribute → share, as the set's people would have it.
        soft: Output → share, by a teacher or by the writer of the sentence.
        weight: How often a pass sees it.
        heed: Weight in the loss.
        spans: (begin, end, share) of what is abusive; None if nobody was asked.
        group: What falls into one part together; empty: the text stands alone.
    """

    text: str
    set: str
    language: str
    people: Mapping[str, float] = field(default_factory=dict)
    soft: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0
    heed: float = 1.0
    spans: Marked | None = None
    group: str = ""


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write rows as JSON lines, atomically; how many they were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new, written = path.with_suffix(".new"), list(rows)
    with new.open("w", encoding="utf-8") as file:
        for one in written:
            file.write(json.dumps({name: getattr(one, name) for name in one.__slots__}, ensure_ascii=False) + "\n")
    new.replace(path)
    return len(written)


def read_rows(path: Path) -> Iterator[Row]:
    """Read what `write_rows` wrote."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            fields = json.loads(line)
            spans = fields.pop("spans")
            yield Row(**fields, spans=None if spans is None else tuple((a, b, share) for a, b, share in spans))
