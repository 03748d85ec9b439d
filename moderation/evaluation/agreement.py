"""How well our scores agree with Perspective's on the same texts, and calibrations fitted to such pairs.

Texts are not kept, only numbers: for each attribute our score, theirs, and the fold that the text's hash falls into. A
calibration is evaluated by cross-validation: every row by a curve fitted without its fold.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from moderation.evaluation.samples import Sample
from moderation.scoring import Refusal, Scorer
from moderation.scoring.calibration import (
    MIN_ROWS,
    Calibration,
    Curve,
    fit_curve,
    mean_of,
    read_calibration,
    write_calibration,
)
from moderation.scoring.metrics.quality import Floats, rank_correlation
from moderation.scoring.perspective import outputs_served
from moderation.services.online_scoring.perspective import calibration_path

THRESHOLDS = (0.5, 0.7, 0.8, 0.9)
FOLDS = 5
TEXTS_AT_ONCE = 64

Item = TypeVar("Item")


@dataclass(slots=True)
class Pairs:
    """Pairs of one attribute: the mean of the model's outputs for it, Perspective's score, and the fold."""

    read: tuple[str, ...]
    raw: "array[float]" = field(default_factory=lambda: array("d"))
    theirs: "array[float]" = field(default_factory=lambda: array("d"))
    folds: "array[int]" = field(default_factory=lambda: array("b"))

    def __len__(self) -> int:
        return len(self.raw)

    def add(self, outputs: Mapping[str, float], theirs: float, fold: int) -> None:
        """Adds a text: the model's outputs, Perspective's score, and the fold."""
        self.raw.append(mean_of(self.read, outputs))
        self.theirs.append(theirs)
        self.folds.append(fold)

    def arrays(self) -> tuple[Floats, Floats, NDArray[np.int8]]:
        """The three columns."""
        return np.array(self.raw), np.array(self.theirs), np.array(self.folds, dtype=np.int8)


@dataclass(slots=True)
class Collected:
    """Pairs of each attribute; how many texts there were, and how many the model refused."""

    pairs: dict[str, Pairs]
    texts: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class AgreementAtThreshold:
    """What a threshold flags.

    Attributes:
        threshold: Of both columns.
        theirs, ours: Share of all rows that each flags.
        agree: Of the rows that either flags, the share that both do; None if there is none.
        equal: Our threshold that flags as many rows as theirs does; None if theirs flags none.
    """

    threshold: float
    theirs: float
    ours: float
    agree: float | None
    equal: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two columns of scores agree: Spearman's rank correlation, mean absolute error, what thresholds flag."""

    rank_correlation: float
    mean_error: float
    highest: float
    thresholds: tuple[AgreementAtThreshold, ...]


def pairs_collect(*, samples: Iterable[Sample], scorer: Scorer, language: str | None = None) -> Collected:
    """Scores the samples' texts and returns the pairs; texts go in small batches and are not kept.

    Args:
        samples: Any number of them.
        scorer: The model; attributes that it does not have are left out.
        language: Trusted if given, else detected; texts in others are refused and counted.
    """
    outputs = outputs_served(scorer.description)
    collected = Collected({attribute: Pairs(read) for attribute, read in outputs.items()})
    for batch in batched(samples, TEXTS_AT_ONCE):
        found = scorer.score([s.text for s in batch], languages=[language] * len(batch), perspective=True)
        for sample, result in zip(batch, found, strict=True):
            collected.texts += 1
            if isinstance(result, Refusal):
                collected.refused += 1
            else:
                _add(collected, sample, {**result.scores, **result.perspective})
    return collected


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yields items in lists of up to `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def fold_of(text: str) -> int:
    """Returns the fold of a text, the same in every file."""
    return sha256(text.encode("utf-8", "replace")).digest()[0] % FOLDS


def _add(collected: Collected, sample: Sample, outputs: dict[str, float]) -> None:
    fold = fold_of(sample.text)
    for attribute, theirs in sample.perspective.items():
        if attribute in collected.pairs:
            collected.pairs[attribute].add(outputs, theirs, fold)


def agreement(*, ours: Floats, theirs: Floats) -> Agreement:
    """Returns how well two columns of scores, of at least one row, agree."""
    return Agreement(
        rank_correlation=rank_correlation(ours, theirs),
        mean_error=float(np.abs(ours - theirs).mean()),
        highest=float(ours.max()),
        thresholds=tuple(_at(threshold, ours, theirs) for threshold in THRESHOLDS),
    )


def _at(threshold: float, ours: Floats, theirs: Floats) -> AgreementAtThreshold:
    a, b = ours >= threshold, theirs >= threshold
    either, flagged = int((a | b).sum()), int(b.sum())
    return AgreementAtThreshold(
        threshold=threshold,
        theirs=float(b.mean()),
        ours=float(a.mean()),
        agree=float((a & b).sum() / either) if either else None,
        equal=float(np.sort(ours)[-flagged]) if flagged else None,
    )


def mapped(curve: Callable[[float], float], raw: Floats) -> Floats:
    """Returns a column mapped by a curve."""
    return np.array([curve(value) for value in raw.tolist()])


def cross_validated(*, pairs: Pairs) -> Floats | None:
    """Returns calibrated scores, every row by a curve fitted without its fold; None if there are too few rows."""
    raw, theirs, folds = pairs.arrays()
    if min((int((folds != fold).sum()) for fold in range(FOLDS)), default=0) < MIN_ROWS:
        return None
    found = np.empty_like(raw)
    for fold in range(FOLDS):
        curve = fit_curve(pairs.read, raw[folds != fold], theirs[folds != fold])
        found[folds == fold] = mapped(curve, raw[folds == fold])
    return found


def curves_fit(*, collected: Collected) -> dict[str, Curve]:
    """Returns a curve for each attribute that has enough rows, fitted to all of them."""
    enough = {attribute: pairs for attribute, pairs in collected.pairs.items() if len(pairs) >= MIN_ROWS}
    return {attribute: fit_curve(pairs.read, *pairs.arrays()[:2]) for attribute, pairs in enough.items()}


def calibration_store(*, name: str, curves: dict[str, Curve], scorer: Scorer) -> Calibration:
    """Stores curves as the local calibration `name`, one version above the last of that name."""
    path = calibration_path(name)
    version = read_calibration(path).version + 1 if path.exists() else 1
    about = scorer.description
    calibration = Calibration(name, version, about.label, about.sha256, curves)
    write_calibration(calibration, path)
    return calibration
