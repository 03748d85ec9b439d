"""What a person wants done to comments, checked as far as it makes sense by itself."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from moderation.models import Action, Ground, Reason, State
from moderation.services.errors import invalid

LEADS_TO = {
    Action.APPROVE: State.APPROVED,
    Action.HIGHLIGHT: State.APPROVED,
    Action.UNHIGHLIGHT: State.APPROVED,
    Action.REJECT: State.REJECTED,
    Action.DEFER: State.DEFERRED,
    Action.ESCALATE: State.ESCALATED,
    Action.REOPEN: State.PENDING,
}
NOTE_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One act, to be done to one comment or many. `ground` is what the reason rests on; `batch` joins many rows."""

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
    """Returns the act; raises ServiceError `validation_error` by field where it makes no sense. At most one query."""
    if action not in LEADS_TO:
        said = _("An action is one of %(actions)s.") % {"actions": ", ".join(LEADS_TO)}
        raise invalid("/action", said, code="invalid_choice")
    if len(note) > NOTE_CHARACTERS:
        said = _("A note has at most %(limit)d characters.") % {"limit": NOTE_CHARACTERS}
        raise invalid("/note", said, limit=NOTE_CHARACTERS)
    check_until(action, until)
    ground = _ground(action, reason)
    return ActionRequest(Action(action), actor, api_key, reason, ground, note, until, batch)


def check_until(action: str, until: datetime | None) -> None:
    """Refuses, by field, an end that an action does not have, lacks, or that has passed."""
    if action not in {Action.DEFER, Action.MUTE} and until is not None:
        raise invalid("/until", _("Only a deferred comment comes back at a time."))
    if action == Action.DEFER and until is None:
        raise invalid("/until", _("Deferring needs the time at which the comment comes back."), code="required")
    if until is not None and timezone.is_naive(until):
        raise invalid("/until", _("The time needs its offset from UTC."))
    if until is not None and until <= database_now():
        raise invalid("/until", _("The time must lie in the future."))


def reason_ground(code: str) -> str:
    """Returns the ground of the newsroom's reason `code`; refuses a code that is none, by field."""
    found = Reason.objects.filter(code=code).first()
    if found is None:
        raise invalid("/reason", _("There is no reason of this code."), code="invalid_choice")
    return found.ground


def _ground(action: str, code: str) -> str:
    if code:
        return reason_ground(code)
    if action == Action.REJECT and settings.MODERATION_REASON_REQUIRED:
        raise invalid("/reason", _("A rejection needs a reason."), code="required")
    return Ground.NONE
