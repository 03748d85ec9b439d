"""Which features a policy's conditions read, so that nobody queries for what no rule asks about."""

from collections.abc import Iterator

from moderation.policies.conditions import Condition
from moderation.policies.conditions.texts import FactRange, ListHits
from moderation.policies.policy import Policy


def features_needed(policy: Policy) -> frozenset[str]:
    """Returns the names of the fields of `Features` that the policy's rules read beside the text's own facts."""
    return frozenset(name for leaf in _leaves(policy) for name in leaf.needs)


def facts_needed(policy: Policy) -> frozenset[str]:
    """Returns the facts of the text that its rules read."""
    return frozenset(leaf.fact for leaf in _leaves(policy) if isinstance(leaf, FactRange))


def lists_needed(policy: Policy) -> frozenset[str]:
    """Returns the names of the word lists whose hits its rules read."""
    return frozenset(leaf.list for leaf in _leaves(policy) if isinstance(leaf, ListHits))


def _leaves(policy: Policy) -> Iterator[Condition]:
    return (leaf for rule in policy.rules for _, leaf, _ in rule.leaves())
