"""Labels for what sets lack: the mean of what the teachers say. Theirs have a low weight; people's labels stand.

Of texts that name an identity the teachers are not asked what makes the name itself a fault: they learnt from comments
in which these words were mostly abuse, and a model that repeats them flags the people who are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from moderation.scoring.identity_terms import terms_in
from moderation.training.batches import PLACE, Floats
from moderation.training.examples import OUTPUTS
from moderation.training.network import build
from moderation.training.predicting import predict
from moderation.training.teacher import TAUGHT, Teacher, teacher_folder

# Texts in, texts × outputs out, NaN for outputs that this teacher does not know.
Teach = Callable[[Sequence[str], Callable[[int], None]], Floats]
NOT_ASKED = ("toxicity", "severe_toxicity", "insult", "identity_attack")


def teachers(checkpoint: Path | None, max_tokens: int) -> list[Teach]:
    """The LSTM, and an earlier checkpoint of all outputs where one is given."""
    found: list[Teach] = [_lstm()]
    return [*found, _earlier(checkpoint, max_tokens)] if checkpoint else found


def soft_labels(texts: Sequence[str], found: Sequence[Teach], progress: Callable[[int], None]) -> Floats:
    """Texts × outputs: the mean over the teachers that know an output, NaN where none does."""
    said = np.stack([teach(texts, progress) for teach in found])
    known = (~np.isnan(said)).sum(axis=0)
    mean: Floats = np.where(known, np.nansum(said, axis=0) / np.maximum(known, 1), np.nan).astype(np.float32)
    named = [i for i, text in enumerate(texts) if terms_in(text)]
    mean[np.ix_(named, [PLACE[name] for name in NOT_ASKED])] = np.nan
    return mean


def _lstm() -> Teach:
    teacher = Teacher(teacher_folder())

    def teach(texts: Sequence[str], progress: Callable[[int], None]) -> Floats:
        found = np.full((len(texts), len(OUTPUTS)), np.nan, dtype=np.float32)
        found[:, [PLACE[name] for name in TAUGHT]] = teacher(texts, progress)
        return found

    return teach


def _earlier(checkpoint: Path, max_tokens: int) -> Teach:
    network = build(checkpoint, OUTPUTS, seed=0)

    def teach(texts: Sequence[str], progress: Callable[[int], None]) -> Floats:
        logits = predict(network, checkpoint / "tokenizer.json", texts, max_tokens, progress).logits
        found: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
        return found

    return teach
