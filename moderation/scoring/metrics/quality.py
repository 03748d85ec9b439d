"""Metrics of the quality of scores: ranks, calibration, thresholds, spans. Pure functions over columns of numbers.

`evaluate_model` and the training share them, so that both mean the same. An undefined metric is None.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 15
ROUNDS = 200
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What `score >= threshold` flags: share of all rows, precision, recall; None if undefined."""

    threshold: float
    flagged: float
    precision: float | None
    recall: float | None


def auc(scores: Floats, positive: Flags) -> float | None:
    """Area under the ROC curve: how often a positive row is above a negative one, ties half; None if undefined."""
    count = int(positive.sum())
    if not 0 < count < len(positive):
        return None
    above = ranks(scores)[positive].sum() - count * (count - 1) / 2
    return float(above / (count * (len(positive) - count)))


def average_precision(scores: Floats, positive: Flags) -> float | None:
    """Mean precision over the positive rows, rows of equal score taken together; None without positive rows."""
    count = int(positive.sum())
    if not count:
        return None
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits = np.cumsum(positive[order])[last]
    gained = np.diff(hits, prepend=0)
    return float((hits / (last + 1) * gained).sum() / count)


def calibration_error(scores: Floats, labels: Floats, bins: int = BINS) -> float | None:
    """Mean absolute difference of score and label over equal-mass bins by score; None for fewer rows than bins."""
    if len(scores) < bins:
        return None
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, bins)
    return float(sum(len(part) * abs(scores[part].mean() - labels[part].mean()) for part in parts) / len(scores))


def brier(scores: Floats, labels: Floats) -> float:
    """Mean squared difference of score and label (Brier, 1950)."""
    return float(np.square(scores - labels).mean())


def brier_of_base_rate(labels: Floats) -> float:
    """The Brier score of a constant: the mean label."""
    return float(np.square(labels - labels.mean()).mean())


def at_threshold(scores: Floats, positive: Flags, threshold: float) -> AtThreshold:
    """What a threshold flags."""
    flagged = scores >= threshold
    both = int((flagged & positive).sum())
    return AtThreshold(
        threshold, float(flagged.mean()), _share(both, int(flagged.sum())), _share(both, int(positive.sum()))
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def rank_correlation(ours: Floats, theirs: Floats) -> float:
    """Spearman's rank correlation, ties at their mean rank; 0 if one column is constant."""
    a, b = ranks(ours), ranks(theirs)
    if not a.std() or not b.std():
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def ranks(values: Floats) -> Floats:
    """Ranks from 0, ties at their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: Floats = ((2 * last - counts - 1) / 2)[inverse]
    return found


def character_f1(found: Set[int], marked: Set[int]) -> float:
    """F1 over the characters of one text, 1 if neither has any (SemEval-2021 task 5, Pavlopoulos et al.)."""
    if not found and not marked:
        return 1.0
    return 2 * len(found & marked) / (len(found) + len(marked))


@dataclass(frozen=True, slots=True)
class TermFigures:
    """An identity term's effect on scores (Borkan et al., "Nuanced metrics for measuring unintended bias", 2019).

    Attributes:
        subgroup: AUC among the rows with the term.
        bpsn: AUC of positive rows without it against negative rows with it: low if the term alone raises scores.
        bnsp: AUC of negative rows without it against positive rows with it: low if the term hides abuse.
    """

    rows: int
    subgroup: float | None
    bpsn: float | None
    bnsp: float | None


def term_figures(scores: Floats, positive: Flags, term: Flags) -> TermFigures:
    """The three metrics of one term, over all rows."""
    bpsn, bnsp = positive != term, positive == term
    return TermFigures(
        int(term.sum()),
        auc(scores[term], positive[term]),
        auc(scores[bpsn], positive[bpsn]),
        auc(scores[bnsp], positive[bnsp]),
    )


def interval(
    measure: Callable[..., float | None], *columns: NDArray[np.generic], rounds: int = ROUNDS, seed: int = 0
) -> tuple[float, float] | None:
    """The 95 % confidence interval of a metric, from resampled rows (percentile bootstrap, Efron 1979).

    Args:
        measure: Takes the columns; rounds in which it returns None are left out.
        columns: Columns of equal length.
        seed: The same rows and seed give the same interval.
    """
    chance = np.random.default_rng(seed)
    size = len(columns[0])
    draws = (chance.integers(0, size, size) for _ in range(rounds if size else 0))
    found = [value for draw in draws if (value := measure(*(column[draw] for column in columns))) is not None]
    if not found:
        return None
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return low, high
