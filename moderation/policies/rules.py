"""A rule of a policy: a condition, where it applies, and what it does."""

from collections.abc import Iterator
from dataclasses import dataclass

from moderation.policies.conditions import AttributeRange, Condition, Group
from moderation.policies.verdict import AUTOMATIC_ACTIONS

# From the safest for readers to the least safe.
SAFETY = ("reject", "hold", "queue", "pass", "approve", "highlight")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. An empty `source` or `section` means every one; a `floor` overrides what is less safe than itself.

    `pointer` is where the rule stands in the policy's JSON.
    """

    id: str
    action: str
    when: Group
    source: str = ""
    section: str = ""
    priority: int = 0
    floor: bool = False
    pointer: str = ""

    @property
    def level(self) -> int:
        """How specific the rule is: 0 everywhere, 1 a section, 2 a source, 3 a section of a source."""
        return (2 if self.source else 0) + (1 if self.section else 0)

    @property
    def safety(self) -> int:
        """The place of its action in SAFETY: the less, the safer."""
        return SAFETY.index(self.action)

    @property
    def automatic(self) -> bool:
        """Whether its action takes effect without a person."""
        return self.action in AUTOMATIC_ACTIONS

    def applies(self, *, source: str, section: str) -> bool:
        """Returns whether the comment is in the rule's scope."""
        return self.source in {"", source} and self.section in {"", section}

    def leaves(self) -> Iterator[tuple[str, Condition, bool]]:
        """Yields the rule's conditions without parts: JSON pointer, condition, whether it is under a `not`."""
        yield from self.when.leaves(f"{self.pointer}/when")

    @property
    def ranges(self) -> tuple[AttributeRange, ...]:
        """The conditions on scores that are not under a `not`."""
        leaves = self.leaves()
        return tuple(leaf for _, leaf, negated in leaves if isinstance(leaf, AttributeRange) and not negated)
