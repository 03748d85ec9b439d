"""Perturbation of training texts: people who evade filters write `1d10t`.

One of the annotated words is perturbed if there are any, else a longer word; the labels stay, and spans move with the
text.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace

from moderation.scoring.metrics.perturbations import KINDS, disguise
from moderation.training.augmentation.counterfactuals import moved
from moderation.training.examples import Example, Marked

WORD = re.compile(r"[^\W\d_]{3,}")
SURE = 0.5


def perturbed(example: Example, chance: random.Random) -> Example:
    """The example with one word disguised; unchanged if it has no word."""
    places = [match.span() for match in WORD.finditer(example.text)]
    marked = [place for place in places if _is_marked(place, example.spans or ())]
    if not places:
        return example
    begin, end = chance.choice(marked or places)
    rough = disguise(example.text, [(begin, end)], chance.choice(sorted(KINDS)), chance)
    longer = len(rough) - len(example.text)
    spans = None if example.spans is None else moved(example.spans, end, longer)
    return replace(example, text=rough, spans=spans)


def _is_marked(place: tuple[int, int], spans: Marked) -> bool:
    return any(begin <= place[0] and place[1] <= end and share >= SURE for begin, end, share in spans)
