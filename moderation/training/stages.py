"""The stages of a run, each of which leaves a file behind: a run that was stopped goes on at the first that is missing.

data: `splits/*.jsonl` → teach: `taught.npz` → train: `checkpoint.pt` → scale: `scale.pt` → calibrate:
`calibration.json` → export: `checkpoint/`, `model/`, `figures.json`, `card.md`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from moderation.scoring.results import ATTRIBUTES
from moderation.training.augmentation.cropping import CROPPED, cropped
from moderation.training.augmentation.joining import joined
from moderation.training.data import cleaning, splitting
from moderation.training.data.sources import read_all
from moderation.training.examples import OUTPUTS, SETS, Example, TrainingError, read_examples, write_examples
from moderation.training.network.batches import Batches, Taught
from moderation.training.network.loop import CHECKPOINT, mean_of, train
from moderation.training.network.model import Network, build
from moderation.training.network.predict import Predicted, predict
from moderation.training.network.warm_start import begin_with, described
from moderation.training.perspective_scale.head import train_scale
from moderation.training.progress import progress_of, say
from moderation.training.recipe import PERSPECTIVE, TEACHER, Recipe
from moderation.training.release import calibrate as calibrating
from moderation.training.release import evaluate
from moderation.training.release import export as exporting
from moderation.training.release.model_card import card
from moderation.training.teachers.lexical import Lexical, scaled
from moderation.training.teachers.soft_labels import read_taught, write_taught
from moderation.training.teachers.stacking import Class, forget, taught_by_models, taught_in_class, weak_labels

PARITY_TEXTS = 5_000
TAUGHT = "taught.npz"
SCALE_PART = "scale.pt"
# Chance in what is the same in every run: what is made of the training part, the weights that the base lacks. Networks
# that begin with the same weights can be averaged.
MADE_BY = 1
# A teacher's words are marked from here on in its figures; the trained network's own threshold is chosen.
TEACHERS_THRESHOLD = 0.4
# The sets whose dev part the choices after the training look at.
CHOSEN_BY = calibrating.NATURAL | {"perspective", "civil"}


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was asked for.

    Attributes:
        base: Folder of the encoder to start from: config, weights, tokenizer.
        large: Folder of a larger encoder that teachers are made of; or None: the LSTM alone teaches.
        taught: What teachers said in an earlier run over the same data, own sentences aside; or None.
        teachers: Folders of models that teach.
        mean: Folders of runs and of models whose networks' mean stands for a training of its own.
        begin: Folder of a run or a model whose weights the training begins with; or None: the base's.
        version: Of the model that is exported.
        device: What trains: `cpu`, or `cuda` where torch has it.
        workers: Processes that prepare batches beside the training; 0: the training itself does.
    """

    data: Path
    out: Path
    base: Path
    large: Path | None
    taught: Path | None
    teachers: Sequence[Path]
    mean: Sequence[Path]
    begin: Path | None
    recipe: Recipe
    seed: int
    version: int
    device: str = "cpu"
    workers: int = 0

    @property
    def tokenizer(self) -> Path:
        """The base's tokenizer."""
        return self.base / "tokenizer.json"

    @property
    def is_begun_only(self) -> bool:
        """Whether all but the part for Perspective's scale stays as the model is that the run begins with."""
        return self.begin is not None and not (self.recipe.passes or self.recipe.closing or self.mean)

    @property
    def beginning(self) -> str:
        """What the network was before this run."""
        if self.mean:
            return f"the mean of {', '.join(one.name for one in self.mean)}"
        return "/".join((self.begin or self.base).parts[-2:])

    def part(self, name: str) -> Path:
        """The examples of a part."""
        return self.out / "splits" / f"{name}.jsonl"


def make_data(run: Run) -> None:
    """Read, clean, deduplicate and split every set."""
    cleaned = filter(None, map(cleaning.clean, read_all(run.data)))
    parts = splitting.split(cleaning.deduplicate(cleaned))
    # The same in every run, whatever its seed: what teachers said of these texts stays true.
    parts["train"] += [*joined(parts["train"], MADE_BY), *cropped(parts["train"], MADE_BY)]
    run.part("train").parent.mkdir(exist_ok=True)
    for name, examples in parts.items():
        write_examples(run.part(name), examples)
        say(f"{name}: {len(examples):,} texts")


