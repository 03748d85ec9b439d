"""The figures of an evaluation, as plain data that the command writes as JSON and the report prints."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from moderation.evaluation.agreement import Pairs, agreement, mapped
from moderation.evaluation.collect import HALF, NOISED, Evaluated, Judged
from moderation.scoring.calibration import Calibration
from moderation.scoring.metrics.identity_terms import TERMS
from moderation.scoring.metrics.quality import (
    Flags,
    Floats,
    at_threshold,
    auc,
    average_precision,
    brier,
    brier_of_base_rate,
    calibration_error,
    interval,
    rank_correlation,
    term_figures,
)

THRESHOLDS = (0.3, 0.5, 0.7, 0.8, 0.9)
ALL = "all"
# With fewer rows of either class, figures of a term are noise.
MIN_ROWS = 10

Figures = dict[str, Any]


def figures_of(*, found: Evaluated, calibration: Calibration | None, rounds: int) -> Figures:
    """Returns every figure for which there are rows.

    Args:
        calibration: The one that Perspective's scale is served with.
        rounds: Resamplings for the intervals; 0 for none.
    """
    return {
        "texts": found.texts,
        "refused": found.refused,
        "labels": {name: dict(_groups(judged, rounds)) for name, judged in found.labels.items()},
        "terms": {name: terms for name, judged in found.labels.items() if (terms := _terms(judged))},
        "perspective": {
            attribute: _perspective(attribute, pairs, calibration, rounds)
            for attribute, pairs in found.perspective.items()
            if len(pairs)
        },
        "spans": _spans(found, rounds),
        "noise": _noise(found),
        "rates": {attribute: _rates(np.array(scores)) for attribute, scores in found.rates.items()},
    }


def _groups(judged: Judged, rounds: int) -> Iterator[tuple[str, Figures]]:
    scores, shares = judged.arrays()
    yield ALL, _judgement(scores, shares, rounds)
    names = sorted(set(judged.groups) - {""})
    for name in names if len(names) > 1 else ():
        rows = judged.of_group(name)
        yield name, _judgement(scores[rows], shares[rows], rounds)


def _judgement(scores: Floats, shares: Floats, rounds: int) -> Figures:
    positive = shares >= HALF
    around = partial(interval, rounds=rounds)
    return {
        "rows": len(scores),
        "positive": int(positive.sum()),
        "auc": auc(scores, positive),
        "auc_interval": around(auc, scores, positive),
        "average_precision": average_precision(scores, positive),
        "average_precision_interval": around(average_precision, scores, positive),
        "calibration_error": calibration_error(scores, shares),
        "calibration_error_interval": around(calibration_error, scores, shares),
        "brier": brier(scores, shares),
        "brier_of_base_rate": brier_of_base_rate(shares),
        "thresholds": [asdict(at_threshold(scores, positive, threshold)) for threshold in THRESHOLDS],
    }


def _terms(judged: Judged) -> Figures:
    """Returns AUCs by term, for terms with enough rows of both classes, and the worst of each kind of AUC."""
    scores, shares = judged.arrays()
    positive = shares >= HALF
    flags = {term: judged.of_term(term) for term in TERMS}
    found = {
        term: asdict(term_figures(scores, positive, rows)) for term, rows in flags.items() if _enough(positive[rows])
    }
    worst = {kind: _worst(kind, found) for kind in ("subgroup", "bpsn", "bnsp")}
    return {"worst": worst, "terms": found} if found else {}


def _enough(positive: Flags) -> bool:
    return MIN_ROWS <= int(positive.sum()) <= len(positive) - MIN_ROWS


def _worst(kind: str, found: dict[str, dict[str, Any]]) -> Figures:
    term = min(found, key=lambda name: found[name][kind], default="")
    return {"term": term, "auc": found[term][kind]} if term else {}


def _perspective(attribute: str, pairs: Pairs, calibration: Calibration | None, rounds: int) -> Figures:
    raw, theirs, _ = pairs.arrays()
    curve = calibration.curves.get(attribute) if calibration else None
    served = mapped(curve, raw) if curve and curve.read == pairs.read else raw
    found = agreement(ours=served, theirs=theirs)
    return {
        "rows": len(pairs),
        "rank_correlation": found.rank_correlation,
        "rank_correlation_interval": interval(rank_correlation, served, theirs, rounds=rounds),
        "mean_error": found.mean_error,
        "mean_error_uncalibrated": float(np.abs(raw - theirs).mean()),
        "thresholds": [asdict(at) for at in found.thresholds],
    }


def _spans(found: Evaluated, rounds: int) -> Figures:
    scores = np.array(found.span_f1)
    if not len(scores):
        return {}
    return {"texts": len(scores), "f1": float(scores.mean()), "f1_interval": interval(_mean, scores, rounds=rounds)}


def _mean(values: Floats) -> float:
    return float(values.mean())


def _noise(found: Evaluated) -> Figures:
    """Returns kind → AUC of toxicity with every toxic text disguised, and how much was lost."""
    if not found.disguised:
        return {}
    scores, shares = found.labels[NOISED].arrays()
    clean = auc(scores, shares >= HALF)
    kinds = {kind: auc(np.array(noised), shares >= HALF) for kind, noised in found.noise.items()}
    lost = {kind: {"auc": value, "lost": clean - value} for kind, value in kinds.items() if clean and value}
    return {"disguised": found.disguised, "clean": clean, "kinds": lost}


def _rates(scores: Floats) -> Figures:
    """Returns threshold → share of all texts at or above it."""
    return {str(threshold): float((scores >= threshold).mean()) for threshold in THRESHOLDS}
