"""Models are known by frozen descriptions, and opened only when their files are the described ones."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from moderation.scoring import ATTRIBUTES, Scorer, ScoringError, available, describe, open_scorer
from moderation.scoring.catalogue import descriptions
from moderation.scoring.catalogue.descriptions import (
    DESCRIPTION_FILE,
    HASHED_FILES,
    MODELS,
    folder_hash,
    read_description,
)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the embedded model's folder, in its place."""
    for name in (*HASHED_FILES, DESCRIPTION_FILE):
        shutil.copyfile(MODELS["compact"] / name, tmp_path / name)
    monkeypatch.setitem(descriptions.MODELS, "compact", tmp_path)
    return tmp_path


def refused(scorer: Scorer) -> ScoringError:
    with pytest.raises(ScoringError) as caught:
        scorer.score(["Hello, all of you."])
    return caught.value


def test_the_compact_model_says_what_it_is() -> None:
    compact = describe("compact")
    assert compact is describe("compact@6")
    assert compact.label == "compact@6"
    assert available() == ("compact", "world")
    assert compact.attributes == ATTRIBUTES
    assert {f"perspective_{name}" for name in ("toxicity", "insult", "profanity", "threat")} < set(compact.perspective)
    assert compact.tokens
    assert (compact.languages, compact.default_language, compact.licence) == (("en",), "en", "Apache-2.0")
    assert compact.size_bytes == sum((MODELS["compact"] / name).stat().st_size for name in HASHED_FILES) < 48e6
    with pytest.raises(dataclasses.FrozenInstanceError):
        compact.version = 2  # type: ignore[misc]


@pytest.mark.parametrize("name", ["large", "", "compact@1", "compact@", "compact@x", "../compact"])
def test_an_unknown_model_is_refused(name: str) -> None:
    for call in (describe, open_scorer):
        with pytest.raises(ScoringError) as caught:
            call(name)
        assert (caught.value.code, caught.value.retryable) == ("unknown_model", False)


def test_one_scorer_is_shared_for_the_same_arguments() -> None:
    assert open_scorer("compact", threads=1) is open_scorer("compact@6", threads=1)
    assert open_scorer("compact", threads=1) is not open_scorer("compact", threads=2)


@pytest.mark.parametrize("name", ["model.xml", "tokenizer.json"])
def test_a_changed_file_is_refused_by_its_hash(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    error = refused(Scorer(describe("compact"), threads=1))
    assert (error.code, error.retryable) == ("model_hash_mismatch", False)
    assert describe("compact").sha256[:12] in error.detail


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "model.bin").unlink()
    error = refused(Scorer(describe("compact"), threads=1))
    assert (error.code, error.retryable) == ("model_missing", False)
    assert "model.bin" in error.detail


def test_a_description_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    for content in (None, b"{", b'{"name": "compact"}', b"[]"):
        if content is not None:
            (tmp_path / DESCRIPTION_FILE).write_bytes(content)
        with pytest.raises(ScoringError) as caught:
            read_description(tmp_path)
        assert caught.value.code == "model_missing"


def test_the_hash_is_over_every_file_that_decides_a_score(copy: Path) -> None:
    assert folder_hash(copy) == describe("compact").sha256