def teach(run: Run) -> None:
    """Have teachers label the training part; `teachers.json` tells how good they are, but of the LSTM alone."""
    examples = list(read_examples(run.part("train")))
    if run.taught:
        write_taught(run.out / TAUGHT, read_taught(run.taught, examples))
        return
    by_words = Lexical(examples, MADE_BY)
    if run.teachers:
        taught = taught_by_models(examples, run.teachers, run.recipe, progress_of)
    else:
        taught = Taught(examples, weak_labels(examples, progress_of), run.recipe.weak_weight)
    if run.large:
        test = list(read_examples(run.part("test")))
        asked = _class(run, run.large)
        texts = [one.text for one in test]
        taught, said = taught_in_class(taught, texts, asked, run.recipe.teacher_weight, progress_of)
        _write_json(run.out / "teachers.json", evaluate.judge(test, said, TEACHERS_THRESHOLD))
    elif run.teachers:
        _write_json(run.out / "teachers.json", _judge_models(run, by_words))
    write_taught(run.out / TAUGHT, scaled(taught, by_words, progress_of))
    if run.large:
        forget(asked)


def _judge_models(run: Run, by_words: Lexical) -> evaluate.Figures:
    """How good the models and the words together are on the test part, whose labels they are not shown."""
    test = list(read_examples(run.part("test")))
    bare = [Example(one.text, "unlabelled") for one in test]
    said = scaled(taught_by_models(bare, run.teachers, run.recipe, progress_of), by_words, progress_of)
    words = [list(marked or ()) for marked in said.words] or [[] for _ in test]
    return evaluate.judge(test, Predicted(-np.log(1 / said.soft - 1), words), TEACHERS_THRESHOLD)


def _class(run: Run, large: Path) -> Class:
    recipe = replace(TEACHER, most_steps=run.recipe.most_steps)
    return Class(large, run.out / "teachers", recipe, run.seed, run.device, run.workers)


def make_network(run: Run) -> None:
    """Train, or go on with it; or take the mean of what other runs trained."""
    if run.mean:
        mean_of([_begun(replace(run, begin=one)).state_dict() for one in run.mean], run.out / CHECKPOINT)
    elif not run.is_begun_only:
        _train(run)


def _train(run: Run) -> None:
    taught = read_taught(run.out / TAUGHT, list(read_examples(run.part("train"))))
    if not taught.words:  # nobody said what crops are
        taught = taught.part([i for i, one in enumerate(taught.examples) if one.set != CROPPED])
    batches = Batches(taught, run.tokenizer, run.recipe, run.seed)
    network = _begun(run, run.recipe.dropout).to(run.device)
    attributes = len(ATTRIBUTES)
    train(network, batches, run.recipe, run.out, attributes=attributes, seed=run.seed, workers=run.workers)


def make_scale(run: Run) -> None:
    """Train the part for Perspective's scale beside the network."""
    import torch

    network = trained(run)
    examples = list(read_examples(run.part("train")))
    recipe = replace(PERSPECTIVE, most_steps=run.recipe.most_steps)
    train_scale(
        network, examples, run.tokenizer, run.out, run.teachers, recipe=recipe, seed=run.seed, progress=progress_of
    )
    new = (run.out / SCALE_PART).with_suffix(".new")
    torch.save({name: tensor for name, tensor in network.state_dict().items() if name.startswith("scale.")}, new)
    new.replace(run.out / SCALE_PART)


def calibrate(run: Run) -> None:
    """Choose on the dev part: lines of the attributes, outputs that are kept, where a word is marked.

    A model that a run begins with and does not train has its lines in it already, and keeps its outputs.
    """
    examples, said = _said(run, "dev", trained(run), CHOSEN_BY)
    kept = described(run.begin) if run.begin and run.is_begun_only else None
    chosen = {
        "lines": {} if kept else calibrating.calibrate(examples, said.logits),
        "outputs": list(kept.outputs) if kept else evaluate.outputs_learnt(examples, said),
        "threshold": evaluate.span_threshold(examples, said),
    }
    _write_json(run.out / "calibration.json", chosen)


