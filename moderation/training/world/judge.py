"""Judges a network on texts that it was not trained on: AUC of toxicity by set, with intervals by bootstrap."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.training.examples import read_examples
from moderation.training.network.batches import open_tokenizer
from moderation.training.world import sets
from moderation.training.world.encoder.batches import MAX_TOKENS, PLACE, placed
from moderation.training.world.encoder.network import Network
from moderation.training.world.rows import OUTPUTS, read_rows
from moderation.training.world.sentences import OWN

Floats = NDArray[np.float32]
MAJORITY = 0.5
BATCH_TOKENS = 4_096
# Of a set; English is only looked at beside.
MOST_ENGLISH = 1_500
SAMPLES, SIDES = 500, (2.5, 97.5)
LABELS = ("toxic", "offensive", "hateful", "toxicity")


@dataclass(frozen=True, slots=True)
class Judged:
    """One text of a set that a model is judged by.

    Attributes:
        set: What its figures are told under: `jigsaw2020 tr`.
        label: Whether people call it toxic.
        score: Perspective's own TOXICITY, where it is known.
    """

    set: str
    language: str
    text: str
    label: bool
    score: float | None = None


def judged_texts(data: Path, held_out: Sequence[Path], english: Path) -> Iterator[Judged]:
    """Every text to judge by: the files for it, held-out rows, and the English test split."""
    for path in sorted((data / sets.FOLDER).glob("*.jsonl")):
        if path.stem.startswith("dev-") or path.stem.endswith("-dev"):
            yield from (_judged(path.stem, fields) for fields in sets.lines(path))
    for part in held_out:
        for one in read_rows(part):
            label = (one.people or one.soft).get("toxicity", 0.0) >= MAJORITY
            name = f"{one.set} {one.language}" if one.set == OWN else one.set
            yield Judged(name, one.language, one.text, label)
    told: Counter[str] = Counter()
    for example in read_examples(english):
        if "toxicity" in example.labels and told[example.set] < MOST_ENGLISH:
            told[example.set] += 1
            yield Judged(f"en {example.set}", "en", example.text, example.labels["toxicity"] >= MAJORITY)


def _judged(name: str, fields: dict[str, Any]) -> Judged:
    label = next(float(fields[key]) for key in LABELS if key in fields) >= MAJORITY
    scores = ast.literal_eval(fields["toxicity_score"]) if "toxicity_score" in fields else {}
    set_name = f"{name} {fields['language']}"
    return Judged(set_name, fields["language"], fields["text"], label, scores.get("TOXICITY"))


@torch.no_grad()
def logits(network: Network, tokenizer: Path, texts: Sequence[str]) -> Floats:
    """Texts × outputs."""
    reader = open_tokenizer(tokenizer, MAX_TOKENS)
    ids = [found.ids for found in reader.encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
    said = np.zeros((len(ids), len(OUTPUTS)), dtype=np.float32)
    while order:
        width = len(ids[order[0]])
        count = max(1, BATCH_TOKENS // width)
        group, order = order[:count], order[count:]
        wide, mask = np.zeros((2, len(group), width), dtype=np.int64)
        for row, i in enumerate(group):
            wide[row, : len(ids[i])], mask[row, : len(ids[i])] = ids[i], 1
        with torch.autocast("cpu", torch.bfloat16):
            said[group] = network(*placed(wide, mask)).logits.numpy()
    return said


def figures(texts: Sequence[Judged], said: Floats) -> dict[str, dict[str, float]]:
    """Of each set: texts, toxic ones, AUC of toxicity with its interval; on Perspective's scale rank and error."""
    by_set: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(texts):
        by_set[one.set].append(place)
    return {name: _figures([texts[i] for i in places], said[places]) for name, places in sorted(by_set.items())}


def _figures(texts: Sequence[Judged], said: Floats) -> dict[str, float]:
    labels = np.array([one.label for one in texts])
    found: dict[str, float] = {"texts": len(texts), "toxic": int(labels.sum())}
    if 0 < labels.sum() < len(labels):
        found |= auc_with_interval(labels, said[:, PLACE["toxicity"]])
    if known := [i for i, one in enumerate(texts) if one.score is not None]:
        found |= _on_scale(np.array([texts[i].score for i in known]), said[known, PLACE["perspective_toxicity"]])
    return found


def _on_scale(scores: NDArray[np.float64], said: Floats) -> dict[str, float]:
    from scipy.stats import spearmanr

    shares = 1 / (1 + np.exp(-said))
    rank = float(spearmanr(scores, shares).statistic)
    return {"perspective_rank": round(rank, 3), "perspective_error": round(float(np.abs(scores - shares).mean()), 3)}


def auc_with_interval(labels: NDArray[np.bool_], scores: Floats) -> dict[str, float]:
    """The area under the curve, and where 95 of 100 bootstrap samples have it."""
    from sklearn.metrics import roc_auc_score

    chance = np.random.default_rng(1)
    drawn = [chance.integers(0, len(labels), len(labels)) for _ in range(SAMPLES)]
    values = [roc_auc_score(labels[one], scores[one]) for one in drawn if 0 < labels[one].sum() < len(one)]
    low, high = np.percentile(values, SIDES)
    area = float(roc_auc_score(labels, scores))
    return {"auc": round(area, 4), "low": round(float(low), 3), "high": round(float(high), 3)}
