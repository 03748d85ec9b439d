"""How wide the missed share's interval is at one budget: a uniform draw beside one by strata of scores."""

from dataclasses import dataclass

import numpy as np

from moderation.estimates.measures import missed_share
from moderation.estimates.outcomes import tables_by_group
from moderation.estimates.rows import Floats
from moderation.evaluation.policy_estimates.archives import (
    Archive,
    Kind,
    archive_make,
    review,
    stratified_chances,
    uniform_chances,
)

# Harmful comments are one in a hundred of what passes, and the model sees most of them.
RARE = Kind(harm=-7.5, spread=3.0, noise=0.2)
STRATA = np.array([0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4])
FLAGGED_FROM, SHARE, SEED = 0.5, 0.01, 80_000


@dataclass(frozen=True, slots=True)
class Draws:
    """The intervals of the runs.

    Attributes:
        uniform, stratified: Widths, a value a run.
        uniform_covered, stratified_covered: The shares of runs whose interval holds the truth.
        uniform_drawn, stratified_drawn: The mean number of comments drawn.
        harmful: The share of harmful comments among those that pass.
    """

    uniform: Floats
    stratified: Floats
    uniform_covered: float
    stratified_covered: float
    uniform_drawn: float
    stratified_drawn: float
    harmful: float

    @property
    def ratio(self) -> float:
        """The median width by strata over the median width of the uniform draw."""
        return float(np.median(self.stratified) / np.median(self.uniform))


def draws_simulate(*, runs: int, comments: int = 100_000) -> Draws:
    """Returns both draws on the same archives, 1 % of what passes."""
    truth = archive_make(RARE, comments=20 * comments, seed=SEED)
    missed = float((truth.score[truth.harmful] < FLAGGED_FROM).mean())
    found = [_both(archive_make(RARE, comments=comments, seed=SEED + 1 + run), run) for run in range(runs)]
    table = np.array(found)
    low, high, drawn = table[:, :, 0], table[:, :, 1], table[:, :, 2].mean(0)
    covered = ((low <= missed) & (missed <= high)).mean(0)
    width = high - low
    harmful = float(truth.harmful[truth.score < FLAGGED_FROM].mean())
    return Draws(
        uniform=width[:, 0],
        stratified=width[:, 1],
        uniform_covered=float(covered[0]),
        stratified_covered=float(covered[1]),
        uniform_drawn=float(drawn[0]),
        stratified_drawn=float(drawn[1]),
        harmful=harmful,
    )


def _both(archive: Archive, seed: int) -> list[tuple[float, float, int]]:
    uniform = uniform_chances(archive, share=SHARE, flagged_from=FLAGGED_FROM)
    stratified = stratified_chances(archive, share=SHARE, strata=STRATA, flagged_from=FLAGGED_FROM)
    return [_interval(archive, chances, seed) for chances in (uniform, stratified)]


def _interval(archive: Archive, chances: Floats, seed: int) -> tuple[float, float, int]:
    matched = archive.score >= FLAGGED_FROM
    rows = review(archive, chances, matched=matched, seed=seed)
    found = missed_share(tables_by_group(rows))
    return float(found.low[0]), float(found.high[0]), int((rows.reviewed & ~matched).sum())
