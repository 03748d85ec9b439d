"""Labels for what sets lack, and a second opinion on what they have: large networks, each asked only what it never saw.

The examples fall into folds. A teacher of a larger encoder learns from all folds but one and judges that one, so what
it says of a text is no memory of the text's own label (Wolpert's stacking, 1992): a wrong label in a set is outvoted
instead of learnt. Where no such encoder is given, the small LSTM alone fills in, at a low weight.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moderation.scoring.metrics.identity_terms import terms_in
from moderation.scoring.results import ATTRIBUTES
from moderation.training.augmentation.cropping import CROPPED
from moderation.training.augmentation.joining import JOINED, is_asked
from moderation.training.data.cleaning import key_of
from moderation.training.examples import OUTPUTS, Example, Marked, Progress
from moderation.training.network.batches import PLACE, Batches, Floats, Taught
from moderation.training.network.loop import train
from moderation.training.network.model import Network, build
from moderation.training.network.predict import Predicted, predict
from moderation.training.recipe import TEACHER, Recipe
from moderation.training.teachers.existing_models import MIN_SHARE, judged
from moderation.training.teachers.lstm import TAUGHT, Teacher, teacher_folder

FOLDS = 4
# The LSTM knows talk comments; of texts that name an identity it is not asked what makes the name itself a fault.
TALK = frozenset({"wikipedia", "context", "perspective", "unlabelled"})
NOT_ASKED = ("toxicity", "severe_toxicity", "insult", "identity_attack")


@dataclass(frozen=True, slots=True)
class Class:
    """Whom teachers are made of, and how.

    Attributes:
        base: Folder of the larger encoder: config, weights, tokenizer.
        folder: Where their checkpoints lie while they learn.
        recipe: How they learn.
        seed: Chance.
        device: Where they learn.
        workers: Processes that prepare batches.
    """

    base: Path
    folder: Path
    recipe: Recipe = TEACHER
    seed: int = 1
    device: str = "cpu"
    workers: int = 0


def fold_of(example: Example) -> int:
    """The fold of an example; whatever was made of it falls into the same one."""
    made_of = example.group.removeprefix(JOINED)
    is_key = example.set == CROPPED or made_of != example.group
    key = made_of if is_key else key_of(example.group or example.text)
    return int(key[8:16], 16) % FOLDS


def weak_labels(examples: Sequence[Example], progress: Progress) -> Floats:
    """What the LSTM says: examples × outputs, NaN where it is not asked."""
    found = np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)
    talk = [i for i, one in enumerate(examples) if one.set in TALK]
    said = Teacher(teacher_folder())([examples[i].text for i in talk], progress("the LSTM", len(talk)))
    found[np.ix_(talk, [PLACE[name] for name in TAUGHT])] = said
    named = [i for i in talk if terms_in(examples[i].text)]
    found[np.ix_(named, [PLACE[name] for name in NOT_ASKED])] = np.nan
    return found


def taught_by_models(
    examples: Sequence[Example], folders: Sequence[Path], recipe: Recipe, progress: Progress
) -> Taught:
    """The examples with what these models say of them."""
    places = [i for i, one in enumerate(examples) if is_asked(one)]
    said, marks = judged([examples[i].text for i in places], folders, recipe.max_tokens, progress)
    soft = np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)
    soft[places] = said
    words: list[Marked | None] = [None] * len(examples)
    for i, marked in zip(places, marks, strict=False):
        words[i] = marked
    return Taught(examples, soft, recipe.teacher_weight, words)


def taught_in_class(
    taught: Taught, held_out: Sequence[str], asked: Class, weight: float, progress: Progress
) -> tuple[Taught, Predicted]:
    """Have a class of teachers learn, and judge what they have not seen.

    Args:
        taught: The training part with the LSTM's labels.
        held_out: Texts that none of them learns from.
        weight: Of what they say, beside people's labels.

    Returns:
        The training part with their labels, and what they say of the held-out texts on average.
    """
    folds = np.array([fold_of(one) for one in taught.examples])
    soft = np.full_like(taught.soft, np.nan)
    words: list[Marked | None] = [None] * len(folds)
    others: list[Predicted] = []
    for fold in range(FOLDS):
        teacher = _teacher(taught, folds, fold, asked, progress)
        places = [i for i in np.flatnonzero(folds == fold).tolist() if is_asked(taught.examples[i])]
        texts = [taught.examples[i].text for i in places]
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
    return Taught(taught.examples, soft, weight, words), mean


def _teacher(
    taught: Taught, folds: np.typing.NDArray[np.int64], fold: int, asked: Class, progress: Progress
) -> Network:
    learns = [i for i in np.flatnonzero(folds != fold).tolist() if taught.examples[i].set != CROPPED]
    progress(f"teacher {fold} learns", len(learns))
    folder = asked.folder / f"teacher-{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    batches = Batches(taught.part(learns), asked.base / "tokenizer.json", asked.recipe, asked.seed + fold)
    network = build(asked.base, OUTPUTS, asked.seed + fold, asked.recipe.dropout).to(asked.device)
    train(
        network, batches, asked.recipe, folder,
        attributes=len(ATTRIBUTES), seed=asked.seed + fold, workers=asked.workers,
    )  # fmt: skip
    return network


def forget(asked: Class) -> None:
    """Remove the teachers' checkpoints, a gigabyte each."""
    for fold in range(FOLDS):
        shutil.rmtree(asked.folder / f"teacher-{fold}", ignore_errors=True)
