"""The record of one run as Markdown: data, recipe, calibration, figures. What people must know is in docs/models.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from moderation.scoring.catalogue.descriptions import ModelDescription
from moderation.scoring.conversion.parity import Parity
from moderation.training.recipe import Recipe
from moderation.training.release.calibrate import Lines

LICENCES = {
    "wikipedia": "Wikipedia talk comments, Jigsaw's labels; CC0, text CC BY-SA 3.0",
    "context": "Wikipedia talk comments in context; Apache-2.0",
    "civil": "Civil Comments with spans; CC0",
    "tweets": "Davidson et al.; MIT",
    "paradetox": "ParaDetox; CC0",
    "perspective": "Wikipedia talk comments with Perspective's scores; Apache-2.0",
    "unlabelled": "Wikipedia talk comments, Jigsaw 2021; CC0",
    "cropped": "sentences out of longer comments of these sets",
    "own": "written for this project; Apache-2.0",
}


def card(
    *,
    description: ModelDescription,
    parity: Parity,
    counts: Mapping[str, Counter[str]],
    recipe: Recipe,
    base: str,
    seed: int,
    lines: Lines,
    figures: Mapping[str, Any],
) -> str:
    """The whole record.

    Args:
        counts: Part → texts of each set.
        base: What was trained from.
        lines: The calibration.
        figures: From `judge`, on the test part.
    """
    settings = ", ".join(f"{name} {value}" for name, value in asdict(recipe).items())
    return "\n".join(
        [
            f"# A run of moderation.training: {description.label}",
            "",
            f"From {base}, seed {seed}. {description.size_bytes:,} bytes, SHA-256 {description.sha256}.",
            f"Against torch: {parity.largest:.4f} at most, {parity.mean:.5f} on average, in {parity.precision}.",
            "",
            f"Recipe: {settings}.",
            "",
            "| set | train | dev | test | what it is |",
            "| --- | --- | --- | --- | --- |",
            *_sets(counts),
            "",
            "Calibration (slope, offset of the logit): "
            + "; ".join(f"{name} {slope:.3f}, {offset:.3f}" for name, (slope, offset) in lines.items())
            + ".",
            "",
            "Figures on the test part, which nothing was trained on or chosen by.",
            "",
            "| set | output | rows | figures |",
            "| --- | --- | --- | --- |",
            *_figures(figures),
            "",
        ]
    )


def _sets(counts: Mapping[str, Counter[str]]) -> Iterator[str]:
    for name, licence in LICENCES.items():
        parts = " | ".join(f"{counts[part][name]:,}" for part in ("train", "dev", "test"))
        yield f"| {name} | {parts} | {licence} |"


def _figures(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, outputs in figures.items():
        if name == "spans":
            yield f"| civil | words | {outputs['rows']:,} | {_row(outputs)} |"
        else:
            yield from (
                f"| {name} | {output} | {found['rows']:,} | {_row(found)} |" for output, found in outputs.items()
            )


def _row(found: Mapping[str, Any]) -> str:
    pairs = ((name.replace("_", " "), value) for name, value in found.items() if name != "rows")
    return ", ".join(f"{name} {_number(value)}" for name, value in pairs)


def _number(value: float | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
