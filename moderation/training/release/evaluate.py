"""Figures of a trained network on held-out texts: each set's labels, Perspective's scale, spans.

The same measures as those of `manage.py evaluate_model`, which goes through the whole engine and which the model card
quotes; these are for the log of runs, and for choosing outputs and the threshold for words.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from moderation.scoring.metrics.quality import auc, brier, calibration_error, character_f1, rank_correlation
from moderation.training.examples import FURTHER, OUTPUTS, SETS, Example
from moderation.training.network.predict import Predicted, Words

# The rank correlation from which a further output is kept: 0.7 on unseen rows, with a margin since 63 rows choose among
# nine.
MIN_RANK = 0.77
MIN_ROWS = 30
HALF = 0.5
THRESHOLDS = tuple(round(0.1 + 0.05 * step, 2) for step in range(15))

Figures = dict[str, Any]
Column = np.typing.NDArray[np.float64]


def figures_of(examples: Sequence[Example], said: Predicted, threshold: float) -> Figures:
    """Set → output → figures; and the mean F1 over the characters of marked texts at `threshold`."""
    found: Figures = {name: _of_set(name, examples, said) for name in SETS}
    return {**{name: figures for name, figures in found.items() if figures}, "spans": _spans(examples, said, threshold)}


def _of_set(name: str, examples: Sequence[Example], said: Predicted) -> Figures:
    figures: Figures = {}
    for column, output in enumerate(OUTPUTS):
        rows = [i for i, one in enumerate(examples) if one.set == name and output in one.labels]
        if len(rows) >= MIN_ROWS:
            scores = _sigmoid(said.logits[rows, column])
            labels = np.array([examples[i].labels[output] for i in rows])
            figures[output] = _agreement(scores, labels) if "perspective" in output else _judgement(scores, labels)
    return figures


def _sigmoid(logits: np.typing.NDArray[np.float32]) -> Column:
    found: Column = 1 / (1 + np.exp(-logits.astype(np.float64)))
    return found


def _judgement(scores: Column, labels: Column) -> Figures:
    positive = labels >= HALF
    return {
        "rows": len(labels),
        "positive": int(positive.sum()),
        "auc": auc(scores, positive),
        "calibration_error": calibration_error(scores, labels),
        "brier": brier(scores, labels),
    }


def _agreement(scores: Column, labels: Column) -> Figures:
    error = float(np.abs(scores - labels).mean())
    return {"rows": len(labels), "rank_correlation": rank_correlation(scores, labels), "mean_error": error}


def outputs_learnt(examples: Sequence[Example], said: Predicted) -> list[str]:
    """All outputs but the further ones whose rank correlation on these texts is below `MIN_RANK`."""
    figures = _of_set("perspective", examples, said)

    def learnt(output: str) -> bool:
        return output not in FURTHER or figures.get(output, {}).get("rank_correlation", 0.0) >= MIN_RANK

    return [output for output in OUTPUTS if learnt(output)]


def span_threshold(examples: Sequence[Example], said: Predicted) -> float:
    """The threshold for words with the best F1."""
    return max(THRESHOLDS, key=lambda threshold: _spans(examples, said, threshold)["f1"] or 0.0)


def _spans(examples: Sequence[Example], said: Predicted, threshold: float) -> Figures:
    """Span F1 on the texts on whose spans annotators agreed; if they are few, on all annotated texts."""
    marked = [(one, words) for one, words in zip(examples, said.words, strict=True) if one.spans is not None]
    agreed = [(one, words) for one, words in marked if one.agreed]
    pairs = agreed if len(agreed) >= MIN_ROWS else marked
    scores = [character_f1(_found(words, threshold), _marked(one)) for one, words in pairs]
    return {"rows": len(scores), "f1": float(np.mean(scores)) if scores else None, "threshold": threshold}


def _found(words: Words, threshold: float) -> set[int]:
    """Characters of pieces above the threshold; a gap of one character between two is filled, as people do."""
    marked = [(begin, end) for begin, end, share in words if share >= threshold]
    found = {i for begin, end in marked for i in range(begin, end)}
    return found | {a for (_, a), (b, _) in pairwise(marked) if b - a == 1}


def _marked(example: Example) -> set[int]:
    return {i for begin, end, share in example.spans or () if share > HALF for i in range(begin, end)}
