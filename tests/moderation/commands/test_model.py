"""`model` on a database that has no tables yet, or none at all, says so in one line."""

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from moderation.models import ModelVersion


@pytest.mark.parametrize("words", [["list"], ["activate", "compact@1"]])
def test_a_database_without_tables_is_an_error_of_one_line(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise OperationalError("no such table: moderation_modelversion")

    monkeypatch.setattr(ModelVersion.objects, "all", missing)
    monkeypatch.setattr("moderation.management.commands.model.model_activate", missing)
    with pytest.raises(CommandError, match=r"no such table.*manage\.py migrate"):
        call_command("model", *words)
