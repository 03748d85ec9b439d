"""System checks: what is wrong with an installation, each with a number and its mend."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.checks import Tags as CheckTags
from django.db import connections

from moderation.models import ledger

logger = logging.getLogger(__name__)
_ledger_set_aside = ContextVar("_ledger_set_aside", default=False)


@contextmanager
def ledger_check_set_aside() -> Iterator[None]:
    """Runs a block in which E001 is not told: for the command that mends it."""
    token = _ledger_set_aside.set(True)
    try:
        yield
    finally:
        _ledger_set_aside.reset(token)


@register(CheckTags.database)
def ledger_is_append_only(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """E001: the triggers that keep the decision ledger from being changed are missing."""
    aliases = () if _ledger_set_aside.get() else databases or ()
    missing = [name for alias in aliases for name in ledger.missing_triggers(connections[alias])]
    hint = "Run manage.py migrate, which installs it again."
    return [
        Error(f"The decision ledger lacks its trigger {name}.", hint=hint, id="moderation.E001") for name in missing
    ]


@register()
def limits_make_sense(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """E002: a limit that refuses everything."""
    limits = ("MAX_TEXT_BYTES", "MAX_BODY_BYTES", "LEASE_SECONDS", "HOLD_SECONDS")
    wrong = [name for name in (f"MODERATION_{limit}" for limit in limits) if getattr(settings, name) < 1]
    return [
        Error(f"{name} must be at least 1.", hint=f"Set {name} in the environment.", id="moderation.E002")
        for name in wrong
    ]


def database_faults_log() -> None:
    """Logs what the checks of the database find: a server starts nonetheless, and without anybody's `check`."""
    for message in run_checks(tags=[CheckTags.database], databases=["default"]):
        logger.error("%s: %s %s", message.id, message.msg, message.hint or "")