def export(run: Run) -> None:
    """Write checkpoint, model, figures and card."""
    chosen = json.loads((run.out / "calibration.json").read_text(encoding="utf-8"))
    network = trained(run)
    calibrating.fold(network, chosen["lines"])
    examples, said = _said(run, "test", network)
    figures = evaluate.judge(examples, said, chosen["threshold"])
    exporting.write_checkpoint(network, chosen["outputs"], run.tokenizer, run.out / "checkpoint")
    texts = [one.text for one in examples[:PARITY_TEXTS]]
    checkpoint, target = run.out / "checkpoint", run.out / "model"
    description, parity = exporting.export(checkpoint, target, run.version, texts, run.recipe.max_tokens)
    _write_json(run.out / "figures.json", figures)
    text = card(
        description=description,
        parity=parity,
        counts={name: Counter(one.set for one in read_examples(run.part(name))) for name in splitting.PARTS},
        recipe=run.recipe,
        base=run.beginning,
        seed=run.seed,
        lines=chosen["lines"],
        figures=figures,
    )
    (run.out / "card.md").write_text(text, encoding="utf-8")


def trained(run: Run) -> Network:
    """The network of the last checkpoint, as far as it got; or what the run begins with, where it trains nothing else.

    Raises:
        TrainingError: Where there is none yet.
    """
    import torch

    network = _begun(run)
    if not run.is_begun_only:
        if not (run.out / CHECKPOINT).exists():
            raise TrainingError(f"{run.out} has no {CHECKPOINT}: the stage train comes first.")
        network.load(torch.load(run.out / CHECKPOINT, weights_only=True, map_location="cpu")["network"])
    if (run.out / SCALE_PART).exists():
        network.load(torch.load(run.out / SCALE_PART, weights_only=True, map_location="cpu"))
    return network.eval()


def _begun(run: Run, dropout: float = 0.0) -> Network:
    """The network before its training."""
    network = build(run.base, OUTPUTS, MADE_BY, dropout)
    if run.begin:
        begin_with(network, run.begin)
    return network


def _said(run: Run, part: str, network: Network, sets: Collection[str] = SETS) -> tuple[list[Example], Predicted]:
    examples = [one for one in read_examples(run.part(part)) if one.set in sets]
    texts = [one.text for one in examples]
    return examples, predict(network, run.tokenizer, texts, run.recipe.max_tokens, progress_of(part, len(texts)))


STAGES: Mapping[str, tuple[str, Callable[[Run], None]]] = {
    "data": ("splits/test.jsonl", make_data),
    "teach": (TAUGHT, teach),
    "train": ("", make_network),
    "scale": (SCALE_PART, make_scale),
    "calibrate": ("calibration.json", calibrate),
    "export": ("card.md", export),
}


def run_stages(run: Run, names: Sequence[str], *, resume: bool) -> None:
    """Run the named stages in their order; with `resume` past those whose file is there.

    Raises:
        TrainingError: Where the folder holds another run, or is not empty and nothing was said of resuming.
    """
    _claim(run, resume=resume)
    for name, (product, stage) in STAGES.items():
        if name in names and not (resume and product and (run.out / product).exists()):
            say(f"stage {name}")
            stage(run)


def _claim(run: Run, *, resume: bool) -> None:
    """Make the folder this run's own: what was asked for stands in `run.json`."""
    run.out.mkdir(parents=True, exist_ok=True)
    asked = json.loads(json.dumps(asdict(run), default=str))
    path = run.out / "run.json"
    if any(run.out.iterdir()) and not resume:
        raise TrainingError(f"{run.out} is not empty: give --resume to go on, or another folder.")
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != asked:
        raise TrainingError(f"{path} tells of a run with other options: go on with those, or take another folder.")
    _write_json(path, asked)


def _write_json(path: Path, content: Any) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    new.replace(path)
