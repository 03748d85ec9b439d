"""API keys: shown once when created, stored as digests, limited by rate and by address in one place.

Checked keys are cached for two seconds. Revoking a key, or saving its user, takes effect at once in this process and
within two seconds in the others.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS

from archive.database.by_the_way import note_if_free
from archive.models import Source
from moderation.models import ApiKey, AuditKind, Scope
from moderation.services.accounts.rate_limits import Allowance, rate_limiter
from moderation.services.accounts.source_limits import Actor, row_check
from moderation.services.errors import conflict, invalid
from moderation.services.ledger.audit import audit_record
from moderation.services.ttl_cache import TTLCache

# `last_used_at` is informational: written at most once per interval, and skipped if the write would have to wait.
LAST_USED_EVERY = timedelta(minutes=5)
# What a key keeps when its secret is replaced.
ROTATED = ("user", "name", "scopes", "rate", "trusted_feedback", "drop_unsupported", "networks", "last_used_at")
# What the audit trail says of a new key.
TOLD = ("scopes", "rate", "networks", "trusted_feedback", "drop_unsupported")
MAX_NETWORKS = 50
# For how long the secret before may work beside the new one.
MAX_OVERLAP_HOURS = 30 * 24
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
    networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Creates a key and returns it with its secret, which is not stored and cannot be shown again.

    `networks` are the addresses that it works from; none means all.
    """
    _check(name=name, scopes=scopes, expires=expires, rate=rate)
    key, token = ApiKey.objects.create(
        user=_service_user(name),
        expiry=None,
        name=name,
        scopes=sorted(set(scopes)),
        rate=rate,
        drop_unsupported=drop_unsupported,
        trusted_feedback=trusted_feedback,
        networks=networks_read(networks),
    )
    key.sources.set(sources)
    if expires is not None:
        # Knox only takes a duration from now, which would miss the requested time by some microseconds.
        key.expiry = expires
        key.save(update_fields=["expiry"])
    _audit("created", key, after={**{name: getattr(key, name) for name in TOLD}, **_limits(key)})
    return key, token


def networks_read(texts: Sequence[str]) -> list[str]:
    """Returns addresses and networks in their usual form; raises ServiceError for one that is neither."""
    if len(texts) > MAX_NETWORKS:
        raise invalid("/networks", f"At most {MAX_NETWORKS} networks.", code="too_many", limit=MAX_NETWORKS)
    try:
        return sorted({str(ip_network(text.strip())) for text in texts})
    except ValueError as error:
        raise invalid("/networks", f"A network reads 10.0.0.0/8 or 2001:db8::/32: {error}.") from None


def _limits(key: ApiKey) -> dict[str, Any]:
    expiry = key.expiry.isoformat() if key.expiry else None
    return {"sources": sorted(source.slug for source in key.sources.all()), "expires": expiry}


def _audit(action: str, key: ApiKey, actor: Actor = None, **said: Any) -> None:
    audit_record(kind=AuditKind.KEY, action=action, subject=key.name, actor=actor, **said)


def api_key_authenticate(*, token: str, address: str = "") -> ApiKey | None:
    """Returns the key whose secret is `token`; None if it is unknown, expired, revoked or not for `address`.

    Also None if its user is inactive. `address` is the client's, empty for a Unix socket. The key, its user and its
    sources are up to two seconds old and shared between requests: treat them as read-only.
    """
    digest = hash_token(token)
    key = _key_cache.get(digest, lambda: _read_key(token, digest))
    if key is None or not _is_valid(key, digest) or not _is_from(key, address):
        return None
    return key


def _is_from(key: ApiKey, address: str) -> bool:
    """Returns whether the key works from the address: from any if it has no networks."""
    if not key.networks:
        return True
    try:
        here = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    # A socket that takes both kinds writes IPv4 as IPv6.
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ip_network(network) for network in key.networks)


