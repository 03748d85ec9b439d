"""The second factor: begun, confirmed, asked for at each login, and taken off again by an administrator."""

import hashlib
import secrets
from base64 import b32encode
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import AuditKind, RecoveryCode, SecondFactor
from moderation.services.errors import conflict, invalid
from moderation.services.ledger.audit import audit_record

OFF, MODERATORS, ALL = REQUIRED = ("off", "moderators", "all")
DECIDE = "moderation.decide"
DEVICE = "app"
# Session keys: the person who gave the code in this session; whether they have a second factor, noted at login.
SESSION_VERIFIED, SESSION_HAS_ONE = "second_factor_verified", "second_factor_has_one"
CODES = 8
CODE_BYTES = 10


def second_factor_is_required(*, user: User) -> bool:
    """Returns whether SECOND_FACTOR asks the person for one."""
    if settings.SECOND_FACTOR == MODERATORS:
        return user.has_perm(DECIDE)
    return bool(settings.SECOND_FACTOR == ALL)


def second_factor_of(*, user: User) -> SecondFactor | None:
    """Returns the person's app if it is confirmed."""
    found: SecondFactor | None = SecondFactor.objects.filter(user=user, confirmed=True).first()
    return found


def second_factor_begin(*, user: User) -> SecondFactor:
    """Returns the app that waits to be confirmed, the same one until it is.

    Raises ServiceError `conflict` for a person who has a confirmed one.
    """
    if second_factor_of(user=user):
        raise conflict(_("You have a second factor already."))
    found: SecondFactor = SecondFactor.objects.get_or_create(user=user, name=DEVICE, confirmed=False)[0]
    return found


def second_factor_confirm(*, user: User, code: str) -> list[str]:
    """Confirms the app with a code of it, and returns the recovery codes, which are not shown again.

    Raises ServiceError: `validation_error` at `/code` for a wrong one, `conflict` if nothing waits to be confirmed.
    """
    with transaction.atomic():
        device = SecondFactor.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is None:
            raise conflict(_("Nothing waits to be confirmed: begin again."))
        # Outside the block that may be rolled back: a wrong code counts.
        if right := device.verify_token(_digits(code)):
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            codes = recovery_codes_replace(user=user)
            _audit("second factor on", user, user)
    if not right:
        raise _wrong()
    return codes


def second_factor_verify(*, user: User, code: str) -> None:
    """Checks a code of the app, or a recovery code, which then is used up.

    Raises ServiceError `validation_error` at `/code` for a wrong or a used one, and for any while too many were wrong.
    """
    with transaction.atomic():
        device = SecondFactor.objects.select_for_update().filter(user=user, confirmed=True).first()
        if device is None:
            raise conflict(_("You have no second factor yet."))
        right = device.verify_token(_digits(code)) if _digits(code).isdecimal() else _recovered(device, code)
    if not right:
        raise _wrong()


def _recovered(device: SecondFactor, code: str) -> bool:
    """Uses up the recovery code, if it is one; a wrong one slows down as a wrong code of the app does."""
    if not device.verify_is_allowed()[0]:
        return False
    rows = RecoveryCode.objects.filter(user=device.user, digest=_digest(code), used_at=None)
    if rows.update(used_at=timezone.now()):
        device.throttle_reset()
        _audit("recovery code used", device.user, device.user)
        return True
    device.throttle_increment()
    return False


@transaction.atomic
def recovery_codes_replace(*, user: User) -> list[str]:
    """Returns new recovery codes; the ones before are no longer valid."""
    RecoveryCode.objects.filter(user=user).delete()
    raw = [b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _one in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in raw)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in raw]


@transaction.atomic
def second_factor_reset(*, user: User, actor: User | None = None) -> bool:
    """Takes a person's second factor off, and returns whether there was one: for somebody who lost phone and codes."""
    codes, _rows = RecoveryCode.objects.filter(user=user).delete()
    devices, _rows = SecondFactor.objects.filter(user=user).delete()
    if devices:
        _audit("second factor off", user, actor)
    return bool(devices or codes)


def _digits(code: str) -> str:
    return "".join(code.split())


def _digest(code: str) -> str:
    return hashlib.sha256("".join(code.split()).replace("-", "").lower().encode()).hexdigest()


def _wrong() -> Exception:
    return invalid("/code", _("This code is wrong, used, or too old. After several wrong ones, wait a moment."))


def _audit(action: str, user: User, actor: User | None) -> None:
    audit_record(kind=AuditKind.PERSON, action=action, subject=f"user {user.pk}", actor=actor)


def people_with_second_factor() -> Sequence[str]:
    """Returns the names of those who have one."""
    names = SecondFactor.objects.filter(confirmed=True).order_by("user__username")
    return list(names.values_list("user__username", flat=True))
