"""Monotone maps from a model's outputs to another scorer's scale: fitted to pairs of scores, stored as a file.

From 0.7 up, the range of the thresholds in Perspective's documentation, the map is equipercentile linking (Kolen &
Brennan, Test Equating, ch. 2): an output exceeded by some share of the texts becomes the score exceeded by the same
share on the other scale. A threshold therefore flags as many texts as before, and both ends of the scale are reached.
Below 0.5 the map is the other scorer's expected score, from a local regression, which is closer to each single score;
between 0.5 and 0.7 the two are blended. A regression alone was tried and rejected: rare attributes never reach the top
of the scale, and every high threshold flags too little.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.scoring.catalogue.descriptions import ModelDescription, folder_of
from moderation.scoring.results import ScoringError

if TYPE_CHECKING:
    from numpy import float64, floating
    from numpy.typing import NDArray

CALIBRATION_FILE = "perspective_calibration.json"
MIN_ROWS = 200
# Knots: every 2 % of the texts up to 90 %, then halving the rest while at least ROWS_BEYOND rows lie beyond a knot.
STEPS = 45
BODY = 0.9
ROWS_BEYOND = 5
# On the other scale: up to the first, a curve gives the expected score; from the second, it preserves shares.
EXPECTED_TO, LINKED_FROM = 0.5, 0.7
# Scores are clipped this far from 0 and 1 for logits; the kernel's width, in standard deviations of all logits.
NEAREST, WIDTH = 0.005, 0.3
# Logits with less spread give no line; the total weight of all rows at a knot that none is near.
NO_SPREAD, FAR_WEIGHT = 1e-4, 1e-4
# Minimum distance of neighbouring knots, so that different outputs stay different and ranks are preserved.
MIN_RISE = 1e-4
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """A strictly increasing, piecewise linear map of [0, 1] onto itself.

    Attributes:
        read: The model outputs whose mean is mapped, such as `perspective_threat` and `threat`.
        rows: The number of pairs of scores that it was fitted to.
        inputs: Outputs of the model, increasing from 0 to 1.
        outputs: Scores on the other scale, increasing from 0 to 1.
    """

    read: tuple[str, ...]
    rows: int
    inputs: tuple[float, ...]
    outputs: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """The score on the other scale for an output of the model."""
        right = min(max(1, bisect_right(self.inputs, value)), len(self.inputs) - 1)
        low, high = self.inputs[right - 1], self.inputs[right]
        share = (value - low) / (high - low)
        return self.outputs[right - 1] + share * (self.outputs[right] - self.outputs[right - 1])


def mean_of(read: Sequence[str], outputs: Mapping[str, float]) -> float:
    """The mean of the named outputs, which a curve maps."""
    return sum(outputs[name] for name in read) / len(read)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curves of one model, by Perspective's attribute name.

    Attributes:
        name: Whose it is: the model's own, or an operator's.
        version: Increases by one whenever a calibration of the same name is made again.
        model: The model it belongs to, such as `compact@1`.
        sha256: The checksum of that model; for another model the curves are meaningless.
    """

    name: str
    version: int
    model: str
    sha256: str
    curves: dict[str, Curve]

    @property
    def label(self) -> str:
        """Name and version as one word."""
        return f"{self.name}@{self.version}"