def any_key_valid(*, tokens: Collection[str]) -> bool:
    """Returns whether any of these is the secret of a valid key; a single query rules out unknown tokens."""
    digests = {hash_token(token): token for token in tokens}
    starts = {token[: CONSTANTS.TOKEN_KEY_LENGTH] for token in tokens}
    rows = _of_starts(starts).values_list("digest", "previous_digest")
    known = {digest for row in (rows if tokens else ()) for digest in row}
    return any(api_key_is_live(token=digests[digest]) for digest in digests.keys() & known)


def api_key_is_live(*, token: str) -> bool:
    """Returns whether this is the secret of a key that is neither expired nor revoked, wherever it is used from."""
    digest = hash_token(token)
    key = _key_cache.get(digest, lambda: _read_key(token, digest))
    return key is not None and _is_valid(key, digest)


def _of_starts(starts: Collection[str]) -> Any:
    """Returns the keys that are not revoked, one of whose secrets begins so."""
    either = Q(token_key__in=starts) | Q(previous_token_key__in=starts)
    return ApiKey.objects.filter(either, revoked_at=None)


def _read_key(token: str, digest: str) -> ApiKey | None:
    found = _of_starts([token[: CONSTANTS.TOKEN_KEY_LENGTH]])
    key: ApiKey
    for key in found.select_related("user").prefetch_related("sources"):
        if key.user.is_active and _is_valid(key, digest):
            _record_use(key, timezone.now())
            return key
    return None


def _is_valid(key: ApiKey, digest: str) -> bool:
    """Returns whether the key has not expired and the digest is that of its secret, or of the one before, in time."""
    now = timezone.now()
    if key.expiry and key.expiry < now:
        return False
    if compare_digest(digest, key.digest):
        return True
    overlaps = key.previous_until is not None and key.previous_until > now
    return overlaps and compare_digest(digest, key.previous_digest)


def api_key_revoke(*, key: ApiKey, actor: Actor = None) -> None:
    """Revokes a key for good; a key that is already revoked stays as it is.

    Raises ServiceError `not_found` for a key that is not limited to the actor's sources.
    """
    row_check(actor=actor, row=key)
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _audit("revoked", key, actor)
    keys_forget()


@transaction.atomic
def api_key_rotate(*, key: ApiKey, overlap_hours: int = 0, actor: Actor = None) -> str:
    """Gives a key a new secret and returns it; all else stays, its name too.

    The old secret works for another `overlap_hours`, or is invalid at once. A key has two secrets at most: the one
    before the old one is invalid from now on. Raises ServiceError `conflict` for a revoked key, `not_found` for one
    that is not limited to the actor's sources, `validation_error` for `/overlap_hours` out of range.
    """
    row_check(actor=actor, row=key)
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        said = f"Two secrets work for 0 to {MAX_OVERLAP_HOURS} hours."
        raise invalid("/overlap_hours", said, limit=MAX_OVERLAP_HOURS)
    old = ApiKey.objects.select_for_update().get(pk=key.pk)
    if old.revoked_at is not None:
        raise conflict("The key is revoked for good: create another one.")
    new, token = _replaced(old, overlap_hours)
    _audit("rotated", new, actor, after={"overlap_hours": overlap_hours})
    keys_forget()
    return token


def _replaced(old: ApiKey, overlap_hours: int) -> tuple[ApiKey, str]:
    """Returns the key with its new secret in place of the old row, of which the digest is the primary key."""
    kept = {name: getattr(old, name) for name in ROTATED}
    if overlap_hours:
        until = timezone.now() + timedelta(hours=overlap_hours)
        kept |= {"previous_digest": old.digest, "previous_token_key": old.token_key, "previous_until": until}
    sources = list(old.sources.all())
    old.delete()
    new, token = ApiKey.objects.create(expiry=None, **kept)
    new.sources.set(sources)
    ApiKey.objects.filter(pk=new.pk).update(expiry=old.expiry)
    return new, str(token)


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
