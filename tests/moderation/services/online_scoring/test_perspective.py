"""Which outputs serve Perspective's attributes, and which calibration puts them on its scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moderation.scoring import describe
from moderation.scoring.calibration import Calibration, Curve, own_calibration, write_calibration
from moderation.scoring.perspective import outputs_read
from moderation.services.online_scoring import perspective
from moderation.services.online_scoring.perspective import (
    calibration_active,
    calibration_path,
    languages_judge,
    scores_begin,
)
from moderation.services.online_scoring.request_queue import request_queue_active

HALVED = Curve(("perspective_toxicity",), 300, (0.0, 0.5, 1.0), (0.0, 0.25, 1.0))


@pytest.fixture
def local(settings: Any, tmp_path: Path) -> Iterator[Calibration]:
    """A local calibration `ours`, named by the setting."""
    settings.BASE_DIR = tmp_path
    settings.MODERATION_PERSPECTIVE_CALIBRATION = "ours"
    description = describe("compact")
    calibration = Calibration("ours", 1, description.label, description.sha256, {"TOXICITY": HALVED})
    write_calibration(calibration, calibration_path("ours"))
    perspective._calibration.cache_clear()
    yield calibration
    perspective._calibration.cache_clear()


def test_an_attribute_is_read_from_what_the_model_has_for_it() -> None:
    description = describe("compact")
    plain = replace(description, perspective=())
    poor = replace(description, perspective=(), attributes=("toxicity",))
    assert outputs_read("TOXICITY", description) == ("perspective_toxicity",)
    assert outputs_read("PROFANITY", description) == ("perspective_profanity", "obscene")
    assert outputs_read("PROFANITY", plain) == ("obscene",)
    assert outputs_read("TOXICITY", poor) == ("toxicity",)
    assert outputs_read("LIKELY_TO_REJECT", description) == ("perspective_likely_to_reject",)
    assert outputs_read("LIKELY_TO_REJECT", plain) == outputs_read("SPAM", description) == ()
    assert outputs_read("PROFANITY", poor) == outputs_read("NONE", description) == ()


def test_without_a_setting_the_models_own_calibration_serves() -> None:
    description = describe("compact")
    assert calibration_active(description) == own_calibration(description)


@pytest.mark.django_db
def test_the_setting_names_a_local_calibration(local: Calibration) -> None:
    queue = request_queue_active()
    text = "You are a stupid idiot."
    (raw,) = queue.batcher.score([text], languages=["en"])
    scores = scores_begin(queue=queue, text=text, language="en")().scores
    assert calibration_active(queue.routing.models[0]) == local
    assert scores["TOXICITY"] == pytest.approx(HALVED(raw.perspective["perspective_toxicity"]), abs=0.01)
    mean = (raw.perspective["perspective_insult"] + raw.scores["insult"]) / 2
    assert scores["INSULT"] == pytest.approx(mean, abs=0.01)


def test_a_local_calibration_of_another_model_is_logged_and_the_own_one_serves(
    local: Calibration, caplog: pytest.LogCaptureFixture
) -> None:
    write_calibration(replace(local, sha256="0" * 64), calibration_path("ours"))
    description = describe("compact")
    assert calibration_active(description) == own_calibration(description)
    assert "calibration_of_another_model" in caplog.text


def test_a_missing_local_calibration_is_logged_and_the_own_one_serves(
    local: Calibration, caplog: pytest.LogCaptureFixture
) -> None:
    calibration_path("ours").unlink()
    description = describe("compact")
    assert calibration_active(description) == own_calibration(description)
    assert "calibration_unreadable" in caplog.text


@pytest.mark.django_db
def test_a_sentence_of_nothing_but_marks_has_no_score_of_its_own() -> None:
    text = "You are a fool. !!! Good night to you all."
    found = scores_begin(queue=request_queue_active(), text=text, language="en", sentences=True)()
    shown = [text[part.begin : part.end] for part in found.sentences]
    assert shown[0].startswith("You are a fool.")
    assert "".join(shown).count("!!!") <= 1
    assert all(part.scores["TOXICITY"] != found.scores["TOXICITY"] for part in found.sentences)


@pytest.mark.django_db
def test_several_declared_languages_are_served_only_together() -> None:
    queue = request_queue_active()
    assert languages_judge(queue=queue, text="Good morning", declared=["en-GB", "EN"]).used == "en-GB"
    assert languages_judge(queue=queue, text="Good morning", declared=["en", "fr"]).used == "en"
    assert languages_judge(queue=queue, text="Good morning", declared=["de", "fr"]).used == ""
    assert languages_judge(queue=queue, text="Good morning", declared=["", "und", "auto"]).declared == ()
