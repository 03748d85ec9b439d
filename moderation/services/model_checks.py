"""System checks of the models: those that are named are installed and active, those that are active can be opened."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Tags as CheckTags
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError

from moderation.checks import SETTINGS
from moderation.models import ModelVersion
from moderation.scoring import ScoringError, available, describe
from moderation.scoring.catalogue.routing import ALL
from moderation.services.model_versions import languages_allowed, models_named


@register(SETTINGS)
def models_are_installed(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """W005: MODERATION_MODELS names a model that is not installed; its languages are refused."""
    named = [name for name in settings.MODERATION_MODELS if name.partition("@")[0] not in available()]
    hint = "Make it (manage.py convert_model), correct MODERATION_MODELS_FOLDER, or take it out of MODERATION_MODELS."
    return [
        CheckWarning(f"MODERATION_MODELS names {name[:64]}, which is not installed.", hint=hint, id="moderation.W005")
        for name in named
    ]


@register(SETTINGS)
def experimental_languages_are_known(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """W006: MODERATION_EXPERIMENTAL_LANGUAGES names a language that no installed model has as experimental."""
    known = {code for name in available() for code in describe(name).experimental_languages}
    hint = "`manage.py model list` shows which languages a model has as experimental."
    return [
        CheckWarning(f"No model has {code} as an experimental language.", hint=hint, id="moderation.W006")
        for code in sorted(languages_allowed() - known - {ALL})
    ]


@register(CheckTags.database)
def models_are_as_named(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """W007: an active model whose files are not there; W008: one that is named or comes along, and is not active."""
    try:
        rows = list(ModelVersion.objects.filter(active=True)) if databases else []
    except DatabaseError:
        return []  # the tables are not there yet
    return [*_unreadable(rows), *_not_active(rows)]


def _unreadable(rows: Sequence[ModelVersion]) -> Iterator[CheckMessage]:
    for row in rows:
        try:
            describe(str(row))
        except ScoringError as error:
            hint = f"Put its files back, activate another version, or: manage.py model deactivate {row}."
            yield CheckWarning(f"{row} is active: {error.detail}", hint=hint, id="moderation.W007")


def _not_active(rows: Sequence[ModelVersion]) -> Iterator[CheckMessage]:
    names = {row.name for row in rows}
    wanted = [name for name in models_named() if name.partition("@")[0] in available()]
    for name in wanted if rows else ():
        if name.partition("@")[0] not in names:
            label = describe(name.partition("@")[0]).label
            hint = f"manage.py model activate {label}, or take it out of MODERATION_MODELS."
            yield CheckWarning(f"{label} is installed and not active.", hint=hint, id="moderation.W008")
