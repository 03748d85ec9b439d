"""`model`: who is active, who serves what, and how that changes."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from moderation.services.model_versions import models_active

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_list_says_which_languages_each_serves_and_which_are_experimental(second: str, settings: Any) -> None:
    assert "  second@1  tr, ru, es, de  (not used yet; experimental: hi, hi-Latn, ko)" in run("model", "list")
    models_active()
    settings.MODERATION_EXPERIMENTAL_LANGUAGES = ["hi"]
    lines = run("model", "list")
    assert lines[0] == "* compact@6  en"
    notes = "experimental, served: hi; experimental, not served: hi-Latn, ko"
    assert f"* second@1  tr, ru, es, de  ({notes})" in lines


def test_a_model_is_switched_off_and_on_and_each_time_it_is_said_who_serves_what(second: str) -> None:
    models_active()
    assert run("model", "deactivate", "second") == ["second@1 is not active any more; its scores stay."]
    lines = run("model", "activate", second)
    assert lines[0].startswith("second@1 is active.")
    assert lines[1:] == ["compact@6 serves en.", "second@1 serves tr, ru, es, de."]
    run("model", "deactivate", "second@1")
    with pytest.raises(CommandError, match="only active model"):
        run("model", "deactivate", "compact")


def test_a_language_that_goes_to_an_earlier_model_is_noted(second: str, settings: Any) -> None:
    models_active()
    from moderation.models import ModelVersion

    ModelVersion.objects.filter(name="compact").update(languages=["en", "tr"])
    assert any("tr by compact@6" in line for line in run("model", "list") if "second@1" in line)


def test_the_status_says_who_serves_what(second: str) -> None:
    models_active()
    assert "models: compact@6 (active: en), second@1 (active: tr ru es de)" in run("status")
    run("model", "deactivate", "second")
    assert "models: compact@6 (active), second@1" in run("status")


def test_a_run_tells_how_many_each_model_scored(second: str, make_comment: Any) -> None:
    make_comment("The ferry leaves at nine and the museum opens at ten.")
    make_comment("Bence belediye bu konuda haksız ve kimseye hesap vermiyor.")
    lines = run("score_comments")
    assert lines[0].startswith("2 comments scored by compact@6, second@1 in")
    assert lines[2:4] == ["  by compact@6: 1", "  by second@1: 1"]
