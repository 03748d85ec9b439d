"""Whether goals and guarantees hold on archives that come after the decisions they were made from."""

from dataclasses import dataclass

import numpy as np

from moderation.estimates.goals import goal_solve
from moderation.estimates.guarantee import DELTA, guarantee_threshold
from moderation.estimates.rows import Floats
from moderation.evaluation.policy_estimates.archives import Archive, Kind, archive_make, review, uniform_chances

TARGET, PRECISION = 0.05, 0.9
GRID = np.arange(1, 200) / 200
TRUTH_COMMENTS, SEED = 2_000_000, 50_000
# Everything harmful is seen from 0.05 on, as is usual where one comes from another system.
FLAGGED_FROM = 0.05


@dataclass(frozen=True, slots=True)
class Promises:
    """How a promise fared.

    Attributes:
        runs: How often it was asked for.
        given: How often the decisions supported one.
        broken: How often the truth was on the wrong side of it.
    """

    runs: int
    given: int
    broken: int

    @property
    def share_broken(self) -> float:
        """Of all runs."""
        return self.broken / self.runs

    @property
    def allowed(self) -> float:
        """δ and two standard errors."""
        return DELTA + 2 * float(np.sqrt(DELTA * (1 - DELTA) / self.runs))


def guarantee_simulate(*, runs: int, comments: int = 60_000) -> Promises:
    """Returns how often more was missed than guaranteed: at most 5 % of what moderators reject."""
    kind, given, broken = Kind(), 0, 0
    truth = archive_make(kind, comments=TRUTH_COMMENTS, seed=SEED)
    for run in range(runs):
        archive = archive_make(kind, comments=comments, seed=SEED + 1 + run)
        chances = uniform_chances(archive, share=0.05, flagged_from=FLAGGED_FROM)
        rows = review(archive, chances, matched=archive.score >= FLAGGED_FROM, seed=run)
        found = guarantee_threshold(rows, scores=archive.score, thresholds=GRID, target=TARGET).threshold
        given += found is not None
        broken += found is not None and missed(truth, found) > TARGET
    return Promises(runs, given, broken)


def missed(archive: Archive, threshold: float) -> float:
    """Returns the share of the harmful comments whose score is below the threshold."""
    return float((archive.score[archive.harmful] < threshold).mean())


def precision_at(archive: Archive, threshold: float) -> float:
    """Returns the share of harmful comments among those whose score is at least the threshold."""
    return float(archive.harmful[archive.score >= threshold].mean())


@dataclass(frozen=True, slots=True)
class ModelChange:
    """Precision of a goal's thresholds, and of the old model's number, after a change of model; a value a run."""

    goal: Floats
    fixed: Floats
    unanswered: int

    @property
    def goal_kept(self) -> float:
        """The share of answered runs whose true precision is at least that of the goal."""
        return float((self.goal >= PRECISION).mean())

    @property
    def fixed_kept(self) -> float:
        """The same with the number."""
        return float((self.fixed >= PRECISION).mean())


def model_change_simulate(*, runs: int, comments: int = 40_000) -> ModelChange:
    """Returns the true precision under "maximum recall @ precision >= 0.9" when a model with higher scores comes."""
    old, new = Kind(harm=-1.5), Kind(harm=-1.5, shift=0.8)
    truth = archive_make(new, comments=TRUTH_COMMENTS, seed=SEED)
    goal, fixed = [], []
    for run in range(runs):
        before, after = (_solved(kind, comments, SEED + 1 + run) for kind in (old, new))
        if before is not None and after is not None:
            goal.append(precision_at(truth, after))
            fixed.append(precision_at(truth, before))
    return ModelChange(np.array(goal), np.array(fixed), runs - len(goal))


def _solved(kind: Kind, comments: int, seed: int) -> float | None:
    """Returns the goal's threshold from the decisions that the old model's draw led to, on the kind's scores."""
    archive = archive_make(kind, comments=comments, seed=seed)
    drawn = archive_make(Kind(harm=kind.harm), comments=comments, seed=seed)
    rows = review(archive, uniform_chances(drawn, share=0.05), matched=archive.score >= 0, seed=seed)
    asked = {"direction": "maximum", "metric": "recall", "bound_metric": "precision", "relation": ">="}
    return goal_solve(rows, scores=archive.score, days=30, bound=PRECISION, **asked).threshold
