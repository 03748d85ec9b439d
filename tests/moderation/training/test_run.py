"""A whole training on a few rows and a tiny encoder: to the end, killed and gone on with, refused where it must be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.scoring.catalogue.descriptions import read_description
from moderation.scoring.results import ATTRIBUTES
from moderation.training.__main__ import main
from moderation.training.augmentation.concatenation import CONCATENATED
from moderation.training.examples import OUTPUTS, SERVED, Example, read_examples
from moderation.training.network import loop
from moderation.training.network.batches import PLACE, SoftLabelled
from moderation.training.perspective_scale import head
from moderation.training.perspective_scale.features import FILE
from moderation.training.recipe import Recipe
from moderation.training.release import calibrate
from moderation.training.teachers.existing_models import ExistingModel
from moderation.training.teachers.soft_labels import read_soft_labels, write_soft_labels

pytestmark = pytest.mark.filterwarnings("ignore")


needs_learning = pytest.mark.usefixtures("learning")


def arguments(data: Path, out: Path, base: Path, *more: str) -> list[str]:
    return ["--data", str(data), "--out", str(out), "--base", str(base), "--steps", "2", "--rate", "0.001", *more]


def untaught(out: Path) -> None:
    """Stands for the stage teach, whose package is large: nobody says anything."""
    examples = list(read_examples(out / "splits" / "train.jsonl"))
    write_soft_labels(out / "taught.npz", SoftLabelled(examples, nothing_said(examples), 1.0))


def quiet(done: int) -> None:
    pass


def nothing_said(examples: Sequence[Example], *_: Any) -> Any:
    return np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)


@pytest.fixture(scope="module")
def run(data: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, from the data to the model that serves."""
    out = tmp_path_factory.mktemp("runs") / "run"
    assert main(arguments(data, out, base, "--stages", "data")) == 0
    untaught(out)
    assert main(arguments(data, out, base, "--stages", "train,calibrate,export", "--resume")) == 0
    return out


def test_it_ends_with_a_model_that_says_what_it_is(run: Path) -> None:
    description = read_description(run / "model")
    assert (description.label, description.attributes) == ("compact@7", ATTRIBUTES)
    assert "perspective_toxicity" in description.perspective
    assert "perspective_spam" not in description.perspective
    assert description.tokens


def test_the_card_tells_data_recipe_and_figures(run: Path) -> None:
    card = (run / "card.md").read_text(encoding="utf-8")
    for part in ("# A run of moderation.training: compact@7", "| wikipedia | ", "rate 0.001", "Calibration", "| own |"):
        assert part in card
    assert json.loads((run / "figures.json").read_text(encoding="utf-8"))["spans"].keys() >= {"rows", "f1"}


def test_what_is_done_is_not_done_again(run: Path, data: Path, base: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.name != "run.json" and path.is_file()}
    assert main(arguments(data, run, base, "--stages", "data,teach,calibrate,export", "--resume")) == 0
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_run_with_other_options_is_not_gone_on_with(
    run: Path, data: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(data, run, base, "--seed", "2", "--resume")) == 1
    assert "other options" in capsys.readouterr().err
    assert main(arguments(data, run, base)) == 1
    assert "--resume" in capsys.readouterr().err


