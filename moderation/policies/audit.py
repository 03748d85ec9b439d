"""The audit: with what chance a passing comment goes to a person anyway."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.policies.errors import PolicyError
from moderation.policies.messages import Message, gettext_noop

# One stratum ends where the next begins, each at half the risk of the one after it: 1/8, 1/4, 1/2.
HALF = 0.5
HIGH_FLOOR = gettext_noop("the floor {floor} is above the share {share}")
SHARES = gettext_noop("there are {shares} shares for {strata} strata")


@dataclass(frozen=True, slots=True)
class Audit:
    """How passing comments are drawn for review.

    Attributes:
        share: Of all that pass: the budget.
        floor: The least of any stratum.
        strata: How many strata of risk there are; one is a uniform draw.
        shares: Of each stratum, from the lowest risk up; empty as long as none were worked out: then `share` of each.
    """

    share: float
    floor: float = 0.0
    strata: int = 1
    shares: tuple[float, ...] = ()

    @property
    def bounds(self) -> tuple[float, ...]:
        """The risks at which the strata but the lowest begin."""
        return tuple(HALF**power for power in range(self.strata - 1, 0, -1))

    def chance(self, risk: float) -> float:
        """Returns with what chance a passing comment of that risk is drawn."""
        return self.shares[bisect_right(self.bounds, risk)] if self.shares else self.share


def parse_audit(body: Mapping[str, Any]) -> Audit:
    """Returns the audit that `body`, which fits the schema, describes; raises PolicyError."""
    audit = Audit(body["share"], body.get("floor", 0.0), body.get("strata", 1), tuple(body.get("shares", ())))
    if audit.floor > audit.share:
        raise PolicyError("/audit/floor", Message(HIGH_FLOOR, floor=audit.floor, share=audit.share))
    if audit.shares and len(audit.shares) != audit.strata:
        raise PolicyError("/audit/shares", Message(SHARES, shares=len(audit.shares), strata=audit.strata))
    return audit
