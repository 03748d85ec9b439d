"""System checks for problems of an installation, each with an id and a hint how to fix it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.checks import Tags as CheckTags
from django.core.checks import Warning as CheckWarning
from django.db import connections
from redis import Redis, RedisError

from moderation.models import ledger

logger = logging.getLogger(__name__)

SETTINGS = "settings"
DAY = 86_400
REDIS_SECONDS = 2.0
MAX_BYTES = 2**31 - 1
LIMITS = {
    "MODERATION_THREADS": (0, 1_024),
    "WEB_THREADS": (1, 10_000),
    "MODERATION_QUEUE_SECONDS": (0, 50),
    "MODERATION_WAIT_SECONDS": (1, 600),
    "MODERATION_LEASE_SECONDS": (1, DAY),
    "MODERATION_HOLD_SECONDS": (1, 7 * DAY),
    "MODERATION_MAX_TEXT_BYTES": (1, MAX_BYTES),
    "MODERATION_MAX_BODY_BYTES": (1, MAX_BYTES),
    "SECURE_HSTS_SECONDS": (0, 2**31 - 1),
}
MIN_KEY_LENGTH, MIN_KEY_CHARACTERS = 50, 10
_skip_ledger = ContextVar("_skip_ledger", default=False)


@contextmanager
def ledger_check_skipped() -> Iterator[None]:
    """Skips E001 within the block, for the command that fixes it."""
    token = _skip_ledger.set(True)
    try:
        yield
    finally:
        _skip_ledger.reset(token)


@register(CheckTags.database)
def ledger_is_append_only(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """E001: triggers that make the decision ledger or the audit trail append-only are missing."""
    aliases = () if _skip_ledger.get() else databases or ()
    missing = [name for alias in aliases for name in ledger.missing_triggers(connections[alias])]
    hint = "Run manage.py migrate, which installs it again."
    said = "A table that is only appended to lacks its trigger {}."
    return [Error(said.format(name), hint=hint, id="moderation.E001") for name in missing]


@register(SETTINGS)
def limits_make_sense(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """E002: a limit, a time or a number of threads is out of range."""
    wrong = {name: span for name, span in LIMITS.items() if not span[0] <= getattr(settings, name, span[0]) <= span[1]}
    return [
        Error(f"{name} must be from {least} to {most}.", hint=f"Set {name} in the environment.", id="moderation.E002")
        for name, (least, most) in wrong.items()
    ]


@register(SETTINGS)
def secret_key_is_strong(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """E003: in production, a secret key that can be guessed, and with it every session and webhook secret."""
    key = settings.SECRET_KEY
    if not settings.PRODUCTION or (len(key) >= MIN_KEY_LENGTH and len(set(key)) >= MIN_KEY_CHARACTERS):
        return []
    said = f"SECRET_KEY must have {MIN_KEY_LENGTH} characters or more, {MIN_KEY_CHARACTERS} of them different."
    hint = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    return [Error(said, hint=hint, id="moderation.E003")]


@register(CheckTags.database)
def redis_answers(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """W004: Redis is configured and does not answer, so that each process counts keys' requests itself."""
    if not settings.REDIS_URL or _redis_pings(settings.REDIS_URL):
        return []
    said = "Redis does not answer: each process counts the requests of rated keys itself."
    return [CheckWarning(said, hint="Start it, or correct or unset REDIS_URL.", id="moderation.W004")]


def _redis_pings(url: str) -> bool:
    try:
        client = Redis.from_url(url, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS)
        return bool(client.ping())
    except (RedisError, OSError, ValueError):
        return False


def settings_faults_log() -> bool:
    """Logs invalid settings; returns whether they must keep the server from starting."""
    return _log(run_checks(tags=[SETTINGS]))


def database_faults_log() -> None:
    """Logs the problems that the database checks find; they do not keep a server from starting."""
    _log(run_checks(tags=[CheckTags.database], databases=["default"]))


def _log(messages: Sequence[CheckMessage]) -> bool:
    for message in messages:
        logger.error("%s: %s %s", message.id, message.msg, message.hint or "")
    return any(message.is_serious() for message in messages)
