"""Webhook targets: the addresses that decisions are sent to, and the secrets that sign them.

A secret is derived from SECRET_KEY and a random salt, so that a copy of the database alone cannot sign. It is shown
only when it is created. After a change of SECRET_KEY each target needs a new secret; nothing is sent until then.

An `actor` who is limited to sources can create and change only targets limited to those; for other targets they get
ServiceError `not_found`.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from archive.models import Source
from moderation.models import AuditKind, WebhookTarget
from moderation.services.accounts.source_limits import Actor, row_check, sources_check
from moderation.services.errors import conflict, invalid
from moderation.services.ledger.audit import CREATED, audit_hash, audit_record
from moderation.services.webhooks.transport import url_check

PREFIX = "whsec_"
PURPOSE = "moderato.webhook"
OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 24 * 30
BECAUSE_CHARACTERS = 200


@transaction.atomic
def webhook_target_create(
    *, url: str, sources: Sequence[Source] = (), actor: Actor = None
) -> tuple[WebhookTarget, str]:
    """Creates an active target and returns it with its secret, which is not shown again.

    It receives decisions about `sources` (none means all) from now on; earlier ones are in the feed. Raises
    ServiceError at `/url`, and at `/sources` for sources beyond the actor's.
    """
    sources_check(actor=actor, sources=sources)
    url_check(url)
    salt = token_hex(32)
    secret = _secret(salt)
    target = WebhookTarget.objects.create(url=url, salt=salt, mark=_mark(secret))
    target.sources.set(sources)
    _audit(target, CREATED, actor, url=audit_hash(url), sources=sorted(source.slug for source in sources))
    return target, secret


@transaction.atomic
def webhook_secret_rotate(*, target: WebhookTarget, overlap_hours: int = OVERLAP_HOURS, actor: Actor = None) -> str:
    """Gives the target a new secret and returns it. The previous one signs too for another `overlap_hours`.

    At most two secrets sign: rotating again within that time ends the oldest at once. Raises ServiceError at
    `/overlap_hours`.
    """
    row_check(actor=actor, row=target)
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        detail = f"Two secrets sign for 0 to {MAX_OVERLAP_HOURS} hours."
        raise invalid("/overlap_hours", detail, limit=MAX_OVERLAP_HOURS)
    row = WebhookTarget.objects.select_for_update().get(pk=target.pk)
    kept = overlap_hours > 0 and _mark(_secret(row.salt)) == row.mark
    row.previous_salt = row.salt if kept else ""
    row.previous_until = timezone.now() + timedelta(hours=overlap_hours) if kept else None
    row.salt = token_hex(32)
    secret = _secret(row.salt)
    row.mark = _mark(secret)
    row.save(update_fields=["salt", "mark", "previous_salt", "previous_until"])
    _audit(row, "rotated", actor, overlap_hours=overlap_hours)
    return secret


def webhook_target_disable(*, target: WebhookTarget, because: str = "", actor: Actor = None) -> None:
    """Stops sending to the target; unsent deliveries stay, and new decisions are not queued for it."""
    row_check(actor=actor, row=target)
    active = WebhookTarget.objects.filter(pk=target.pk, active=True)
    if active.update(active=False, disabled_because=because[:BECAUSE_CHARACTERS]):
        _audit(target, "disabled", actor)


def webhook_target_enable(*, target: WebhookTarget, actor: Actor = None) -> None:
    """Resumes sending to the target at once: unsent deliveries and new decisions."""
    row_check(actor=actor, row=target)
    target.refresh_from_db()
    if not secrets_now(target):
        raise conflict("SECRET_KEY has changed since the secret was made: give the target a new secret first.")
    reset = {"failures": 0, "failing_since": None, "paused_until": None}
    WebhookTarget.objects.filter(pk=target.pk).update(active=True, disabled_because="", **reset)
    _audit(target, "enabled", actor)


def secrets_now(target: WebhookTarget, now: datetime | None = None) -> list[str]:
    """Returns the secrets that sign, newest first; none if SECRET_KEY has changed since they were created."""
    secret = _secret(target.salt)
    if _mark(secret) != target.mark:
        return []
    overlapping = target.previous_until is not None and target.previous_until > (now or timezone.now())
    return [secret, _secret(target.previous_salt)] if overlapping else [secret]


def _audit(target: WebhookTarget, action: str, actor: Actor, **after: Any) -> None:
    """Adds to the audit trail. An address may be a secret in itself, so it stands there as a hash."""
    audit_record(kind=AuditKind.WEBHOOK, action=action, subject=f"target {target.pk}", actor=actor, after=after)


def _secret(salt: str) -> str:
    return PREFIX + b64encode(salted_hmac(PURPOSE, salt, algorithm="sha256").digest()).decode()


def _mark(secret: str) -> str:
    """Returns a fingerprint of the secret, from which it cannot be recovered."""
    return hashlib.sha256(secret.encode()).hexdigest()
