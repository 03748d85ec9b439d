"""Perspective's attributes, and the model outputs that each is read from. Pure."""

from collections.abc import Mapping
from functools import cache

from moderation.scoring import ModelDescription

# Perspective's attribute → our models' attribute with the same meaning.
MEANINGS = {
    "TOXICITY": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_attack",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "THREAT": "threat",
    "SEXUALLY_EXPLICIT": "sexual_explicit",
}


# Perspective's further attributes, most of them trained on decisions of New York Times moderators. Its OBSCENE is left
# out, because a column of that name usually holds Jigsaw's label.
FURTHER = (
    "FLIRTATION",
    "ATTACK_ON_AUTHOR",
    "ATTACK_ON_COMMENTER",
    "INCOHERENT",
    "INFLAMMATORY",
    "LIKELY_TO_REJECT",
    "SPAM",
    "UNSUBSTANTIAL",
)


PERSPECTIVE_ATTRIBUTES = (*MEANINGS, *FURTHER)


# Read from the output on Perspective's scale alone. The embedded model learnt TOXICITY from 21,000 scores and the
# others from 1,000; averaged with our attribute of the same meaning, which tells a threat from a mere insult, those
# agree better with Perspective at its thresholds.
ALONE = frozenset({"TOXICITY"})


def outputs_read(attribute: str, description: ModelDescription) -> tuple[str, ...]:
    """Returns the model outputs whose mean gives an attribute; empty if the model has none."""
    names = (f"perspective_{attribute.lower()}", MEANINGS.get(attribute, ""))
    found = tuple(name for name in names if name in description.outputs)
    return found[:1] if attribute in ALONE or attribute not in MEANINGS else found


@cache
def outputs_served(description: ModelDescription) -> Mapping[str, tuple[str, ...]]:
    """Returns Perspective's attribute → the outputs it is read from, for the attributes that a model serves."""
    outputs = ((attribute, outputs_read(attribute, description)) for attribute in PERSPECTIVE_ATTRIBUTES)
    return {attribute: read for attribute, read in outputs if read}
