"""The stages of a run. Each leaves a file behind, so that a stopped run resumes at the first file that is missing.

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
from moderation.training.augmentation.concatenation import concatenated
from moderation.training.augmentation.sentence_crops import CROPPED, sentence_crops
from moderation.training.data import cleaning, splitting
from moderation.training.data.sources import read_all
from moderation.training.examples import OUTPUTS, SETS, Example, TrainingError, read_examples, write_examples
from moderation.training.network.batches import Batches, SoftLabelled
from moderation.training.network.loop import CHECKPOINT, mean_of, train
from moderation.training.network.model import Network, build
from moderation.training.network.predict import Predicted, predict
from moderation.training.network.warm_start import model_in, warm_start
from moderation.training.perspective_scale.head import train_scale
from moderation.training.progress import progress_of, say
from moderation.training.recipe import PERSPECTIVE, TEACHER, Recipe
from moderation.training.release import calibrate as calibrating
from moderation.training.release import evaluate
from moderation.training.release import export as exporting
from moderation.training.release.model_card import card
from moderation.training.teachers.lexical import Lexical, scaled
from moderation.training.teachers.soft_labels import read_soft_labels, write_soft_labels
from moderation.training.teachers.stacking import Stacking, forget, label_by_models, label_by_stacking, weak_labels

PARITY_TEXTS = 5_000
TAUGHT = "taught.npz"
SCALE_PART = "scale.pt"
# Seed of what is the same in every run: the augmentation, and the weights that the base lacks. Networks that start from
# the same weights can be averaged.
MADE_BY = 1
# The threshold for teachers' word scores in their figures; that of the trained network is chosen on the dev part.
TEACHERS_THRESHOLD = 0.4
# The sets on whose dev part choices are made after the training.
CHOSEN_BY = calibrating.NATURAL | {"perspective", "civil"}


@dataclass(frozen=True, slots=True)
class Run:
    """The options of a run.

    Attributes:
        base: Folder of the encoder to start from: config, weights, tokenizer.
        large: Folder of a larger encoder that teachers are trained from; None: the LSTM alone teaches.
        taught: Soft labels of an earlier run over the same data, except its own sentences; or None.
        teachers: Folders of models that teach.
        mean: Folders of runs and models whose networks are averaged instead of training one.
        begin: Folder of a run or a model to start from (warm start); None: the base encoder.
        version: Of the model that is exported.
        device: `cpu`, or `cuda` if torch supports it.
        workers: Processes that prepare batches; 0: the training process does.
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
    def is_warm_start_only(self) -> bool:
        """Whether everything but the head for Perspective's scale stays as the run starts with it."""
        return self.begin is not None and not (self.recipe.passes or self.recipe.closing or self.mean)

    @property
    def beginning(self) -> str:
        """What the network started from."""
        if self.mean:
            return f"the mean of {', '.join(one.name for one in self.mean)}"
        return "/".join((self.begin or self.base).parts[-2:])

    def part(self, name: str) -> Path:
        """The file of a split's examples."""
        return self.out / "splits" / f"{name}.jsonl"


def make_data(run: Run) -> None:
    """Read, clean, deduplicate and split every set."""
    cleaned = filter(None, map(cleaning.clean, read_all(run.data)))
    parts = splitting.split(cleaning.deduplicate(cleaned))
    # The same in every run, whatever its seed, so that soft labels stay valid.
    parts["train"] += [*concatenated(parts["train"], MADE_BY), *sentence_crops(parts["train"], MADE_BY)]
    run.part("train").parent.mkdir(exist_ok=True)
    for name, examples in parts.items():
        write_examples(run.part(name), examples)
        say(f"{name}: {len(examples):,} texts")


