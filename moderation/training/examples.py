"""A text with its labels, the form that every set is read into; and the outputs that a model may have.

Labels are shares from 0 to 1: of annotators if a set has them, else 0 or 1. An output that a set does not label is
absent from `labels`, never 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moderation.scoring.results import ATTRIBUTES

SERVED = (
    "perspective_toxicity",
    "perspective_severe_toxicity",
    "perspective_identity_attack",
    "perspective_insult",
    "perspective_profanity",
    "perspective_sexually_explicit",
    "perspective_threat",
)
# Perspective's further attributes: kept only if the model learns them (`release.evaluate`).
FURTHER = (
    "perspective_flirtation",
    "perspective_attack_on_author",
    "perspective_attack_on_commenter",
    "perspective_incoherent",
    "perspective_inflammatory",
    "perspective_likely_to_reject",
    "perspective_obscene",
    "perspective_spam",
    "perspective_unsubstantial",
)
OUTPUTS = (*ATTRIBUTES, *SERVED, *FURTHER)
# Sets differ in what they call toxic: each has its own shifts in training (`network.model.SetShift`).
SETS = ("wikipedia", "context", "civil", "tweets", "paradetox", "perspective", "unlabelled", "own", "cropped")

Marked = tuple[tuple[int, int, float], ...]
# Takes a task and its size; returns a function that takes how many are done.
Progress = Callable[[str, int], Callable[[int], None]]


class TrainingError(Exception):
    """Why a training stops, in one sentence; it quotes no comment."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text of one set.

    Attributes:
        labels: Output → share, 0 to 1.
        weight: How often a pass of the training sees it: 0.3 is three passes of ten, 4 is four times in each.
        spans: (begin, end, share of annotators who marked it) in code points; None if nobody was asked.
        agreed: Whether the spans are those on which annotators agreed, not each one's.
        group: Examples of one group fall into one split; empty: the text stands alone. For an example
            made from another: what `teachers.stacking.fold_of` finds that one's fold by.
    """

    text: str
    set: str
    labels: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0
    spans: Marked | None = None
    group: str = ""
    agreed: bool = False


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write examples as JSON lines, which `evaluate_model` reads too; atomically."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        for one in examples:
            spans = {} if one.spans is None else {"spans": one.spans, "agreed": one.agreed}
            row = {"text": one.text, "set": one.set, "weight": one.weight, "group": one.group, **one.labels, **spans}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    new.replace(path)


def read_examples(path: Path) -> Iterator[Example]:
    """Read what `write_examples` wrote."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            labels = {name: row[name] for name in OUTPUTS if name in row}
            spans = tuple((begin, end, share) for begin, end, share in row["spans"]) if "spans" in row else None
            agreed = row.get("agreed", False)
            yield Example(row["text"], row["set"], labels, row["weight"], spans, row["group"], agreed)
