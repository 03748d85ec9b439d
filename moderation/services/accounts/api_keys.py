"""API keys: shown once when created, stored as digests, rate-limited in one place.

Checked keys are cached for two seconds. Revoking a key, or saving its user, takes effect at once in this process and
within two seconds in the others.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS

from archive.database.by_the_way import note_if_free
from archive.models import Source
from moderation.models import ApiKey, Scope
from moderation.services.accounts.rate_limits import Allowance, rate_limiter
from moderation.services.accounts.source_limits import Actor, row_check
from moderation.services.errors import conflict, invalid
from moderation.services.ttl_cache import TTLCache

# `last_used_at` is informational: written at most once per interval, and skipped if the write would have to wait.
LAST_USED_EVERY = timedelta(minutes=5)
# What a key keeps when its secret is replaced.
ROTATED = ("user", "name", "scopes", "rate", "trusted_feedback", "drop_unsupported", "last_used_at")
# Digest → key. The TTL bounds how long a key works after another process has revoked it.
_key_cache = TTLCache[str, ApiKey | None](seconds=2)


@transaction.atomic
def api_key_create(
    *,
    name: str,
    scopes: Sequence[str],
    expires: datetime | None = None,
    sources: Sequence[Source] = (),
    rate: int | None = None,
    drop_unsupported: bool = False,
    trusted_feedback: bool = False,
) -> tuple[ApiKey, str]:
    """Creates a key and returns it with its secret, which is not stored and cannot be shown again."""
    _check(name=name, scopes=scopes, expires=expires, rate=rate)
    key, token = ApiKey.objects.create(
        user=_service_user(name),
        expiry=None,
        name=name,
        scopes=sorted(set(scopes)),
        rate=rate,
        drop_unsupported=drop_unsupported,
        trusted_feedback=trusted_feedback,
    )
    key.sources.set(sources)
    if expires is not None:
        # Knox only takes a duration from now, which would miss the requested time by some microseconds.
        key.expiry = expires
        key.save(update_fields=["expiry"])
    return key, token


def api_key_authenticate(*, token: str) -> ApiKey | None:
    """Returns the key whose secret is `token`; None if it is unknown, expired or revoked, or its user is inactive.

    The key, its user and its sources are up to two seconds old and shared between requests: treat them as read-only.
    """
    digest = hash_token(token)
    key = _key_cache.get(digest, lambda: _read_key(token, digest))
    return key if key and not _is_expired(key) else None


def any_key_valid(*, tokens: Collection[str]) -> bool:
    """Returns whether any of these is the secret of a valid key; a single query rules out unknown tokens."""
    digests = {hash_token(token): token for token in tokens}
    starts = {token[: CONSTANTS.TOKEN_KEY_LENGTH] for token in tokens}
    known = ApiKey.objects.filter(token_key__in=starts, revoked_at=None).values_list("digest", flat=True)
    found = digests.keys() & set(known) if tokens else set()
    return any(api_key_authenticate(token=digests[digest]) for digest in found)


def _read_key(token: str, digest: str) -> ApiKey | None:
    found = ApiKey.objects.filter(token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH], revoked_at=None)
    key: ApiKey
    for key in found.select_related("user").prefetch_related("sources"):
        if compare_digest(digest, key.digest) and key.user.is_active and not _is_expired(key):
            _record_use(key, timezone.now())
            return key
    return None


def _is_expired(key: ApiKey) -> bool:
    return bool(key.expiry and key.expiry < timezone.now())


def api_key_revoke(*, key: ApiKey, actor: Actor = None) -> None:
    """Revokes a key for good; a key that is already revoked stays as it is.

    Raises ServiceError `not_found` for a key that is not limited to the actor's sources.
    """
    row_check(actor=actor, row=key)
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    keys_forget()


@transaction.atomic
def api_key_rotate(*, key: ApiKey, actor: Actor = None) -> str:
    """Gives a key a new secret and returns it; the old one is invalid from then on. All else stays, its name too.

    Raises ServiceError `conflict` for a revoked key, `not_found` for one that is not limited to the actor's sources.
    """
    row_check(actor=actor, row=key)
    old = ApiKey.objects.select_for_update().get(pk=key.pk)
    if old.revoked_at is not None:
        raise conflict("The key is revoked for good: create another one.")
    kept = {name: getattr(old, name) for name in ROTATED}
    sources = list(old.sources.all())
    # A key's digest is its primary key.
    old.delete()
    new, token = ApiKey.objects.create(expiry=None, **kept)
    new.sources.set(sources)
    ApiKey.objects.filter(pk=new.pk).update(expiry=old.expiry)
    keys_forget()
    return str(token)


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def keys_forget(**_: object) -> None:
    """Drops this process's cache of checked keys."""
    _key_cache.forget()


def key_sources(key: ApiKey) -> frozenset[int]:
    """Returns the ids of the sources that the key is limited to; empty means all."""
    return frozenset(source.pk for source in key.sources.all())


def request_allow(*, key: ApiKey) -> Allowance:
    """Counts one request of the key and returns whether it is within its rate.

    A key without a rate of its own gets MODERATION_KEY_RATE (0: unlimited). Requests are counted in Redis if it is
    configured and answers, else per process, so that N processes allow N times the rate.
    """
    rate = settings.MODERATION_KEY_RATE if key.rate is None else key.rate
    prefix = settings.CACHES["default"].get("KEY_PREFIX", "")
    return rate_limiter().hit(f"{prefix}{key.digest[:32]}", rate) if rate >= 1 else Allowance(True)


def _check(*, name: str, scopes: Sequence[str], expires: datetime | None, rate: int | None) -> None:
    if not name.strip() or len(name) > 100:  # noqa: PLR2004 - the column's length
        raise invalid("/name", "A key's name has 1 to 100 characters.", limit=100)
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise invalid("/scopes", f"Scopes are {', '.join(Scope.values)}; not {', '.join(unknown) or 'none'}.")
    if expires is not None and expires <= timezone.now():
        raise invalid("/expires", "A key must expire in the future.")
    if rate is not None and rate < 1:
        raise invalid("/rate", "A rate is at least 1 request a minute.", limit=1)


def _service_user(name: str) -> AbstractBaseUser:
    """Creates the user that belongs to the key and cannot log in: deactivating that user disables the key."""
    if ApiKey.objects.filter(name=name).exists():
        raise conflict(
            f"A key named {name} already exists: revoked keys keep their names, because decisions name them."
        )
    try:
        with transaction.atomic():
            return get_user_model().objects.create_user(username=f"key:{name}"[:150], password=None)
    except IntegrityError as error:
        raise conflict(f"A user named key:{name} already exists.") from error


def _record_use(key: ApiKey, now: datetime) -> None:
    if key.last_used_at is None or abs(now - key.last_used_at) > LAST_USED_EVERY:
        note_if_free(lambda: ApiKey.objects.filter(pk=key.pk).update(last_used_at=now))
