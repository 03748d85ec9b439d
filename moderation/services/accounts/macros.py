"""Macros: an action with its reason and note under one key, a person's own, kept with their settings of the desk."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from moderation.models import Reason
from moderation.services.accounts.desk_settings import desk_write
from moderation.services.errors import invalid

# Keys that do nothing else on a comment's page.
KEYS = "fgipqsw"
NAME_CHARACTERS, NOTE_CHARACTERS = 40, 5_000
MACROS = "macros"


@dataclass(frozen=True, slots=True)
class Macro:
    """What one key does: an action, with its reason, its note and the code of how long it defers."""

    key: str
    name: str
    action: str
    reason: str = ""
    note: str = ""
    defer: str = ""


def macros_read(stored: Mapping[str, Any]) -> list[Macro]:
    """Returns the macros in `Moderator.desk`, in the order of their keys."""
    return [Macro(**one) for one in sorted(stored.get(MACROS, ()), key=lambda one: str(one["key"]))]


def macro_save(*, user: User, macro: Macro, stored: Mapping[str, Any], actions: Mapping[str, bool]) -> None:
    """Keeps a macro, in place of the one of its key; `actions` is action → whether it takes a reason.

    Raises ServiceError `validation_error` by field.
    """
    if macro.key not in KEYS or len(macro.key) != 1:
        raise invalid("/key", _("A key is one of %(keys)s.") % {"keys": " ".join(KEYS)}, code="invalid_choice")
    if not macro.name.strip() or len(macro.name) > NAME_CHARACTERS:
        said = _("A macro has a name of at most %(limit)d characters.") % {"limit": NAME_CHARACTERS}
        raise invalid("/name", said, limit=NAME_CHARACTERS)
    if macro.action not in actions:
        raise invalid("/action", _("There is no such action."), code="invalid_choice")
    if macro.reason and not (actions[macro.action] and Reason.objects.filter(code=macro.reason).exists()):
        raise invalid("/reason", _("Only a rejection has a reason, and it is one of the newsroom's."))
    if len(macro.note) > NOTE_CHARACTERS:
        said = _("A note has at most %(limit)d characters.") % {"limit": NOTE_CHARACTERS}
        raise invalid("/note", said, limit=NOTE_CHARACTERS)
    others = [asdict(one) for one in macros_read(stored) if one.key != macro.key]
    desk_write(user, {MACROS: [*others, asdict(macro)]})


def macro_remove(*, user: User, key: str, stored: Mapping[str, Any]) -> None:
    """Takes the macro of a key away."""
    desk_write(user, {MACROS: [asdict(one) for one in macros_read(stored) if one.key != key]})
