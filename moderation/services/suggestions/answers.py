"""What a goal comes to, as data and as a sentence that commands, the API and notes show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from moderation.estimates.measures import ENOUGH, Estimate
from moderation.policies import Goal

SHARES = ("precision", "recall", "missed_share", "false_alarm_share", "match_rate")
MEASURES = (*SHARES, "queue_per_day")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A threshold that meets a goal, or that none does.

    Attributes:
        goal: What was asked for.
        attribute: Whose threshold it is.
        model: The model's name and version, such as `compact@1`.
        threshold: The score from which on to match; None if the decisions so far support none.
        more: About how many more decisions it would take; None if it is met, or if more of the same would not help.
        of_harmful: Whether only decisions that reject count, as for a guarantee.
        upper: Of a guarantee: the missed share is at most this, at a confidence of 95 %.
        estimates: The measures at the threshold, or at the one that comes nearest.
        comments, days, decisions: What it was worked out from: comments with a score, days with comments, decisions.
        waiting: How many comments were selected for review and have no decision yet.
        unscored: How many comments have no score by the model, and are left out.
    """

    goal: Goal
    attribute: str
    model: str
    threshold: float | None
    more: int | None
    comments: int
    days: int
    decisions: int
    waiting: int
    unscored: int
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    of_harmful: bool = False
    upper: float | None = None

    @property
    def supported(self) -> bool:
        """Whether the decisions so far support an answer."""
        return self.threshold is not None

    def as_json(self) -> dict[str, Any]:
        """Returns it as the API and the command show it."""
        return {
            "goal": str(self.goal),
            "attribute": self.attribute,
            "model": self.model,
            "guarantee": self.of_harmful,
            "threshold": self.threshold,
            "supported": self.supported,
            "more": self.more,
            "missed_share_at_most": self.upper,
            "estimates": {name: one.as_json() for name, one in self.estimates.items()},
            **{name: getattr(self, name) for name in ("comments", "days", "decisions", "waiting", "unscored")},
            "statement": str(self),
        }

    def __str__(self) -> str:
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        told = {"attribute": self.attribute, "model": self.model, "goal": self.goal, "number": self.decisions}
        if self.threshold is not None:
            found = {**told, "threshold": f"{self.threshold:g}"}
            yield _("%(attribute)s by %(model)s, %(goal)s: match from %(threshold)s on.") % found
            if self.upper is not None:
                said = _("At 95 %% confidence, at most %(share)s of what you reject is missed.")
                yield said % {"share": f"{self.upper:.1%}"}
            return
        said = _("%(attribute)s by %(model)s, %(goal)s: the %(number)d decisions so far do not support an answer.")
        yield said % told
        yield self._lacking()

    def _lacking(self) -> str:
        if self.more is None and self.decisions < ENOUGH:
            said = _("Nothing can be said before there are %(number)d, and the goal may take many more.")
            return said % {"number": ENOUGH}
        if self.more is None:
            return _("More decisions of the same kind would not help: no threshold comes near the goal.")
        if self.of_harmful:
            return _("About %(number)d more decisions that reject a comment would.") % {"number": self.more}
        return _("About %(number)d more decisions would.") % {"number": self.more}


@dataclass(frozen=True, slots=True)
class Equivalent:
    """The threshold of ours that flags as many comments as one on Perspective's scale.

    Attributes:
        attribute: Ours; `theirs` is Perspective's name for it.
        perspective: The threshold on their scale.
        threshold: Ours; None if theirs flags none of the comments.
        flagged: How many comments theirs flags; ours flags as many.
        comments: How many were scored on both scales.
    """

    attribute: str
    theirs: str
    perspective: float
    threshold: float | None
    flagged: int
    comments: int
    model: str

    def as_json(self) -> dict[str, Any]:
        """Returns it as the API and the command show it."""
        names = ("attribute", "perspective", "threshold", "flagged", "comments", "model")
        return {**{name: getattr(self, name) for name in names}, "statement": str(self)}

    def __str__(self) -> str:
        theirs = f"{self.theirs} {self.perspective:g} of Perspective's"
        if self.threshold is None:
            return f"{theirs} flags none of the newest {self.comments} comments: they do not support an answer."
        return (
            f"{theirs} flags {self.flagged} of the newest {self.comments} comments, as many as "
            f"{self.attribute} by {self.model} from {self.threshold:g} on."
        )
