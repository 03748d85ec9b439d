"""Every column that can hold words is declared personal or not, and the documentation lists the personal ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from moderation.services.privacy.registry import PERSONAL, declared_fields, word_fields

PAGE = Path(settings.BASE_DIR) / "docs" / "reference" / "personal-data.md"


def test_every_column_that_can_hold_words_is_declared_once() -> None:
    found, declared = word_fields(), declared_fields()
    assert {"archive.Comment", "sessions.Session", "axes.AccessLog", "admin.LogEntry", "auth.User"} <= found.keys()
    assert {label: sorted(names) for label, names in declared.items()} == {
        label: sorted(names) for label, names in found.items()
    }


@pytest.fixture
def new_model() -> Iterator[type[models.Model]]:
    """A model that somebody adds without declaring its columns."""

    class Diary(models.Model):
        entry = models.TextField()
        pages = models.IntegerField()

        class Meta:
            app_label = "moderation"

        def __str__(self) -> str:
            return "diary"

    yield Diary
    del apps.all_models["moderation"]["diary"]
    apps.clear_cache()


def test_a_column_that_nobody_declared_is_found(new_model: type[models.Model]) -> None:
    assert word_fields()["moderation.Diary"] == {"entry"}
    assert "moderation.Diary" not in declared_fields()


def test_the_documentation_has_each_personal_column_and_its_fate() -> None:
    rows = re.findall(r"^\| ([\w.]+) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {
        (model, name, whose, fate) for model, names, whose, fate in rows for name in re.findall(r"`(\w+)`", names)
    }
    assert listed == {
        (model, name, one.whose.value, one.fate.value)
        for model, names in PERSONAL.items()
        for name, one in names.items()
    }
