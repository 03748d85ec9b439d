"""Concatenation with harmless comments: one sentence anywhere is enough to make a comment toxic.

The sets' toxic texts are toxic throughout, so a model that learnt from them alone takes a threat among friendly
sentences for friendly. A concatenated example keeps its labels and spans; Perspective's scores are left out, since its
score of the whole is unknown.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from moderation.scoring.results import ATTRIBUTES
from moderation.training.data.cleaning import key_of
from moderation.training.examples import Example, Marked

# The prefix in `Example.group` of a concatenated example, before the key of the original.
CONCATENATED = "joined "
# Concatenated examples for each example of a set; other sets' texts are longer or less certain.
COPIES = {"own": 4.0, "civil": 0.25}
# How often a pass sees each.
WEIGHT = 0.5
# Neighbours: harmless talk comments of these lengths in characters.
NEIGHBOURS = frozenset({"wikipedia", "context"})
SHORTEST, LONGEST = 60, 260
HARMLESS = {"toxicity": 0.05, "perspective_toxicity": 0.15}


def concatenated(examples: Sequence[Example], seed: int) -> Iterator[Example]:
    """Concatenated examples of the training split, drawn by the seed."""
    chance = random.Random(seed)  # noqa: S311 - training, no secret
    beside = [one.text for one in examples if _is_neighbour(one)]
    for one in examples:
        copies = int(COPIES.get(one.set, 0.0) + chance.random()) if beside and len(one.text) <= LONGEST else 0
        yield from (_concatenated(one, chance.choice(beside), chance.choice(beside), chance) for _ in range(copies))


def is_asked(one: Example) -> bool:
    """Whether teachers are asked: the labels of the project's own sentences, and of concatenations, are certain."""
    return one.set != "own" and not one.group.startswith(CONCATENATED)


def _is_neighbour(one: Example) -> bool:
    known = all(one.labels.get(name, 0.0) <= most for name, most in HARMLESS.items())
    return one.set in NEIGHBOURS and known and "toxicity" in one.labels and SHORTEST <= len(one.text) <= LONGEST


def _concatenated(one: Example, first: str, last: str, chance: random.Random) -> Example:
    """The example after a harmless text, before one, or between two."""
    before, after = chance.choice(((first, ""), ("", last), (first, last)))
    head = f"{before} " if before else ""
    text = f"{head}{one.text} {after}".strip()
    labels = {name: share for name, share in one.labels.items() if name in ATTRIBUTES}
    spans = None if one.spans is None else _moved(one.spans, len(head))
    return replace(
        one, text=text, labels=labels, spans=spans, weight=WEIGHT, group=CONCATENATED + key_of(one.group or one.text)
    )


def _moved(spans: Marked, by: int) -> Marked:
    return tuple((begin + by, end + by, share) for begin, end, share in spans)
