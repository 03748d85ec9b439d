"""Which features a policy's conditions read, so that nobody queries for what no rule asks about."""

from collections.abc import Iterable
from typing import Any

from moderation.policies.parse import Policy


def features_needed(policy: Policy) -> frozenset[str]:
    """Returns the names of the fields of `Features` that the policy's rules read.

    A kind of condition names its own in an attribute `needs`; one that holds others is asked through these, whatever
    the depth. A condition on scores needs none.
    """
    return frozenset(name for rule in policy.rules for name in _needs(rule))


def _needs(part: Any) -> Iterable[str]:
    yield from getattr(part, "needs", ())
    for one in getattr(part, "conditions", ()):
        yield from _needs(one)
