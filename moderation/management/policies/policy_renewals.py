"""What is said of numbers that were worked out anew."""

from collections.abc import Iterator

from moderation.services.policies.rollout.renewal import Renewal


def renewal_lines(found: Renewal) -> Iterator[str]:
    """Yields what each goal came to, and which version waits for a person."""
    yield from map(str, found.resolution.goals.values())
    if found.resolution.audit:
        yield f"The audit's shares, from the lowest risk up: {', '.join(map(str, found.resolution.audit))}."
    if found.version is None:
        yield f"Version {found.of.version} of the policy has these numbers already, or has nothing to work out."
    else:
        yield f"Version {found.version.version} of the policy is a draft with them: `policy activate` makes it judge."
