"""Which features a policy's conditions read, so that nobody queries for what no rule asks about."""

from moderation.policies.conditions.texts import FactRange, ListHits
from moderation.policies.policy import Policy


def features_needed(policy: Policy) -> frozenset[str]:
    """Returns the names of the fields of `Features` that the policy's rules read beside the text's own facts."""
    return frozenset(name for rule in policy.rules for _, leaf, _ in rule.leaves() for name in leaf.needs)


def facts_needed(policy: Policy) -> bool:
    """Returns whether the policy's rules read any fact that is stored of a text."""
    leaves = (leaf for rule in policy.rules for _, leaf, _ in rule.leaves())
    return any(isinstance(leaf, FactRange | ListHits) for leaf in leaves)
