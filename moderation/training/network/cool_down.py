"""How often the cool-down phase sees an example: rarely what is plentiful, often what the sets lack.

The long passes learn what most comments are like, including that some group names mostly occur in abuse. In the
cool-down phase, at a low learning rate, the project's own sentences and harmless comments that name a group come often,
and sets whose labels depend on single words come rarely; people's labels and Perspective's scores preserve the rest.
"""

from __future__ import annotations

from moderation.scoring.metrics.identity_terms import terms_in
from moderation.training.augmentation.concatenation import CONCATENATED
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
# There are several of each own sentence.
CONCATENATED_TIMES = 1.0


def cool_down_weight(example: Example) -> float:
    """How often a full cool-down pass would see the example."""
    if example.group.startswith(CONCATENATED):
        return CONCATENATED_TIMES
    times = TIMES[example.set]
    harmless = example.labels.get("toxicity", 1.0) <= HARMLESS
    return max(times, NAMED) if harmless and terms_in(example.text) else times