def teach(run: Run) -> None:
    """Have teachers label the training split; `teachers.json` has their figures, unless the LSTM taught alone."""
    examples = list(read_examples(run.part("train")))
    if run.taught:
        write_soft_labels(run.out / TAUGHT, read_soft_labels(run.taught, examples))
        return
    by_words = Lexical(examples, MADE_BY)
    if run.teachers:
        labelled = label_by_models(examples, run.teachers, run.recipe, progress_of)
    else:
        labelled = SoftLabelled(examples, weak_labels(examples, progress_of), run.recipe.weak_weight)
    if run.large:
        test = list(read_examples(run.part("test")))
        asked = _stacking(run, run.large)
        texts = [one.text for one in test]
        labelled, said = label_by_stacking(labelled, texts, asked, run.recipe.teacher_weight, progress_of)
        _write_json(run.out / "teachers.json", evaluate.figures_of(test, said, TEACHERS_THRESHOLD))
    elif run.teachers:
        _write_json(run.out / "teachers.json", _judge_models(run, by_words))
    write_soft_labels(run.out / TAUGHT, scaled(labelled, by_words, progress_of))
    if run.large:
        forget(asked)


def _judge_models(run: Run, by_words: Lexical) -> evaluate.Figures:
    """Figures of the models and the lexical teacher together on the test split, whose labels they do not see."""
    test = list(read_examples(run.part("test")))
    bare = [Example(one.text, "unlabelled") for one in test]
    said = scaled(label_by_models(bare, run.teachers, run.recipe, progress_of), by_words, progress_of)
    words = [list(marked or ()) for marked in said.words] or [[] for _ in test]
    return evaluate.figures_of(test, Predicted(-np.log(1 / said.soft - 1), words), TEACHERS_THRESHOLD)


def _stacking(run: Run, large: Path) -> Stacking:
    recipe = replace(TEACHER, most_steps=run.recipe.most_steps)
    return Stacking(large, run.out / "teachers", recipe, run.seed, run.device, run.workers)


def make_network(run: Run) -> None:
    """Train, or resume; or average the networks of other runs."""
    if run.mean:
        mean_of([_warm_started(replace(run, begin=one)).state_dict() for one in run.mean], run.out / CHECKPOINT)
    elif not run.is_warm_start_only:
        _train(run)


def _train(run: Run) -> None:
    labelled = read_soft_labels(run.out / TAUGHT, list(read_examples(run.part("train"))))
    if not labelled.words:  # crops have soft labels only
        labelled = labelled.part([i for i, one in enumerate(labelled.examples) if one.set != CROPPED])
    batches = Batches(labelled, run.tokenizer, run.recipe, run.seed)
    network = _warm_started(run, run.recipe.dropout).to(run.device)
    attributes = len(ATTRIBUTES)
    train(network, batches, run.recipe, run.out, attributes=attributes, seed=run.seed, workers=run.workers)


def make_scale(run: Run) -> None:
    """Train the head for Perspective's scale on the frozen network."""
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
    """Choose on the dev split: the attributes' calibration lines, the outputs to keep, the threshold for words.

    A model that the run starts with and does not train is calibrated already, and keeps its outputs.
    """
    examples, said = _said(run, "dev", trained(run), CHOSEN_BY)
    kept = model_in(run.begin) if run.begin and run.is_warm_start_only else None
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
    figures = evaluate.figures_of(examples, said, chosen["threshold"])
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
    """The network of the last checkpoint, finished or not; or what the run starts with, if it trains nothing else.

    Raises:
        TrainingError: If there is no checkpoint yet.
    """
    import torch

    network = _warm_started(run)
    if not run.is_warm_start_only:
        if not (run.out / CHECKPOINT).exists():
            raise TrainingError(f"{run.out} has no {CHECKPOINT}: the stage train comes first.")
        network.load(torch.load(run.out / CHECKPOINT, weights_only=True, map_location="cpu")["network"])
    if (run.out / SCALE_PART).exists():
        network.load(torch.load(run.out / SCALE_PART, weights_only=True, map_location="cpu"))
    return network.eval()


def _warm_started(run: Run, dropout: float = 0.0) -> Network:
    """The network before its training."""
    network = build(run.base, OUTPUTS, MADE_BY, dropout)
    if run.begin:
        warm_start(network, run.begin)
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
    """Run the named stages in order; with `resume`, skip those whose file exists.

    Raises:
        TrainingError: If the folder holds another run, or is not empty without `resume`.
    """
    _claim(run, resume=resume)
    for name, (product, stage) in STAGES.items():
        if name in names and not (resume and product and (run.out / product).exists()):
            say(f"stage {name}")
            stage(run)


def _claim(run: Run, *, resume: bool) -> None:
    """Claim the folder for this run by writing its options to `run.json`."""
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