def test_wrong_usage_is_told(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--data", str(data), "--out", str(tmp_path), "--stages", "data,fly"])
    assert caught.value.code == 2
    assert main(arguments(data, tmp_path / "out", tmp_path)) == 1
    assert "no encoder's folder" in capsys.readouterr().err
    assert main(arguments(tmp_path, tmp_path / "out", tmp_path)) == 1


def weights(out: Path) -> dict[str, Any]:
    torch = pytest.importorskip("torch")
    found: dict[str, Any] = torch.load(out / loop.CHECKPOINT, weights_only=True)
    return found


def test_a_killed_training_goes_on_as_if_it_had_not_been(
    run: Path, data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("splits/train.jsonl", "splits/dev.jsonl", "splits/test.jsonl", "taught.npz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((run / name).read_bytes())
    step = loop._step

    taken: list[Any] = []

    def killed_at_the_second(*given: Any) -> Any:
        if taken:
            raise KeyboardInterrupt
        taken.append(step(*given))
        return taken[0]

    monkeypatch.setattr(loop, "_step", killed_at_the_second)
    monkeypatch.setattr("moderation.training.__main__.USUAL", replace(Recipe(), save_seconds=0.0))
    again = arguments(data, tmp_path, base, "--stages", "train", "--resume")
    with pytest.raises(KeyboardInterrupt):
        main(again)
    assert weights(tmp_path)["step"] == 1
    monkeypatch.setattr(loop, "_step", step)
    assert main(again) == 0
    found, expected = weights(tmp_path), weights(run)
    assert found["step"] == expected["step"] == 2
    torch = pytest.importorskip("torch")
    assert all(
        torch.allclose(found["network"][name], expected["network"][name], atol=1e-5) for name in expected["network"]
    )


@needs_learning
def test_teachers_of_a_larger_encoder_judge_what_they_did_not_learn(
    run: Path, data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.training.stages.weak_labels", nothing_said)
    asked = arguments(data, tmp_path / "run", base, "--large", str(base), "--workers", "1")
    assert main([*asked, "--stages", "data,teach,train"]) == 0
    examples = list(read_examples(tmp_path / "run/splits/train.jsonl"))
    taught = read_soft_labels(tmp_path / "run/taught.npz", examples)
    known = ~np.isnan(taught.soft).any(axis=1)
    assert known.tolist() == [words is not None for words in taught.words]
    assert known.tolist() == [one.set != "own" and not one.group.startswith(CONCATENATED) for one in examples]
    figures = json.loads((tmp_path / "run/teachers.json").read_text(encoding="utf-8"))
    assert figures["spans"].keys() >= {"rows", "f1"}
    again = arguments(data, tmp_path / "again", base, "--taught", str(tmp_path / "run/taught.npz"))
    assert main([*again, "--stages", "data,teach,train"]) == 0
    assert np.array_equal(read_soft_labels(tmp_path / "again/taught.npz", examples).soft, taught.soft, equal_nan=True)


@needs_learning
def test_a_model_teaches_and_another_run_begins_with_it(run: Path, data: Path, base: Path, tmp_path: Path) -> None:
    asked = arguments(data, tmp_path / "run", base, "--teacher", str(run / "model"), "--begin", str(run / "model"))
    assert main([*asked, "--stages", "data,teach,train"]) == 0
    examples = list(read_examples(tmp_path / "run/splits/train.jsonl"))
    known = ~np.isnan(read_soft_labels(tmp_path / "run/taught.npz", examples).soft).any(axis=1)
    assert known.tolist() == [one.set != "own" and not one.group.startswith(CONCATENATED) for one in examples]
    assert weights(tmp_path / "run")["step"] == 2
    figures = json.loads((tmp_path / "run/teachers.json").read_text(encoding="utf-8"))
    assert figures["spans"].keys() >= {"rows", "f1"}


@pytest.fixture
def scaled(run: Path, data: Path, base: Path, tmp_path: Path, learning: None) -> Path:
    """A run that trained the part for Perspective's scale beside the model of another, and nothing else."""
    begun = ("--begin", str(run / "model"), "--passes", "0", "--closing", "0", "--teacher", str(run / "model"))
    asked = arguments(data, tmp_path / "scaled", base, *begun)
    assert main([*asked, "--stages", "data,train,scale,calibrate,export"]) == 0
    return tmp_path / "scaled"


def test_a_part_for_perspectives_scale_leaves_everything_else_as_the_model_has_it(run: Path, scaled: Path) -> None:
    assert sorted(path.name for path in scaled.glob("*.p*")) == ["scale.pt"]
    assert not (scaled / FILE).exists()
    texts = [one.text for one in read_examples(run / "splits/test.jsonl")][:20]
    before, after = (ExistingModel(out / "model", 128) for out in (run, scaled))
    assert after.description.outputs == before.description.outputs
    was, now = (model.logits(texts, quiet) for model in (before, after))
    told = [PLACE[name] for name in after.description.outputs if name in SERVED]
    others = [PLACE[name] for name in after.description.outputs if name not in SERVED]
    assert np.abs(was[:, others] - now[:, others]).max() < 1e-4
    assert (np.abs(was[:, told] - now[:, told]).max(axis=0) > 1e-3).all()
    assert before.marks(texts, quiet) == after.marks(texts, quiet)


@needs_learning
def test_a_killed_part_leaves_nothing_and_begins_again(
    run: Path, data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    begun = ("--begin", str(run / "model"), "--passes", "0", "--closing", "0", "--stages", "data,scale")
    asked = arguments(data, tmp_path / "killed", base, *begun)
    with monkeypatch.context() as patch:
        patch.setattr(head, "_learn", killed)
        with pytest.raises(KeyboardInterrupt):
            main(asked)
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == ["run.json", "splits"]
    assert main([*asked, "--resume"]) == 0
    assert (tmp_path / "killed" / "scale.pt").exists()


def test_a_training_that_begins_with_such_a_model_trains_its_part_along(
    scaled: Path, data: Path, base: Path, tmp_path: Path
) -> None:
    more, mean = tmp_path / "more", tmp_path / "mean"
    asked = arguments(data, more, base, "--begin", str(scaled / "model"))
    assert main([*asked, "--stages", "data"]) == 0
    untaught(more)
    assert main([*asked, "--stages", "train,calibrate", "--resume"]) == 0
    torch = pytest.importorskip("torch")
    before = torch.load(scaled / "scale.pt", weights_only=True)["scale.out.weight"]
    after = weights(more)["network"]["scale.out.weight"]
    assert after.shape == before.shape
    assert 0 < (after - before).abs().max() < 0.05
    assert main(arguments(data, mean, base, "--mean", str(more), "--stages", "data,train,calibrate")) == 0
    assert torch.equal(weights(mean)["network"]["scale.out.weight"], after)


def test_a_run_that_begins_with_a_model_and_trains_nothing_is_told_in_its_card(
    run: Path, data: Path, base: Path, tmp_path: Path
) -> None:
    asked = arguments(data, tmp_path / "same", base, "--begin", str(run / "model"), "--passes", "0", "--closing", "0")
    assert main([*asked, "--stages", "data,calibrate,export"]) == 0
    assert "From run/model," in (tmp_path / "same/card.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "same/calibration.json").read_text(encoding="utf-8"))["lines"] == {}


def test_the_mean_of_two_runs_is_a_run(
    run: Path, data: Path, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch")
    asked = arguments(data, tmp_path / "mean", base, "--mean", str(run), "--mean", str(tmp_path / "other"))
    (tmp_path / "other").mkdir()
    assert main([*asked, "--stages", "data,train"]) == 1
    assert "holds no network of this form" in capsys.readouterr().err
    first = weights(run)
    shifted = {name: tensor + 1 for name, tensor in first["network"].items()}
    torch.save({**first, "network": shifted}, tmp_path / "other" / loop.CHECKPOINT)
    assert main([*asked, "--stages", "train,calibrate,export", "--resume"]) == 0
    for name, tensor in weights(tmp_path / "mean")["network"].items():
        assert torch.allclose(tensor, first["network"][name] + 0.5, atol=1e-5)
    assert "the mean of " in (tmp_path / "mean/card.md").read_text(encoding="utf-8")


def test_a_model_in_a_mean_counts_as_often_as_it_is_named_and_leaves_a_part_that_not_all_have(
    run: Path, scaled: Path, data: Path, base: Path, tmp_path: Path
) -> None:
    named = [option for one in (run, scaled / "model", scaled / "model") for option in ("--mean", str(one))]
    assert main(arguments(data, tmp_path / "mean", base, *named, "--stages", "data,train,calibrate")) == 0
    torch = pytest.importorskip("torch")
    from moderation.training.network.model import build
    from moderation.training.network.warm_start import warm_start

    model = build(base, OUTPUTS, seed=1)
    warm_start(model, scaled / "model")
    first, second, mean = weights(run)["network"], model.state_dict(), weights(tmp_path / "mean")["network"]
    assert set(mean) == set(first) == {name for name in second if not name.startswith("scale.")}
    for name, tensor in mean.items():
        assert torch.allclose(tensor, (first[name] + 2 * second[name]) / 3, atol=1e-5)


def test_a_run_begins_with_what_another_trained(run: Path, data: Path, base: Path, tmp_path: Path) -> None:
    asked = arguments(data, tmp_path / "again", base, "--begin", str(run), "--passes", "0", "--closing", "0")
    assert main([*asked, "--stages", "data,calibrate,export"]) == 0
    texts = [one.text for one in read_examples(run / "splits/test.jsonl")][:20]
    first, second = (ExistingModel(out / "model", 128).logits(texts, quiet) for out in (run, tmp_path / "again"))
    assert np.allclose(first, second, atol=1e-4, equal_nan=True)


def test_what_teachers_said_of_other_texts_is_refused(
    run: Path, data: Path, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.npz"
    examples = [Example("Another text", "own")]
    write_soft_labels(other, SoftLabelled(examples, nothing_said(examples), 1.0))
    assert main(arguments(data, tmp_path / "out", base, "--taught", str(other), "--stages", "data,teach")) == 1
    assert "other texts" in capsys.readouterr().err


def test_calibration_makes_scores_mean_what_they_say_and_keeps_their_order() -> None:
    chance = np.random.default_rng(1)
    truth = chance.normal(-2, 2, 3000)
    labels = (chance.random(3000) < 1 / (1 + np.exp(-truth))).astype(float)
    logits = np.zeros((3000, len(OUTPUTS)), dtype=np.float32)
    logits[:, 0] = truth * 3 + 4
    examples = [Example(f"t{n}", "wikipedia", {"toxicity": label}) for n, label in enumerate(labels.tolist())]
    lines = calibrate.calibrate(examples, logits)
    slope, offset = lines["toxicity"]
    assert list(lines) == ["toxicity"]
    assert slope == pytest.approx(1 / 3, abs=0.05)
    assert offset == pytest.approx(-4 / 3, abs=0.25)
    assert calibrate.calibrate(examples[:20], logits[:20]) == {}


def test_folding_a_line_gives_the_same_scores_as_applying_it(base: Path) -> None:
    torch = pytest.importorskip("torch")
    from moderation.training.network.model import build

    network = build(base, OUTPUTS, seed=1).eval()
    ids = torch.tensor([[101, 2017, 5891, 102]])
    plain, _ = network(ids, torch.ones_like(ids))
    calibrate.fold(network, {"insult": (2.0, -1.0)})
    folded, _ = network(ids, torch.ones_like(ids))
    place = ATTRIBUTES.index("insult")
    assert folded[0, place].item() == pytest.approx(2 * plain[0, place].item() - 1, abs=1e-5)
    assert folded[0, 0].item() == pytest.approx(plain[0, 0].item(), abs=1e-5)
