"""Static checks of a policy before it is saved: what is wrong with it, whatever the comments are."""

from moderation.policies.checks.findings import ERROR, WARNING, Catalogue, Finding
from moderation.policies.checks.names import check_names
from moderation.policies.checks.reach import check_reach
from moderation.policies.policy import Policy

__all__ = ["ERROR", "WARNING", "Catalogue", "Finding", "policy_check"]


def policy_check(policy: Policy, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Returns what is wrong with the policy, errors first, each in the order of the rules in its JSON."""
    found = [*check_reach(policy.rules), *(one for rule in policy.rules for one in check_names(rule, catalogue))]
    places = {rule.id: int(rule.pointer.rpartition("/")[2]) for rule in policy.rules}
    return tuple(sorted(found, key=lambda one: (one.level, places[one.rule])))
