"""What the checks say of models, each with its fix."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.models import ModelVersion
from moderation.services.model_checks import (
    experimental_languages_are_known,
    models_are_as_named,
    models_are_installed,
)
from moderation.services.model_versions import models_active


def told(messages: Any) -> list[tuple[str, str]]:
    return [(message.id, f"{message.msg} {message.hint}") for message in messages]


def test_models_and_languages_that_are_there_raise_no_warning(second: str, settings: Any, db: None) -> None:
    settings.MODERATION_EXPERIMENTAL_LANGUAGES = ["hi", "all"]
    models_active()
    assert models_are_installed(None) == experimental_languages_are_known(None) == []
    assert models_are_as_named(None, databases=["default"]) == models_are_as_named(None) == []


def test_a_named_model_that_is_not_installed_and_a_language_that_none_has(settings: Any) -> None:
    settings.MODERATION_MODELS = ["compact", "nowhere@2"]
    settings.MODERATION_EXPERIMENTAL_LANGUAGES = ["xx"]
    [(code, said)] = told(models_are_installed(None))
    assert (code, "nowhere@2" in said, "convert_model" in said) == ("moderation.W005", True, True)
    [(code, said)] = told(experimental_languages_are_known(None))
    assert (code, "xx" in said) == ("moderation.W006", True)


@pytest.mark.django_db
def test_an_active_model_without_files_and_an_installed_one_that_is_not_active(second: str) -> None:
    ModelVersion.objects.create(name="compact", version=999, sha256="0" * 64, languages=["en"], active=True)
    gone, idle = told(models_are_as_named(None, databases=["default"]))
    assert gone[0] == "moderation.W007"
    assert "model deactivate compact@999" in gone[1]
    assert idle[0] == "moderation.W008"
    assert "manage.py model activate second@1" in idle[1]
