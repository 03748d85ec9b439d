"""Curves onto another scorer's scale: monotone, reaching both ends, and flagging as many as the other does."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.scoring import ScoringError, describe
from moderation.scoring.calibration import (
    MIN_ROWS,
    checked,
    fit_curve,
    own_calibration,
    read_calibration,
    write_calibration,
)

scores = st.floats(0, 1, width=32)


def pairs(seed: int, rows: int = 2000) -> tuple[Any, Any]:
    """Scores shrunk towards the middle, as a model trained on another's scores gives them, and the other's."""
    random = np.random.default_rng(seed)
    theirs = random.beta(0.4, 2.0, rows)
    ours = np.clip(0.1 + 0.7 * theirs + random.normal(0, 0.03, rows), 0, 1)
    return ours, theirs


def test_a_threshold_from_seven_tenths_on_flags_as_many_after_the_map_as_the_other_scorer_flags() -> None:
    ours, theirs = pairs(1)
    curve = fit_curve(["x"], ours, theirs)
    mapped = np.array([curve(value) for value in ours])
    for threshold in (0.7, 0.8, 0.9):
        assert (mapped >= threshold).mean() == pytest.approx((theirs >= threshold).mean(), abs=0.006)
    assert ours.max() < 0.9 < mapped.max()


def test_low_scores_become_what_the_other_scorer_is_expected_to_say_not_as_spread_as_theirs() -> None:
    random = np.random.default_rng(2)
    logits = random.normal(-3, 0.6, 2000)
    theirs, ours = (1 / (1 + np.exp(-(logits + random.normal(0, doubt, 2000)))) for doubt in (0.0, 0.6))
    curve = fit_curve(["x"], ours, theirs)
    mapped = np.array([curve(value) for value in ours])
    linked = np.interp(ours, np.sort(ours), np.sort(theirs))
    assert np.abs(mapped - theirs).mean() < 0.95 * np.abs(linked - theirs).mean()
    assert mapped.std() < 0.85 * theirs.std()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(scores, scores), min_size=MIN_ROWS, max_size=MIN_ROWS + 50), scores, scores)
def test_any_curve_rises_strictly_from_0_to_1_so_ranks_stay(
    rows: list[tuple[float, float]], one: float, other: float
) -> None:
    curve = fit_curve(["x"], np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))
    assert (curve(0.0), curve(1.0)) == (0.0, 1.0)
    assert all(a < b for a, b in pairwise(curve.inputs))
    assert all(a < b for a, b in pairwise(curve.outputs))
    low, high = sorted((one, other))
    assert low == high or curve(low) < curve(high) or high - low < 1e-9
    assert 0 <= curve(one) <= 1


def test_too_few_rows_make_no_curve() -> None:
    with pytest.raises(ScoringError, match="too_few_rows"):
        fit_curve(["x"], np.linspace(0, 1, MIN_ROWS - 1), np.linspace(0, 1, MIN_ROWS - 1))


def test_the_embedded_model_comes_with_a_calibration_of_its_nine_attributes() -> None:
    description = describe("compact")
    calibration = own_calibration(description)
    assert calibration is not None
    assert (calibration.model, calibration.sha256, len(calibration.curves)) == ("compact@6", description.sha256, 9)
    for curve in calibration.curves.values():
        assert set(curve.read) <= set(description.outputs)
        assert max(curve.outputs[1:-1]) > 0.9


def test_a_calibration_survives_its_file_and_belongs_to_its_weights(tmp_path: Path) -> None:
    description = describe("compact")
    calibration = own_calibration(description)
    assert calibration is not None
    write_calibration(calibration, tmp_path / "made" / "a.json")
    assert read_calibration(tmp_path / "made" / "a.json") == calibration
    with pytest.raises(ScoringError, match="calibration_of_another_model"):
        checked(calibration, replace(description, sha256="0" * 64))


def damaged(change: str) -> str:
    """A calibration with one thing wrong."""
    curve: dict[str, Any] = {"read": ["x"], "rows": 300, "inputs": [0, 0.5, 1], "outputs": [0, 0.7, 1]}
    whole: dict[str, Any] = {"name": "a", "version": 1, "model": "m@1", "sha256": "", "curves": {"TOXICITY": curve}}
    if change == "falls":
        curve["outputs"] = [0, 0.7, 0.6, 1]
        curve["inputs"] = [0, 0.5, 0.6, 1]
    elif change == "short":
        curve["inputs"] = [0, 1]
    elif change == "ends":
        curve["outputs"] = [0, 0.7, 0.9]
    elif change == "text":
        curve["outputs"] = [0, "x", 1]
    elif change == "field":
        del whole["sha256"]
    else:
        whole["curves"] = []
    return json.dumps(whole)


@pytest.mark.parametrize("change", ["falls", "short", "ends", "text", "field", "curves"])
def test_a_damaged_file_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(damaged(change), encoding="utf-8")
    with pytest.raises(ScoringError, match="calibration_unreadable"):
        read_calibration(path)
    with pytest.raises(ScoringError, match="calibration_unreadable"):
        read_calibration(tmp_path / "absent.json")
