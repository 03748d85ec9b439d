"""A policy as it is applied: its rules, in the order in which they are tried, and what it says of itself."""

from dataclasses import dataclass, field

from moderation.policies.audit import Audit
from moderation.policies.conditions import AttributeRange
from moderation.policies.examples import Example
from moderation.policies.judging.program import Programs
from moderation.policies.rules import Rule


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it is applied: rules in the order in which they are tried, and its own tests.

    `braked` are the ids of rules that would act without a person and that send the comment to one instead.
    """

    version: int
    name: str
    rules: tuple[Rule, ...]
    audit_share: float = 0.0
    audit: Audit | None = None
    tests: tuple[Example, ...] = ()
    braked: frozenset[str] = frozenset()
    programs: Programs = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "programs", Programs(self.rules))

    @property
    def automatic(self) -> tuple[Rule, ...]:
        """The rules that take effect without a person."""
        return tuple(rule for rule in self.rules if rule.automatic)

    def audit_chance(self, risk: float) -> float:
        """Returns with what chance a passing comment of that risk goes to a person anyway."""
        return self.audit.chance(risk) if self.audit else self.audit_share

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The JSON pointers of the goals that have no number yet; with one, the policy cannot judge."""
        leaves = (leaf for rule in self.rules for leaf in rule.leaves())
        return tuple(place for place, leaf, _ in leaves if isinstance(leaf, AttributeRange) and not leaf.resolved)
