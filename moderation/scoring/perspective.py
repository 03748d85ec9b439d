"""Perspective's attributes and the outputs of a model that each is read from. Pure."""

from collections.abc import Mapping
from functools import cache

from moderation.scoring import ModelDescription

# Perspective's attribute → the attribute of our models that means the same.
MEANINGS = {
    "TOXICITY": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_attack",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "THREAT": "threat",
    "SEXUALLY_EXPLICIT": "sexual_explicit",
}


# Perspective's further attributes, most of them learnt from moderators of the New York Times. Their OBSCENE is left
# out, since a column of that name mostly holds Jigsaw's label.
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


# Read from the output on Perspective's scale alone. The embedded model learnt that of TOXICITY from 21,000 scores and
# the others from 1,000; with the attribute of the same meaning, which knows a threat from a mere insult, their mean
# agrees better with Perspective where it flags.
ALONE = frozenset({"TOXICITY"})


def outputs_read(attribute: str, description: ModelDescription) -> tuple[str, ...]:
    """Returns the model's outputs whose mean an attribute is read from; none where it has none."""
    names = (f"perspective_{attribute.lower()}", MEANINGS.get(attribute, ""))
    found = tuple(name for name in names if name in description.outputs)
    return found[:1] if attribute in ALONE or attribute not in MEANINGS else found


@cache
def outputs_served(description: ModelDescription) -> Mapping[str, tuple[str, ...]]:
    """Returns Perspective's attributes that a model serves → the outputs they are read from."""
    outputs = ((attribute, outputs_read(attribute, description)) for attribute in PERSPECTIVE_ATTRIBUTES)
    return {attribute: read for attribute, read in outputs if read}
