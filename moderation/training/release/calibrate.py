"""Platt scaling: a slope and an offset for each attribute's logit (Platt, 1999).

Fitted on held-out texts of the sets whose rows were not selected for toxicity. Both are folded into the output layer at
export, so the engine needs no calibration. They keep the order of scores, and thus every AUC.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import Example
from moderation.training.network.model import Network
from moderation.training.network.predict import Floats

NATURAL = frozenset({"wikipedia", "context"})
# A line through fewer rows of either class would be noise.
MIN_CLASS_ROWS = 15
# Prior deviation of the slope's logarithm: rows that are separated perfectly would not bound it.
USUAL_STEEPNESS = 0.3

Lines = dict[str, tuple[float, float]]


def calibrate(examples: Sequence[Example], logits: Floats) -> Lines:
    """Attribute → slope and offset, except attributes with too few rows.

    Args:
        examples: Held out from training.
        logits: Examples × outputs, the attributes first.
    """
    lines: Lines = {}
    for column, name in enumerate(ATTRIBUTES):
        rows = [i for i, one in enumerate(examples) if one.set in NATURAL and name in one.labels]
        shares = np.array([examples[i].labels[name] for i in rows], dtype=np.float32)
        positive = int((shares >= 0.5).sum())  # noqa: PLR2004 - the majority
        if min(positive, len(rows) - positive) >= MIN_CLASS_ROWS:
            lines[name] = _line(logits[rows, column], shares)
    return lines


def _line(logits: Floats, shares: Floats) -> tuple[float, float]:
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(shares).double()
    line = torch.tensor([0.0, 0.0], dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], line_search_fn="strong_wolfe", max_iter=100)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        # An exponential slope is positive, which keeps the order of scores.
        loss = functional.binary_cross_entropy_with_logits(x * line[0].exp() + line[1], y)
        loss = loss + (line[0] / USUAL_STEEPNESS).square() / (2 * len(x))
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    slope, offset = line.detach().tolist()
    return float(np.exp(slope)), offset


def fold(network: Network, lines: Lines) -> None:
    """Fold the lines into the output layer."""
    layer = network.classifier.classifier
    with torch.no_grad():
        for name, (slope, offset) in lines.items():
            row = ATTRIBUTES.index(name)
            layer.weight[row] *= slope
            layer.bias[row] = layer.bias[row] * slope + offset
