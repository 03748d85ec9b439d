"""Stacking: out-of-fold soft labels of large teachers, for labels that sets lack and as a second opinion on others.

A teacher with a larger encoder learns from all folds but one and labels that one, so it never repeats a text's own
label (Wolpert, 1992): a wrong label is outvoted instead of learnt. Without such an encoder the small LSTM alone fills
in, at a low weight.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moderation.scoring.metrics.identity_terms import terms_in
from moderation.scoring.results import ATTRIBUTES
from moderation.training.augmentation.concatenation import CONCATENATED, is_asked
from moderation.training.augmentation.sentence_crops import CROPPED
from moderation.training.data.cleaning import key_of
from moderation.training.examples import OUTPUTS, Example, Marked, Progress
from moderation.training.network.batches import PLACE, Batches, Floats, SoftLabelled
from moderation.training.network.loop import train
from moderation.training.network.model import Network, build
from moderation.training.network.predict import Predicted, predict
from moderation.training.recipe import TEACHER, Recipe
from moderation.training.teachers.existing_models import MIN_SHARE, ask_models
from moderation.training.teachers.lstm import TAUGHT, Teacher, teacher_folder

FOLDS = 4
# The LSTM knows talk comments; on texts that name an identity it is not asked for outputs that blame the name.
TALK = frozenset({"wikipedia", "context", "perspective", "unlabelled"})
NOT_ASKED = ("toxicity", "severe_toxicity", "insult", "identity_attack")


@dataclass(frozen=True, slots=True)
class Stacking:
    """What teachers are trained from, and how.

    Attributes:
        base: Folder of the larger encoder: config, weights, tokenizer.
        folder: Of their checkpoints.
        recipe: Of their training.
        seed: Of the first; each fold adds one.
        device: That trains them.
        workers: Processes that prepare batches.
    """

    base: Path
    folder: Path
    recipe: Recipe = TEACHER
    seed: int = 1
    device: str = "cpu"
    workers: int = 0


def fold_of(example: Example) -> int:
    """The fold of an example; what was made from it falls into the same one."""
    made_of = example.group.removeprefix(CONCATENATED)
    is_key = example.set == CROPPED or made_of != example.group
    key = made_of if is_key else key_of(example.group or example.text)
    return int(key[8:16], 16) % FOLDS


def weak_labels(examples: Sequence[Example], progress: Progress) -> Floats:
    """The LSTM's soft labels: examples × outputs, NaN where it is not asked."""
    found = np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)
    talk = [i for i, one in enumerate(examples) if one.set in TALK]
    said = Teacher(teacher_folder())([examples[i].text for i in talk], progress("the LSTM", len(talk)))
    found[np.ix_(talk, [PLACE[name] for name in TAUGHT])] = said
    named = [i for i in talk if terms_in(examples[i].text)]
    found[np.ix_(named, [PLACE[name] for name in NOT_ASKED])] = np.nan
    return found


def label_by_models(
    examples: Sequence[Example], folders: Sequence[Path], recipe: Recipe, progress: Progress
) -> SoftLabelled:
    """The examples with the soft labels of these models."""
    places = [i for i, one in enumerate(examples) if is_asked(one)]
    said, marks = ask_models([examples[i].text for i in places], folders, recipe.max_tokens, progress)
    soft = np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)
    soft[places] = said
    words: list[Marked | None] = [None] * len(examples)
    for i, marked in zip(places, marks, strict=False):
        words[i] = marked
    return SoftLabelled(examples, soft, recipe.teacher_weight, words)


def label_by_stacking(
    labelled: SoftLabelled, held_out: Sequence[str], asked: Stacking, weight: float, progress: Progress
) -> tuple[SoftLabelled, Predicted]:
    """Train a teacher for each fold, and have it label that fold.

    Args:
        labelled: The training split with the LSTM's labels.
        held_out: Texts that no teacher learns from.
        weight: Of their labels; people's have 1.

    Returns:
        The training split with their labels, and their mean predictions for the held-out texts.
    """
    folds = np.array([fold_of(one) for one in labelled.examples])
    soft = np.full_like(labelled.soft, np.nan)
    words: list[Marked | None] = [None] * len(folds)
    others: list[Predicted] = []
    for fold in range(FOLDS):
        teacher = _teacher(labelled, folds, fold, asked, progress)
        places = [i for i in np.flatnonzero(folds == fold).tolist() if is_asked(labelled.examples[i])]
        texts = [labelled.examples[i].text for i in places]
        said, other = (
            predict(
                teacher,
                asked.base / "tokenizer.json",
                part,
                asked.recipe.max_tokens,
                progress(f"fold {fold}", len(part)),
            )
            for part in (texts, held_out)
        )
        soft[places] = 1 / (1 + np.exp(-said.logits))
        for i, marks in zip(places, said.words, strict=True):
            words[i] = tuple((begin, end, round(share, 2)) for begin, end, share in marks if share >= MIN_SHARE)
        others.append(other)
    mean = Predicted(np.mean([one.logits for one in others], axis=0), others[0].words)
    return SoftLabelled(labelled.examples, soft, weight, words), mean


def _teacher(
    labelled: SoftLabelled, folds: np.typing.NDArray[np.int64], fold: int, asked: Stacking, progress: Progress
) -> Network:
    learns = [i for i in np.flatnonzero(folds != fold).tolist() if labelled.examples[i].set != CROPPED]
    progress(f"teacher {fold} learns", len(learns))
    folder = asked.folder / f"teacher-{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    batches = Batches(labelled.part(learns), asked.base / "tokenizer.json", asked.recipe, asked.seed + fold)
    network = build(asked.base, OUTPUTS, asked.seed + fold, asked.recipe.dropout).to(asked.device)
    train(
        network, batches, asked.recipe, folder,
        attributes=len(ATTRIBUTES), seed=asked.seed + fold, workers=asked.workers,
    )  # fmt: skip
    return network


def forget(asked: Stacking) -> None:
    """Remove the teachers' checkpoints, one gigabyte each."""
    for fold in range(FOLDS):
        shutil.rmtree(asked.folder / f"teacher-{fold}", ignore_errors=True)