def read_calibration(path: Path) -> Calibration:
    """Read a calibration.

    Raises:
        ScoringError: `calibration_unreadable`; a retry does not help.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        curves = {name: _curve(**curve) for name, curve in fields.pop("curves").items()}
        return Calibration(**fields, curves=curves)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ScoringError("calibration_unreadable", f"{path} cannot be read as a calibration.") from error


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")
    new.replace(path)


@cache
def own_calibration(description: ModelDescription) -> Calibration | None:
    """The calibration that comes with a model, or None; one made for other weights is refused.

    Raises:
        ScoringError: `calibration_unreadable` or `calibration_of_another_model`.
    """
    path = folder_of(description.name) / CALIBRATION_FILE
    return checked(read_calibration(path), description) if path.exists() else None


def checked(calibration: Calibration, description: ModelDescription) -> Calibration:
    """The calibration, if it was made for this model.

    Raises:
        ScoringError: `calibration_of_another_model`.
    """
    if calibration.sha256 != description.sha256:
        detail = f"The calibration {calibration.label} was made for {calibration.model}, not for these weights."
        raise ScoringError("calibration_of_another_model", detail)
    return calibration


def fit_curve(read: Sequence[str], ours: NDArray[float64], theirs: NDArray[float64]) -> Curve:
    """Fit the curve to their scale: low scores are the expected ones, high ones preserve shares.

    Args:
        read: The model outputs whose mean is `ours`.
        ours: Our scores of some texts, 0 to 1; one per text.
        theirs: The other scorer's scores of the same texts.

    Raises:
        ScoringError: `too_few_rows`: the tail would be noise.
    """
    import numpy

    if len(ours) < MIN_ROWS:
        raise ScoringError("too_few_rows", f"{len(ours)} rows; a calibration takes at least {MIN_ROWS}.")
    levels = _levels(len(ours))
    at, linked = numpy.quantile(ours, levels), numpy.quantile(theirs, levels)
    share = numpy.clip((linked - EXPECTED_TO) / (LINKED_FROM - EXPECTED_TO), 0, 1)
    said = share * linked + (1 - share) * _expected(at, ours, theirs, linked)
    pairs = zip(at.tolist(), said.tolist(), strict=True)
    inputs, outputs = zip(*_rising([(0.0, 0.0), *pairs, (1.0, 1.0)]), strict=True)
    return _curve(read, len(ours), inputs, outputs)


def _expected(
    at: NDArray[float64], ours: NDArray[float64], theirs: NDArray[float64], linked: NDArray[float64]
) -> NDArray[float64]:
    """The other scorer's expected score at our score `at`: local linear regression on logits (Cleveland, 1979)."""
    import numpy

    x, y = logits(ours), logits(theirs)
    width = WIDTH * float(x.std())
    if width < NO_SPREAD:  # all scores are the same: there is nothing to regress on
        return linked
    lines = numpy.array([_local(point, x, y, width) for point in logits(at).tolist()])
    found: NDArray[float64] = 1 / (1 + numpy.exp(-lines))
    return found


def _local(point: float, x: NDArray[floating[Any]], y: NDArray[floating[Any]], width: float) -> float:
    """The value at `point` of the line fitted to the rows near it."""
    import numpy

    near = numpy.exp(-(((x - point) / width) ** 2) / 2) + FAR_WEIGHT / len(x)
    near /= near.sum()
    middle, level = float(near @ x), float(near @ y)
    spread = float(near @ (x - middle) ** 2)
    slope = float(near @ ((x - middle) * (y - level))) / spread if spread > NO_SPREAD else 0.0
    return level + slope * (point - middle)


def logits(shares: NDArray[floating[Any]]) -> NDArray[floating[Any]]:
    """Logits of scores clipped to at least `NEAREST` from 0 and 1; NaN stays NaN."""
    import numpy

    kept = numpy.clip(shares, NEAREST, 1 - NEAREST)
    found: NDArray[floating[Any]] = numpy.log(kept / (1 - kept))
    return found


def _levels(rows: int) -> list[float]:
    levels = [BODY * step / STEPS for step in range(STEPS + 1)]
    beyond = (1 - BODY) / 2
    while beyond * rows >= ROWS_BEYOND:
        levels.append(1 - beyond)
        beyond /= 2
    return [*levels, 1.0]


def _rising(knots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The knots without those that do not increase on both axes; the first and the last stay."""
    kept = [knots[0]]
    for x, y in knots[1:-1]:
        below, above = kept[-1], knots[-1]
        rises = x - below[0] >= MIN_RISE and y - below[1] >= MIN_RISE
        if rises and above[0] - x >= MIN_RISE and above[1] - y >= MIN_RISE:
            kept.append((x, y))
    return [*kept, knots[-1]]


def _curve(read: Sequence[str], rows: int, inputs: Sequence[float], outputs: Sequence[float]) -> Curve:
    x, y = (tuple(round(float(value), DIGITS) for value in values) for values in (inputs, outputs))
    if len(x) != len(y) or not all(_spans_and_rises(values) for values in (x, y)):
        raise ValueError("a curve rises from 0 to 1 in both directions")
    return Curve(tuple(read), rows, x, y)


def _spans_and_rises(values: tuple[float, ...]) -> bool:
    return values[:1] == (0.0,) and values[-1:] == (1.0,) and all(a < b for a, b in pairwise(values))
