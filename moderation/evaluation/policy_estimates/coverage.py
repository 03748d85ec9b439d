"""How often the 95 % intervals hold the truth, their width beside a bootstrap's, and how unweighted ones fail."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from moderation.estimates.measures import ENOUGH, Column, missed_share, precision, recall
from moderation.estimates.outcomes import tables_by_group
from moderation.estimates.rows import Flags, Floats, Rows
from moderation.estimates.tables import Tables
from moderation.evaluation.policy_estimates.archives import (
    SOURCES,
    STRATA,
    Archive,
    Kind,
    archive_make,
    review,
    stratified_chances,
    uniform_chances,
)

MEASURED: Mapping[str, Callable[[Tables], Column]] = {
    "precision": precision,
    "recall": recall,
    "missed_share": missed_share,
}
RESAMPLINGS = 200
TRUTH_COMMENTS = 4_000_000
SEED = 20_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated.

    Attributes:
        runs: How many archives.
        comments: Of each archive.
        share: Of what passes, the share reviewed.
        matched_from: The score from which on the policy in question matches: another one than the active policy's.
        by_strata: Whether the audit is drawn by strata of scores in place of uniformly.
        bootstraps: Of how many of the runs a bootstrap is made.
    """

    runs: int = 400
    comments: int = 20_000
    share: float = 0.05
    matched_from: float = 0.4
    by_strata: bool = False
    bootstraps: int = 100
    truth_comments: int = TRUTH_COMMENTS


@dataclass(slots=True)
class Cell:
    """One measure of one group over the runs: the truth, and of each run what was found."""

    truth: float
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    effective: list[float] = field(default_factory=list)
    unweighted: list[bool] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    def add(self, column: Column, at: int) -> None:
        """Adds a run."""
        self.low.append(float(column.low[at]))
        self.high.append(float(column.high[at]))
        self.effective.append(float(column.effective[at]))

    @property
    def shown(self) -> Flags:
        """In which runs there was enough data."""
        return np.array(self.effective) >= ENOUGH

    @property
    def covered(self) -> Flags:
        """In which runs the interval holds the truth."""
        return (np.array(self.low) <= self.truth) & (self.truth <= np.array(self.high))

    @property
    def width(self) -> float:
        """The median width of the intervals."""
        return float(np.median(np.array(self.high) - np.array(self.low)))

    @property
    def has_enough(self) -> bool:
        """Whether the group as such has enough data: in the median run."""
        return float(np.median(self.effective)) >= ENOUGH


Cells = dict[tuple[str, str], Cell]


def coverage_simulate(plan: Plan) -> Cells:
    """Returns (group, measure) → what was found; groups are all, each source and each stratum."""
    kind = Kind()
    cells = _truths(archive_make(kind, comments=plan.truth_comments, seed=SEED), plan)
    for run in range(plan.runs):
        archive = archive_make(kind, comments=plan.comments, seed=SEED + 1 + run)
        rows = review(archive, _chances(archive, plan), matched=archive.score >= plan.matched_from, seed=run)
        _add(cells, archive, rows, plan)
        if run < plan.bootstraps:
            _add_bootstrap(cells, rows, np.random.default_rng(run))
    return cells


def _chances(archive: Archive, plan: Plan) -> Floats:
    if not plan.by_strata:
        return uniform_chances(archive, share=plan.share)
    return stratified_chances(archive, share=plan.share, strata=STRATA[:-1], flagged_from=STRATA[-1])


def _columns(archive: Archive, rows: Rows) -> Iterator[tuple[str, str, Column, int]]:
    """Yields group, measure, and the column with the place in it; of strata only the share that is harmful."""
    for name, of in MEASURED.items():
        yield "all", name, of(tables_by_group(rows)), 0
        by_source = of(tables_by_group(rows, groups=archive.source, count=len(SOURCES)))
        yield from ((f"source {at + 1}", name, by_source, at) for at in range(len(SOURCES)))
    count = len(STRATA) + 1
    everything = Rows(np.ones(len(rows), bool), rows.reviewed, rows.harmful, rows.probability)
    by_stratum = precision(tables_by_group(everything, groups=archive.stratum, count=count))
    yield from ((f"stratum {at + 1}", "harmful share", by_stratum, at) for at in range(count))


def _truths(archive: Archive, plan: Plan) -> Cells:
    everything = np.ones(len(archive.score), bool)
    rows = Rows(archive.score >= plan.matched_from, everything, archive.harmful, everything.astype(float))
    return {(group, name): Cell(float(column.value[at])) for group, name, column, at in _columns(archive, rows)}


def _add(cells: Cells, archive: Archive, rows: Rows, plan: Plan) -> None:
    for group, name, column, at in _columns(archive, rows):
        cells[group, name].add(column, at)
    for group, name, column, at in _columns(archive, rows.unweighted()):
        cell = cells[group, name]
        cell.unweighted.append(bool(column.low[at] <= cell.truth <= column.high[at]))


def _add_bootstrap(cells: Cells, rows: Rows, random: np.random.Generator) -> None:
    """Adds our widths over those of a bootstrap of the reviewed rows with their weights, of all rows together."""
    found = _resampled(rows, random)
    for name in MEASURED:
        cell = cells["all", name]
        low, high = np.percentile(found[name], [2.5, 97.5])
        cell.ratios.append((cell.high[-1] - cell.low[-1]) / (high - low))


def _resampled(rows: Rows, random: np.random.Generator) -> Mapping[str, list[float]]:
    kept, found = rows.reviewed, defaultdict(list)
    weights, matched, harmful = 1 / rows.probability[kept], rows.matched[kept], rows.harmful[kept]
    for _ in range(RESAMPLINGS):
        times = random.multinomial(len(weights), np.full(len(weights), 1 / len(weights))) * weights
        hits = float(times[matched & harmful].sum())
        found["precision"].append(hits / float(times[matched].sum()))
        found["recall"].append(hits / float(times[harmful].sum()))
        found["missed_share"].append(1 - found["recall"][-1])
    return found
