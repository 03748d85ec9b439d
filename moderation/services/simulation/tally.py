"""What a simulation counts, chunk by chunk; the tallies of two processes add up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.policies import Policy
from moderation.policies.columns import NO_RULE, VerdictColumns, judge_columns
from moderation.policies.documents.schema import ACTIONS
from moderation.services.samples.chances import SampleReader, audit_chances
from moderation.services.simulation import decided
from moderation.services.simulation.decided import DecidedCounts
from moderation.services.simulation.lacking import Lacking
from moderation.services.simulation.ranks import Ranking, alarm_ranks, explained, miss_ranks
from moderation.services.verdicts.stored.stored_columns import StoredRows

FIELDS = (*decided.FIELDS, "reader_flags", "written", "edition")
# In microseconds, in UTC.
DAY = 86_400_000_000
EXAMPLES = 10
PASS = ACTIONS.index("pass")
WAITS = np.array([action in {"queue", "hold"} for action in ACTIONS])
# Fibonacci hashing: which rows are the examples of a change is settled by their ids, not by their order.
HASH = np.uint64(0x9E3779B97F4A7C15)
Example = tuple[int, dict[str, Any]]
Change = tuple[int, int]


@dataclass(slots=True)
class Tally:
    """The counts of one policy beside the `active` one.

    Attributes:
        crossed: How many comments by action of the active policy (row) and of this one (column), in ACTIONS' order.
        matched: How many each rule matches.
        deciding: How many each rule decides.
        queued: Day → how many would wait for a person; `queued_before` by the active policy.
        audited: How many of what passes the audit is expected to draw: the chance of each, by its stratum of risk.
        days: Those with comments.
        examples: Some comments of each change of action.
        misses: Likely misses; `alarms` likely false alarms.
        decided: What people decided beside it.
        lacking: How many lack facts that a rule reads: of their texts, or hits of a list's current version.
    """

    policy: Policy
    active: Policy
    crossed: NDArray[np.int64] = field(default_factory=lambda: np.zeros((len(ACTIONS), len(ACTIONS)), dtype=np.int64))
    matched: NDArray[np.int64] = field(init=False)
    deciding: NDArray[np.int64] = field(init=False)
    queued: Counter[int] = field(default_factory=Counter)
    queued_before: Counter[int] = field(default_factory=Counter)
    audited: float = 0.0
    days: set[int] = field(default_factory=set)
    examples: dict[Change, list[Example]] = field(default_factory=dict)
    misses: Ranking = field(init=False)
    alarms: Ranking = field(init=False)
    decided: DecidedCounts = field(init=False)
    lacking: Lacking = field(init=False)
    _samples: SampleReader = field(default_factory=SampleReader)

    def __post_init__(self) -> None:
        self.matched = np.zeros(len(self.policy.rules), dtype=np.int64)
        self.deciding = np.zeros(len(self.policy.rules), dtype=np.int64)
        self.misses, self.alarms = Ranking(self.policy), Ranking(self.policy)
        self.decided, self.lacking = DecidedCounts(self.policy), Lacking.of(self.policy)

    @property
    def rows(self) -> int:
        """How many comments were judged."""
        return int(self.crossed.sum())

    def observe(self, rows: StoredRows) -> None:
        """Judges a chunk by both policies and counts it; the rows hold FIELDS."""
        found, before = judge_columns(self.policy, rows.subjects), judge_columns(self.active, rows.subjects)
        self._count(rows, found, before)
        self._keep_examples(rows, found, before)
        self.misses.observe(rows, *miss_ranks(rows, found))
        self.alarms.observe(rows, *alarm_ranks(rows, found))
        self.lacking.observe(rows)
        self.decided.observe(rows, self._samples.read(rows.ids, rows.fields), found, before)

    def add(self, other: "Tally") -> None:
        """Adds the counts of another range of comments."""
        self.crossed += other.crossed
        self.matched += other.matched
        self.deciding += other.deciding
        self.queued.update(other.queued)
        self.queued_before.update(other.queued_before)
        self.audited += other.audited
        self.days |= other.days
        for change, rows in other.examples.items():
            self._add_examples(change, rows)
        self.misses.add(other.misses.rows)
        self.alarms.add(other.alarms.rows)
        self.decided.add(other.decided)
        self.lacking.add(other.lacking)

    def _count(self, rows: StoredRows, found: VerdictColumns, before: VerdictColumns) -> None:
        size = len(ACTIONS)
        self.crossed += np.bincount(before.action * size + found.action, minlength=size * size).reshape(size, size)
        self.matched += found.matched.sum(axis=1)
        decided_by = found.rule[found.rule != NO_RULE]
        self.deciding += np.bincount(decided_by, minlength=len(self.deciding))
        self.audited += float(audit_chances(self.policy, found.risk[found.action == PASS]).sum())
        days = rows.array("written", np.int64) // DAY
        self.days |= set(np.unique(days).tolist())
        for counter, verdicts in ((self.queued, found), (self.queued_before, before)):
            counter.update(dict(_counted(days[WAITS[verdicts.action]])))

    def _keep_examples(self, rows: StoredRows, found: VerdictColumns, before: VerdictColumns) -> None:
        order = rows.ids.astype(np.uint64) * HASH
        pairs = before.action * len(ACTIONS) + found.action
        for pair in np.unique(pairs[before.action != found.action]).tolist():
            at = np.flatnonzero(pairs == pair)
            at = at[np.argsort(order[at], kind="stable")][:EXAMPLES]
            kept = [
                (int(order[row]), {**explained(self.policy, rows, int(row)), **self._was(before, int(row))})
                for row in at
            ]
            self._add_examples(divmod(pair, len(ACTIONS)), kept)

    def _was(self, before: VerdictColumns, row: int) -> dict[str, Any]:
        rule = int(before.rule[row])
        name = "" if rule == NO_RULE else self.active.rules[rule].id
        return {"before": {"action": ACTIONS[before.action[row]], "rule": name}}

    def _add_examples(self, change: Change, rows: list[Example]) -> None:
        known = self.examples.get(change, [])
        self.examples[change] = sorted([*known, *rows], key=lambda row: row[0])[:EXAMPLES]


def _counted(days: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    names, counts = np.unique(days, return_counts=True)
    return zip(names.tolist(), counts.tolist(), strict=True)
