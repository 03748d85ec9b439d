"""Conversion: a checkpoint of any of Detoxify's shapes becomes a folder with Detoxify's outputs, or is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.scoring import ATTRIBUTES, Refusal, Result, Scorer, ScoringError, describe
from moderation.scoring.catalogue import descriptions
from moderation.scoring.catalogue.descriptions import file_hash, folder_hash, read_description
from moderation.scoring.conversion import convert as convert_module
from moderation.scoring.conversion import parity as parity_module
from moderation.scoring.conversion.convert import Origin, convert, served
from moderation.scoring.conversion.detoxified import fetch_published, open_checkpoint, open_folder
from moderation.scoring.inference.compiled import fastest_precision
from moderation.scoring.inference.session import InferenceSession
from moderation.scoring.inference.tokens import Tokens

# transformers and torch warn of their own future.
pytestmark = pytest.mark.filterwarnings("ignore")

LABELS = (*ATTRIBUTES, "perspective_toxicity")
TEXTS = ("Good morning, all of you.", "You fool!", "The pier, the market and the bridge were built long ago.") * 2
JIGSAW = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
SHAPES = ("bert", "albert", "roberta", "xlm-roberta")
ORIGIN = Origin("tiny", 3, ("en", "de"), "Apache-2.0", "made in this test", max_tokens=64, overlap_tokens=8)


def refused(*args: Any, **options: Any) -> ScoringError:
    with pytest.raises(ScoringError) as caught:
        convert(*args, **options)
    assert (caught.value.code, caught.value.retryable) == ("conversion_failed", False)
    return caught.value


@pytest.mark.parametrize("shape", SHAPES)
def test_a_checkpoint_of_each_shape_gives_the_scores_of_detoxify(
    checkpoint: Callable[..., Path], tmp_path: Path, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, target = checkpoint(shape, JIGSAW), tmp_path / "models" / "tiny"
    description, parity = convert(file, target, ORIGIN, texts=TEXTS)
    assert parity.texts == len(TEXTS)
    assert parity.largest < 0.01
    assert description.attributes == tuple(name for name in ATTRIBUTES if name != "sexual_explicit")
    assert description.checkpoint_sha256 == file_hash(file)
    monkeypatch.setattr(descriptions, "_converted", [target.parent])
    assert describe("tiny@3") == description == read_description(target)
    expected = open_checkpoint(file, tmp_path).library.predict(TEXTS[0])
    for _ in range(2):
        [result] = Scorer(describe("tiny"), threads=1).score([TEXTS[0]], languages=["de"])
        assert isinstance(result, Result)
        assert (result.model, result.perspective) == ("tiny@3", {})
        assert result.scores == pytest.approx(expected, abs=0.01)
    [other] = Scorer(describe("tiny"), threads=1).score([TEXTS[0]], languages=["fr"])
    assert isinstance(other, Refusal)
    assert other.code == "language_not_supported"


@pytest.mark.parametrize("shape", SHAPES)
def test_in_float32_the_outputs_are_those_of_torch(classifier: Callable[..., Path], tmp_path: Path, shape: str) -> None:
    folder = classifier(shape, LABELS)
    convert(folder, tmp_path / "tiny", ORIGIN, texts=TEXTS)
    expected = np.concatenate([open_folder(folder, tmp_path).predict([text]) for text in TEXTS[:3]])
    assert expected.std(axis=0).max() > 0.01
    tokens = Tokens(tmp_path / "tiny" / "tokenizer.json")
    windows = [tokens.enclose(ids) for ids in tokens.encode(TEXTS[:3])]
    found = InferenceSession(tmp_path / "tiny" / "model.xml", threads=1, precision="f32").run(windows, len(LABELS))
    assert np.abs(found - expected).max() < 1e-4


def test_outputs_without_a_name_of_ours_are_left_out_and_the_others_put_in_order() -> None:
    names = ["male", "insult", "perspective_spam", "toxicity"]
    assert served(names) == ["toxicity", "insult", "perspective_spam"]
    with pytest.raises(ScoringError) as caught:
        served(["positive", "negative"])
    assert "positive, negative" in caught.value.detail


def test_the_attributes_come_in_this_projects_order(checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    order = ("toxicity", "identity_attack", "insult", "threat", "sexual_explicit", "male", "obscene")
    file = checkpoint("bert", order)
    description, _ = convert(file, tmp_path / "tiny", ORIGIN, texts=TEXTS)
    assert description.attributes == tuple(name for name in ATTRIBUTES if name in order)
    tokens = Tokens(tmp_path / "tiny" / "tokenizer.json")
    [row] = InferenceSession(tmp_path / "tiny" / "model.xml", threads=1).run(
        [tokens.enclose(tokens.encode(TEXTS[:1])[0])], 6
    )
    expected = open_checkpoint(file, tmp_path).library.predict(TEXTS[0])
    assert dict(zip(description.attributes, row.tolist(), strict=True)) == pytest.approx(
        {name: expected[name] for name in description.attributes}, abs=0.01
    )


def test_an_output_for_tokens_is_a_branch_of_its_own(classifier: Callable[..., Path], tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    folder = classifier("bert", LABELS)
    tensors = load_file(folder / "model.safetensors")
    plain = convert(folder, tmp_path / "plain", ORIGIN, texts=TEXTS)[0]
    torch.manual_seed(6)
    tensors |= {"token_classifier.weight": torch.randn(1, 48), "token_classifier.bias": torch.zeros(1)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    description, _ = convert(folder, tmp_path / "marked", ORIGIN, texts=TEXTS)
    assert (plain.tokens, description.tokens) == (False, True)
    session = InferenceSession(tmp_path / "marked" / "model.xml", threads=1, precision="f32", output="tokens")
    tokens = Tokens(tmp_path / "marked" / "tokenizer.json")
    windows = [tokens.enclose(ids) for ids in tokens.encode(TEXTS[:3])]
    found = session.run_tokens(windows)
    assert [len(row) for row in found] == [len(window) - 2 for window in windows]
    [alone] = session.run_tokens(windows[1:2])
    assert alone == pytest.approx(found[1], abs=1e-4)
    assert 0 <= np.concatenate(found).min() < np.concatenate(found).max() <= 1
    with pytest.raises(ScoringError):
        InferenceSession(tmp_path / "plain" / "model.xml", threads=1, output="tokens")


def test_a_part_for_perspectives_scale_changes_that_scale_alone(
    classifier: Callable[..., Path], tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    folder = classifier("bert", LABELS)
    tensors = load_file(folder / "model.safetensors")
    convert(folder, tmp_path / "plain", ORIGIN, texts=TEXTS)
    torch.manual_seed(7)
    shapes = {"down": (8, 48), "turn": (8, 8), "pool": (8, 48 + 16), "out": (len(LABELS), 9)}
    for part, shape in shapes.items():
        tensors[f"scale.{part}.weight"] = torch.randn(shape)
        tensors[f"scale.{part}.bias"] = torch.randn(shape[0])
    words = torch.cat([torch.randn(30_522, 1), torch.full((30_522, 1), 4.0)], 1)
    words[[0, 101, 102]] = 0.0
    tensors |= {"scale.norm.weight": torch.rand(8) + 0.5, "scale.norm.bias": torch.randn(8), "scale.words": words}
    for name in ("scale.out.weight", "scale.out.bias"):
        tensors[name][: len(ATTRIBUTES)] = 0.0
    halves = {name: tensor.half().float() for name, tensor in tensors.items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    convert(folder, tmp_path / "scaled", ORIGIN, texts=TEXTS)
    tokens = Tokens(tmp_path / "plain" / "tokenizer.json")
    windows = [tokens.enclose(ids) for ids in tokens.encode(TEXTS[:3])]
    sessions = [
        InferenceSession(tmp_path / name / "model.xml", threads=1, precision="f32") for name in ("plain", "scaled")
    ]
    plain, scaled = (session.run(windows, len(LABELS)) for session in sessions)
    assert np.array_equal(plain[:, :-1], scaled[:, :-1])
    assert np.abs(plain[:, -1] - scaled[:, -1]).max() > 0.05
    expected = np.concatenate([open_folder(folder, tmp_path).predict([text]) for text in TEXTS[:3]])
    assert np.abs(scaled - expected).max() < 1e-4
    assert np.abs(sessions[1].run(windows[:1], len(LABELS)) - scaled[:1]).max() < 1e-5


def test_a_conversion_that_strays_leaves_what_was_there(
    classifier: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, target = classifier("bert", LABELS), tmp_path / "tiny"
    before, _ = convert(folder, target, ORIGIN, texts=TEXTS)
    monkeypatch.setattr(parity_module, "MAX_DIFFERENCE", -1.0)
    assert "Even in float32" in refused(folder, target, ORIGIN, texts=TEXTS).detail
    assert read_description(target) == before
    assert folder_hash(target) == before.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_model_that_strays_in_bfloat16_runs_in_float32(
    classifier: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity_module, "MAX_DIFFERENCE", 1e-4)
    description, parity = convert(classifier("bert", LABELS), tmp_path / "tiny", ORIGIN, texts=TEXTS)
    assert description.precision == parity.precision
    assert parity.largest <= 1e-4
    assert parity.strayed is None or parity.strayed.largest > 1e-4
    assert InferenceSession(tmp_path / "tiny" / "model.xml", threads=1, precision="f32").precision == "f32"


def test_the_first_parts_are_computed_in_float32_where_bfloat16_alone_strays(
    classifier: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fastest_precision() == "f32":
        pytest.skip("this processor has no bfloat16")
    told = {("bf16", 0): 0.02, ("bf16", 1): 0.007, ("bf16", 2): 0.004, ("f32", 0): 0.0}

    def strayed(_model: Path, _reference: object, precision: str, parts: int = 0) -> parity_module.Parity:
        return parity_module.Parity(precision, 6, 0, told[precision, parts], 0.0, 1.0, 0.3, exact_parts=parts)

    monkeypatch.setattr(convert_module, "compare", strayed)
    description, parity = convert(classifier("bert", LABELS), tmp_path / "tiny", ORIGIN, texts=TEXTS)
    assert (description.precision, description.exact_parts) == ("bf16", 2)
    assert read_description(tmp_path / "tiny") == description
    assert parity.arithmetic == "bf16 after 2 parts in f32"
    assert parity.strayed is not None
    assert parity.strayed.strayed is not None
    assert parity.strayed.strayed.arithmetic == "bf16"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_graph_cut_after_its_first_parts_gives_the_same_outputs(
    classifier: Callable[..., Path], tmp_path: Path, shape: str
) -> None:
    convert(classifier(shape, LABELS), tmp_path / "tiny", ORIGIN, texts=TEXTS)
    tokens, model = Tokens(tmp_path / "tiny" / "tokenizer.json"), tmp_path / "tiny" / "model.xml"
    windows = [tokens.enclose(ids) for ids in tokens.encode(TEXTS[:3])]
    whole = InferenceSession(model, threads=1, precision="f32").run(windows, len(LABELS))
    for parts in (1, 2):
        mixed = InferenceSession(model, threads=1, exact_parts=parts)
        assert mixed.precision == fastest_precision()
        assert np.abs(mixed.run(windows, len(LABELS)) - whole).max() < 0.02
    if fastest_precision() != "f32":
        with pytest.raises(ScoringError):
            InferenceSession(model, threads=1, exact_parts=3)


def test_a_text_longer_than_a_window_is_left_out_of_parity(classifier: Callable[..., Path], tmp_path: Path) -> None:
    _, parity = convert(classifier("bert", LABELS), tmp_path / "tiny", ORIGIN, texts=(*TEXTS, "a pier " * 90))
    assert (parity.texts, parity.left_out) == (len(TEXTS), 1)


def test_another_shape_is_refused_by_name(classifier: Callable[..., Path], tmp_path: Path) -> None:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    config = DistilBertConfig(dim=16, n_layers=1, n_heads=2, hidden_dim=16, vocab_size=100)
    DistilBertForSequenceClassification(config).save_pretrained(tmp_path / "other")
    assert "DistilBertForSequenceClassification" in refused(tmp_path / "other", tmp_path / "target", ORIGIN).detail


def test_a_file_that_would_run_code_when_it_is_opened_is_refused(tmp_path: Path) -> None:
    import torch

    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "harmed",))

    torch.save({"config": Harm(), "state_dict": {}}, tmp_path / "bad.ckpt")
    assert "more than weights" in refused(tmp_path / "bad.ckpt", tmp_path / "target", ORIGIN).detail
    assert not (tmp_path / "harmed").exists()


def test_a_file_in_another_form_is_refused(tmp_path: Path) -> None:
    import torch

    torch.save({"weights": torch.ones(2)}, tmp_path / "bad.ckpt")
    assert "not in Detoxify's form" in refused(tmp_path / "bad.ckpt", tmp_path / "target", ORIGIN).detail
    assert "cannot be read" in refused(tmp_path / "none.ckpt", tmp_path / "target", ORIGIN).detail


def test_a_checkpoint_whose_base_model_is_elsewhere_takes_a_folder_instead(
    checkpoint: Callable[..., Path], classifier: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    file = checkpoint("bert", JIGSAW)
    loaded = torch.load(file, weights_only=True)
    folder = Path(loaded["config"]["arch"]["args"]["model_type"])
    loaded["config"]["arch"]["args"]["model_type"] = str(tmp_path / "nowhere")
    torch.save(loaded, file)
    assert "--config" in refused(file, tmp_path / "tiny", ORIGIN, texts=TEXTS).detail
    description, _ = convert(file, tmp_path / "tiny", ORIGIN, texts=TEXTS, config=folder)
    assert description.checkpoint_sha256 == file_hash(file)


def test_without_a_network_the_message_says_which_file_goes_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def no_network(*_: Any, **__: Any) -> None:
        raise OSError("unreachable")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", no_network)
    with pytest.raises(ScoringError) as caught:
        fetch_published("original-small")
    place = torch.hub.get_dir() + "/checkpoints/original-albert-0e1d6498.ckpt"
    assert f"copy that file to {place}" in caught.value.detail


def test_a_published_file_must_have_the_hash_that_its_name_begins_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / "original-albert-0e1d6498.ckpt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"something else")
    with pytest.raises(ScoringError) as caught:
        fetch_published("original-small")
    assert "its name says 0e1d6498" in caught.value.detail


def test_parity_is_frozen_and_says_whether_it_was_kept() -> None:
    good = parity_module.Parity("bf16", 500, 0, 0.009, 0.0002, 0.9995, 0.3)
    assert not good.kept
    good = dataclasses.replace(good, largest=0.0059)
    assert good.kept
    assert not dataclasses.replace(good, largest=0.0061).kept
    assert dataclasses.replace(good, texts=2000, largest=0.0069).kept
    assert not dataclasses.replace(good, texts=2000, largest=0.0071).kept
    exact = dataclasses.replace(good, precision="f32", largest=0.009)
    assert exact.kept
    assert not dataclasses.replace(exact, largest=0.011).kept
    assert not dataclasses.replace(good, rank_correlation=0.998).kept
