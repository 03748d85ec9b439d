"""`manage.py convert_model`, and the models that it makes in `model list`, `model activate` and scoring."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from moderation.models import ModelVersion
from moderation.scoring import Result, ScoringError, look_in
from moderation.scoring.catalogue import descriptions
from moderation.services.model_versions import scorer_active

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore")]

JIGSAW = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
TEXT = "The harbour needs a longer pier, and the council knows that."


@pytest.fixture(autouse=True)
def models(tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for converted models."""
    settings.MODERATION_MODELS_FOLDER = str(tmp_path / "models")
    monkeypatch.setattr(descriptions, "_converted", [])
    look_in(tmp_path / "models")
    return tmp_path / "models"


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_local_checkpoint_becomes_a_model_that_scores(checkpoint: Callable[..., Path], models: Path) -> None:
    file = checkpoint("albert", JIGSAW)
    said = run("convert_model", file, "--name", "ours", "--languages", "de,en", "--licence", "CC0-1.0")
    assert "ours@1: toxicity, severe_toxicity, obscene, threat, insult, identity_attack" in said
    assert re.search(r"parity with Detoxify.predict on \d texts \(\d longer ones left out\)", said)
    assert "  ours@1  de, en  (not used yet)" in run("model", "list")
    run("model", "activate", "ours@1")
    version = ModelVersion.objects.get(active=True)
    assert (str(version), version.languages) == ("ours@1", ["de", "en"])
    [result] = scorer_active().score([TEXT], languages=["de"])
    assert isinstance(result, Result)
    assert list(result.scores) == version.attributes
    assert "files SHA-256: " + version.sha256 in said
    (models / "ours" / "tokenizer.json").write_text("{}")
    with pytest.raises(ScoringError, match="SHA-256"):
        descriptions.verify(models / "ours", descriptions.describe("ours"))


def test_converting_the_same_again_keeps_its_version(checkpoint: Callable[..., Path]) -> None:
    file = checkpoint("bert", JIGSAW)
    first, second = (run("convert_model", file, "--name", "ours") for _ in range(2))
    assert first == second
    assert "ours@1" in second


def test_texts_of_a_file_are_what_parity_is_measured_on(checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text("id,comment_text\n1,Good morning.\n2,\n3,You fool!\n", encoding="utf-8")
    said = run("convert_model", checkpoint("bert", JIGSAW), "--name", "ours", "--texts", texts)
    assert "on 2 texts (0 longer ones left out)" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compact.ckpt"], "compact comes with the project"),
        (["x.ckpt", "--name", "Ours!"], "--name"),
        (["x.ckpt", "--name", "detoxify-original"], "--name"),
        (["detoxify-original", "--name", "ours"], "--name"),
        (["x.ckpt", "--languages", "English"], "--languages"),
        (["x.ckpt", "--max-tokens", "7"], "--max-tokens"),
        (["x.ckpt"], "x.ckpt cannot be read"),
        (["x.ckpt", "--texts", "nowhere.csv"], "--texts nowhere.csv"),
    ],
)
def test_what_cannot_be_converted_is_said_in_one_line(arguments: list[str], message: str, models: Path) -> None:
    with pytest.raises(CommandError, match=message) as caught:
        run("convert_model", *arguments)
    assert "\n" not in str(caught.value)
    assert not list(models.glob("*"))


def test_the_list_names_the_models_that_detoxify_publishes() -> None:
    lines = run("model", "list")
    assert "  detoxify-multilingual  en, fr, es, it, pt, tr, ru  (not converted: manage.py convert_model" in lines
    assert lines.count("not converted") == 5


def test_a_published_model_that_was_not_converted_cannot_be_activated() -> None:
    with pytest.raises(CommandError, match=r"run manage\.py convert_model detoxify-original"):
        run("model", "activate", "detoxify-original@1")
