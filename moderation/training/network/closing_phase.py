"""How often the closing part of a training sees an example: little of what is plenty, much of what sets lack.

The long passes learn what most comments are like, and so that the names of some groups mostly stand in abuse. At the
end, at a low rate, the project's own sentences and the harmless comments that name a group come often, and the sets
whose labels lean on words come seldom; people's labels and Perspective's scores hold what was learnt.
"""

from __future__ import annotations

from moderation.scoring.metrics.identity_terms import terms_in
from moderation.training.augmentation.joining import JOINED
from moderation.training.examples import Example

TIMES = {
    "own": 8.0,
    "perspective": 8.0,
    "wikipedia": 1.0,
    "context": 1.0,
    "civil": 0.7,
    "unlabelled": 0.3,
    "tweets": 0.3,
    "cropped": 0.2,
    "paradetox": 0.1,
}
NAMED, HARMLESS = 2.0, 0.1
# Of each own sentence there are several.
JOINED_TIMES = 1.0


def closing_weight(example: Example) -> float:
    """How often a whole closing pass would see the example."""
    if example.group.startswith(JOINED):
        return JOINED_TIMES
    times = TIMES[example.set]
    harmless = example.labels.get("toxicity", 1.0) <= HARMLESS
    return max(times, NAMED) if harmless and terms_in(example.text) else times
