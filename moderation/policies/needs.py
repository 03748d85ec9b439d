"""Which features a policy's conditions read, so that nobody queries for what no rule asks about."""

from moderation.policies.policy import Policy


def features_needed(policy: Policy) -> frozenset[str]:
    """Returns the names of the fields of `Features` that the policy's rules read beside the text's own facts."""
    return frozenset(name for rule in policy.rules for _, leaf, _ in rule.leaves() for name in leaf.needs)
