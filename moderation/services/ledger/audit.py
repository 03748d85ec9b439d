"""The audit trail: who changed policies, word lists, keys, people, roles, settings, and who exported what."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils.encoding import force_bytes

from archive.database.locks import turn_take
from moderation.models import AuditEntry, AuditKind

# Hexadecimal digits: enough to tell two values apart, too few to stand for one elsewhere.
HASH_DIGITS = 16
SUBJECT_CHARACTERS = 200
# Servers that start at once record in turn, so that one change is told once.
SETTINGS_LOCK = int.from_bytes(b"settings", "big") >> 1
# Parts of the names of variables whose values are secrets, or addresses that may hold a password.
SECRET_PARTS = ("SECRET", "PASSWORD", "TOKEN", "_URL")
RECORDED, CHANGED, CREATED, EXPORTED = "recorded", "changed", "created", "exported"


def audit_record(
    *,
    kind: AuditKind,
    action: str,
    subject: str,
    actor: User | AnonymousUser | None = None,
    api_key: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Adds an entry, in the transaction that makes the change.

    Args:
        kind: What was changed.
        action: A verb in the past, such as `created`.
        subject: An id, or a name of the newsroom's own. Never a reader's or a colleague's name, nor words of theirs.
        actor: The person; None on the command line, and for a key, which `api_key` names.
        before, after: What changed, as JSON. What is personal or secret goes through `audit_hash` first.
    """
    return AuditEntry.objects.create(
        kind=kind,
        action=action,
        subject=subject[:SUBJECT_CHARACTERS],
        actor=actor if isinstance(actor, User) and not api_key else None,
        api_key=api_key,
        before=dict(before or {}),
        after=dict(after or {}),
    )


def audit_change(
    *,
    kind: AuditKind,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: User | AnonymousUser | None = None,
    api_key: str = "",
    action: str = CHANGED,
) -> AuditEntry | None:
    """Adds an entry with what differs between two states; none if nothing does."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not names:
        return None
    return audit_record(
        kind=kind,
        action=action,
        subject=subject,
        actor=actor,
        api_key=api_key,
        before={name: before[name] for name in names if name in before},
        after={name: after[name] for name in names if name in after},
    )


def audit_hash(value: str) -> str:
    """Returns what stands for a name or a secret: an HMAC under SECRET_KEY, so that nobody finds it by guessing."""
    key = force_bytes(settings.SECRET_KEY)
    return "hmac:" + hmac.new(key, b"audit" + value.encode(), hashlib.sha256).hexdigest()[:HASH_DIGITS]


def export_record(*, subject: str, actor: User | None = None, api_key: str = "", **limits: Any) -> AuditEntry:
    """Adds an entry for an export: what was exported, and the limits that were given."""
    said = {name: value for name, value in limits.items() if value}
    return audit_record(
        kind=AuditKind.EXPORT, action=EXPORTED, subject=subject, actor=actor, api_key=api_key, after=said
    )


@transaction.atomic
def settings_record() -> AuditEntry | None:
    """Adds an entry with the environment variables that differ from those recorded last; none if none do.

    Called when a server starts; of several that start at once, one records. Addresses with passwords and secrets are
    hashes.
    """
    turn_take(SETTINGS_LOCK)
    known: dict[str, str | None] = {}
    for after in AuditEntry.objects.filter(kind=AuditKind.SETTINGS).order_by("id").values_list("after", flat=True):
        known |= after
    now = {name: shown(name, value) for name, value in settings.MODERATO_ENVIRONMENT.items()}
    gone = dict.fromkeys(name for name, value in known.items() if value is not None and name not in now)
    return audit_change(
        kind=AuditKind.SETTINGS, subject="environment", before=known, after={**now, **gone}, action=RECORDED
    )


def shown(name: str, value: str) -> str:
    """Returns a variable's value as the trail holds it."""
    return audit_hash(value) if any(part in name for part in SECRET_PARTS) else value
