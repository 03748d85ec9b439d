"""System checks: what is wrong with an installation, each with a number and its mend."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Tags as CheckTags
from django.db import connections

from moderation.models import ledger


@register(CheckTags.database)
def ledger_is_append_only(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """E001: the triggers that keep the decision ledger from being changed are missing."""
    missing = [name for alias in databases or [] for name in ledger.missing_triggers(connections[alias])]
    hint = "A migration rebuilt the table: end it with InstallLedgerTriggers(), and run that operation now."
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
