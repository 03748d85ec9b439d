"""What a policy says about a comment, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

FLAGGING_ACTIONS = frozenset({"queue", "hold", "reject"})
# What takes effect without a person.
AUTOMATIC_ACTIONS = frozenset({"approve", "highlight", "reject"})
# What a rule does that may no longer act without a person.
BRAKED_ACTION = "queue"
UNSCORABLE = "unscorable"


@dataclass(frozen=True, slots=True)
class VerdictReason:
    """A condition on a score that held: `score` reached `threshold` (both probabilities, 0 to 1)."""

    attribute: str
    score: float
    threshold: float

    def as_json(self) -> dict[str, Any]:
        """Returns the reason as the API shows it."""
        return {"attribute": self.attribute, "score": round(self.score, 6), "threshold": self.threshold}


@dataclass(frozen=True, slots=True)
class ConditionReason:
    """Any other condition that held, or, if `negated`, one whose opposite was asked for and that did not hold.

    `condition` is its kind (`fact`, `list`, `language` …), `name` which of that kind, `value` what was found; `gte` and
    `lte` are the bounds, if it has any; `version` is that of a list, the one that the text was matched with.
    """

    condition: str
    value: Any
    name: str = ""
    gte: float | None = None
    lte: float | None = None
    negated: bool = False
    version: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the reason as the API shows it, without what it has not."""
        value = round(self.value, 6) if isinstance(self.value, float) else self.value
        named = {"condition": self.condition, "name": self.name, "version": self.version}
        shown = {**named, "value": value, "gte": self.gte, "lte": self.lte}
        shown = {name: part for name, part in shown.items() if name == "value" or part not in ("", None)}
        return {**shown, "not": True} if self.negated else shown


Reason = VerdictReason | ConditionReason


def reason_text(reason: Mapping[str, Any]) -> str:
    """Returns a reason of a stored verdict in few signs: `toxicity 0.93 ≥ 0.80`, `list slurs@3 2 ≥ 1`, `not staff`."""
    if "attribute" in reason:
        return f"{reason['attribute']} {reason['score']:.2f} ≥ {reason['threshold']:.2f}"
    value, name = reason["value"], reason.get("name", "")
    what = name or reason["condition"]
    if reason["condition"] == "list":
        what = f"list {name}@{reason['version']}" if "version" in reason else f"list {name}"
    number = isinstance(value, int | float)
    found = what if isinstance(value, bool) else f"{what} {value:g}" if number else f"{what} {value}"
    bounds = f"{found}{_bound(' ≥ ', reason.get('gte'))}{_bound(' ≤ ', reason.get('lte'))}"
    return f"not {bounds}" if reason.get("not") else bounds


def _bound(sign: str, number: float | None) -> str:
    return "" if number is None else f"{sign}{number:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict. `rule` is the id of the rule that decided, empty if none matched.

    `risk` is the largest score ÷ threshold over the conditions that applied; `uncertainty` is 1 for a score on its
    threshold and falls to 0 at a distance of 1. `overridden` is the id of the rule that a floor overrode. `braked` is
    the action that the rule would have taken without a person, if it may not.
    """

    action: str
    rule: str
    policy: int
    reasons: tuple[Reason, ...] = ()
    risk: float = 0.0
    uncertainty: float = 0.0
    overridden: str = ""
    braked: str = ""

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
        beside = {"overridden": self.overridden, "braked": self.braked}
        return {**shown, **{name: what for name, what in beside.items() if what}}

    @property
    def automatic(self) -> bool:
        """Whether its action takes effect without a person."""
        return self.action in AUTOMATIC_ACTIONS

    def brake(self) -> "Verdict":
        """Returns the verdict with a person to look in place of an action without one."""
        return replace(self, action=BRAKED_ACTION, braked=self.action) if self.automatic else self
