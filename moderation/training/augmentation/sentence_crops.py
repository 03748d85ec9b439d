"""Sentence crops of longer comments, labelled by teachers: most comments are shorter than those of the sets.

A comment's label says nothing about a single sentence, so crops have soft labels only (`teachers`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from moderation.scoring.text.offset_mapped import says_something
from moderation.training.data.cleaning import key_of
from moderation.training.examples import Example

CROPPED = "cropped"
FROM = frozenset({"wikipedia", "context", "unlabelled", "civil"})
ENDS = re.compile(r"(?<=[.!?])\s+|\n+")
MIN_SENTENCES = 3
# A crop for every 300 characters of a comment, at most three.
EVERY, MOST = 300, 3
SENTENCES = 4
SHORTEST, LONGEST = 15, 400
# How often a pass sees each.
WEIGHT = 0.4


def sentence_crops(examples: Sequence[Example], seed: int) -> Iterator[Example]:
    """Runs of one to four sentences of the longer examples, drawn by the seed."""
    chance = random.Random(seed)  # noqa: S311 - training, no secret
    for one in examples:
        sentences = [part.strip() for part in ENDS.split(one.text) if part.strip()]
        if one.set in FROM and len(sentences) >= MIN_SENTENCES:
            yield from _crops(one, sentences, chance)


def _crops(one: Example, sentences: Sequence[str], chance: random.Random) -> Iterator[Example]:
    group = key_of(one.group or one.text)
    for _ in range(min(MOST, 1 + len(one.text) // EVERY)):
        begin = chance.randrange(len(sentences))
        text = " ".join(sentences[begin : begin + chance.randint(1, SENTENCES)])
        if SHORTEST <= len(text) <= LONGEST and says_something(text):
            yield Example(text, CROPPED, weight=WEIGHT, group=group)
