"""The actions that a person can take on comments, and a checked request for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from archive.database.clock import database_now
from moderation.models import Action, Ground, Reason, Review, State
from moderation.services.errors import invalid

# The permission for all actions on comments; source limits apply on top.
DECIDE = "moderation.decide"
NOTE_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRule:
    """What one action does to a comment, which inputs it takes, and its label.

    It applies to any comment that is scored and not closed, unless `is_done` already. `highlights`: sets or removes the
    highlight, and may leave the state as it is. `judges`: expresses an opinion on the comment; other actions only
    move it to another queue. `in_range`: offered for all comments of a score range.
    """

    leads_to: State
    label: str | Promise
    done: str | Promise
    highlights: bool | None = None
    judges: bool = False
    takes_reason: bool = False
    takes_until: bool = False
    in_range: bool = False

    def is_done(self, review: Review) -> bool:
        """Returns whether the action would change nothing."""
        if self.highlights is not None:
            return review.highlighted == self.highlights
        return review.state == self.leads_to


# All actions on comments, in display order; API, desk and admin derive from this.
ACTION_RULES: Mapping[str, ActionRule] = {
    Action.APPROVE: ActionRule(
        leads_to=State.APPROVED,
        label=gettext_lazy("Approve"),
        done=pgettext_lazy("done", "approved"),
        judges=True,
        in_range=True,
    ),
    Action.REJECT: ActionRule(
        leads_to=State.REJECTED,
        label=gettext_lazy("Reject"),
        done=pgettext_lazy("done", "rejected"),
        judges=True,
        takes_reason=True,
        in_range=True,
    ),
    Action.DEFER: ActionRule(
        leads_to=State.DEFERRED,
        label=gettext_lazy("Defer"),
        done=pgettext_lazy("done", "deferred"),
        takes_until=True,
    ),
    Action.ESCALATE: ActionRule(
        leads_to=State.ESCALATED,
        label=gettext_lazy("Escalate"),
        done=pgettext_lazy("done", "escalated"),
        in_range=True,
    ),
    Action.HIGHLIGHT: ActionRule(
        leads_to=State.APPROVED,
        label=gettext_lazy("Highlight"),
        done=pgettext_lazy("done", "highlighted"),
        highlights=True,
        judges=True,
    ),
    Action.UNHIGHLIGHT: ActionRule(
        leads_to=State.APPROVED,
        label=gettext_lazy("Remove highlight"),
        done=pgettext_lazy("done", "highlight removed"),
        highlights=False,
        judges=True,
    ),
    Action.REOPEN: ActionRule(
        leads_to=State.PENDING,
        label=gettext_lazy("Reopen"),
        done=pgettext_lazy("done", "reopened"),
    ),
}


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One action on one comment or many. `ground` is the ground of the reason; `batch` joins the ledger rows."""

    action: Action
    actor: User | None = None
    api_key: str = ""
    reason: str = ""
    ground: str = Ground.NONE
    note: str = ""
    until: datetime | None = None
    batch: UUID | None = None


def action_check(
    *,
    action: str,
    actor: User | None = None,
    api_key: str = "",
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
    batch: UUID | None = None,
) -> ActionRequest:
    """Returns the request; raises ServiceError `validation_error` by field if it is invalid. At most one query."""
    rule = ACTION_RULES.get(action)
    if rule is None:
        said = _("An action is one of %(actions)s.") % {"actions": ", ".join(ACTION_RULES)}
        raise invalid("/action", said, code="invalid_choice")
    if len(note) > NOTE_CHARACTERS:
        said = _("A note has at most %(limit)d characters.") % {"limit": NOTE_CHARACTERS}
        raise invalid("/note", said, limit=NOTE_CHARACTERS)
    _check_until(rule, until)
    ground = _ground(rule, reason)
    return ActionRequest(Action(action), actor, api_key, reason, ground, note, until, batch)


def _check_until(rule: ActionRule, until: datetime | None) -> None:
    if until is not None and not rule.takes_until:
        raise invalid("/until", _("Only a deferred comment comes back at a time."))
    if until is None and rule.takes_until:
        raise invalid("/until", _("Deferring needs the time at which the comment comes back."), code="required")
    check_future(until)


def check_future(until: datetime | None) -> None:
    """Raises ServiceError at `/until` for a time that is past or has no UTC offset."""
    if until is not None and timezone.is_naive(until):
        raise invalid("/until", _("The time needs its offset from UTC."))
    if until is not None and until <= database_now():
        raise invalid("/until", _("The time must lie in the future."))


def reason_ground(code: str) -> str:
    """Returns the ground of the reason `code`; raises ServiceError at `/reason` for an unknown one."""
    found = Reason.objects.filter(code=code).first()
    if found is None:
        raise invalid("/reason", _("There is no reason of this code."), code="invalid_choice")
    return found.ground


def _ground(rule: ActionRule, code: str) -> str:
    if code:
        return reason_ground(code)
    if rule.takes_reason and settings.MODERATION_REASON_REQUIRED:
        raise invalid("/reason", _("A rejection needs a reason."), code="required")
    return Ground.NONE
