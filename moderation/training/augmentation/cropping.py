"""Sentences out of longer comments, which teachers judge: most comments that people write are shorter than the sets'.

A label of a whole comment says nothing of one sentence in it, so crops have none of their own; they are only made where
a teacher labels them (`teaching`).
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
# A crop for each so many characters, and at most so many of one comment.
EVERY, MOST = 300, 3
SENTENCES = 4
SHORTEST, LONGEST = 15, 400
# A pass sees them as often as this.
WEIGHT = 0.4


def cropped(examples: Sequence[Example], seed: int) -> Iterator[Example]:
    """Runs of one to four sentences of the longer examples; which ones follows from the seed."""
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
