"""The agreement with Perspective as Markdown: what the command prints and writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from moderation.evaluation.agreement import (
    FOLDS,
    Agreement,
    AgreementAtThreshold,
    Collected,
    Pairs,
    agreement,
    cross_validated,
    mapped,
)
from moderation.scoring.calibration import Calibration

RAW = "uncalibrated"
FITTED = "fitted here, cross-validated"


@dataclass(frozen=True, slots=True)
class Compared:
    """One attribute's agreement, for each way of mapping our scores."""

    attribute: str
    rows: int
    ways: Mapping[str, Agreement]


def compare(*, collected: Collected, calibration: Calibration | None, fit: bool) -> list[Compared]:
    """Returns the agreement of each attribute with rows: raw, as served, and as a fit to these rows would serve it."""
    return [
        Compared(attribute, len(pairs), dict(_ways(attribute, pairs, calibration, fit=fit)))
        for attribute, pairs in collected.pairs.items()
        if len(pairs)
    ]


def _ways(
    attribute: str, pairs: Pairs, calibration: Calibration | None, *, fit: bool
) -> Iterator[tuple[str, Agreement]]:
    raw, theirs, _ = pairs.arrays()
    yield RAW, agreement(ours=raw, theirs=theirs)
    if calibration and attribute in calibration.curves and calibration.curves[attribute].read == pairs.read:
        served = mapped(calibration.curves[attribute], raw)
        yield f"served ({calibration.label})", agreement(ours=served, theirs=theirs)
    fitted = cross_validated(pairs=pairs) if fit else None
    if fitted is not None:
        yield FITTED, agreement(ours=fitted, theirs=theirs)


def report(*, compared: Sequence[Compared], model: str, notes: Sequence[str]) -> str:
    """Returns the whole report."""
    lines = [
        "# Agreement with Perspective's scores",
        "",
        f"Written by `manage.py perspective_agreement`; model {model}.",
        "",
        *[f"- {note}" for note in notes],
        "",
        "## Ranks and errors",
        "",
        "| attribute | rows | our scores | rank correlation | mean absolute error | highest |",
        "| --- | --- | --- | --- | --- | --- |",
        *[_summary(one, way, found) for one in compared for way, found in one.ways.items()],
        "",
        "## What a threshold flags",
        "",
        "Shares of all rows. *agree*: flagged by both, among those flagged by either. *equal*: our threshold that",
        "flags as many rows as theirs.",
        "",
        "| attribute | threshold | our scores | Perspective flags | we flag | agree | equal |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *[
            _flags(one.attribute, way, at)
            for one in compared
            for place in range(_thresholds(one))
            for way, found in one.ways.items()
            for at in [found.thresholds[place]]
        ],
    ]
    return "\n".join(lines) + "\n"


def _thresholds(one: Compared) -> int:
    return max((len(found.thresholds) for found in one.ways.values()), default=0)


def _summary(one: Compared, way: str, found: Agreement) -> str:
    figures = f"{found.rank_correlation:.3f} | {found.mean_error:.3f} | {found.highest:.2f}"
    return f"| {one.attribute} | {one.rows:,} | {way} | {figures} |"


def _flags(attribute: str, way: str, at: AgreementAtThreshold) -> str:
    agree = "–" if at.agree is None else f"{at.agree:.2f}"
    equal = "–" if at.equal is None else f"{at.equal:.2f}"
    return f"| {attribute} | {at.threshold} | {way} | {at.theirs:.2%} | {at.ours:.2%} | {agree} | {equal} |"


def notes_of(*, collected: Collected, files: Sequence[str], fit: bool) -> list[str]:
    """Returns what a reader of the figures must know."""
    notes = [f"{collected.texts:,} texts from {', '.join(files)}; {collected.refused:,} of them refused by the model."]
    if fit:
        notes.append(
            f"*{FITTED}*: every row by a curve made without its fold, {FOLDS} folds by the hash of the text. "
            "The curve that is kept is made from all rows."
        )
    return notes
