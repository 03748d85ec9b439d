"""What a policy says about a comment, and why."""

from dataclasses import dataclass
from typing import Any

FLAGGING_ACTIONS = frozenset({"queue", "hold", "reject"})
UNSCORABLE = "unscorable"


@dataclass(frozen=True, slots=True)
class VerdictReason:
    """A condition that held: `score` reached `threshold` (both probabilities, 0 to 1)."""

    attribute: str
    score: float
    threshold: float

    def as_json(self) -> dict[str, Any]:
        """Returns the reason as the API shows it."""
        return {"attribute": self.attribute, "score": round(self.score, 6), "threshold": self.threshold}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict. `rule` is the id of the rule that decided, empty if none matched.

    `risk` is the largest score ÷ threshold over the conditions that applied; `uncertainty` is 1 for a score on its
    threshold and falls to 0 at a distance of 1. `overridden` is the id of the rule that a floor overrode.
    """

    action: str
    rule: str
    policy: int
    reasons: tuple[VerdictReason, ...] = ()
    risk: float = 0.0
    uncertainty: float = 0.0
    overridden: str = ""

    @property
    def flagged(self) -> bool:
        """Whether a person should see the comment."""
        return self.action in FLAGGING_ACTIONS

    def as_json(self) -> dict[str, Any]:
        """Returns the verdict as it is stored and as the API shows it."""
        shown = {
            "action": self.action,
            "flagged": self.flagged,
            "rule": self.rule,
            "policy": self.policy,
            "reasons": [reason.as_json() for reason in self.reasons],
        }
        return {**shown, "overridden": self.overridden} if self.overridden else shown
