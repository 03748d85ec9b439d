"""What people decided beside what a policy would do, counted chunk by chunk.

All comments count, each with the chance with which a person was asked about it: `services.samples` tells it, and what
they said. Counts are kept and no rows: they take as much memory for a million comments as for a thousand.
"""

from dataclasses import dataclass, field

import numpy as np

from moderation.estimates.outcomes import Outcomes
from moderation.policies import Policy
from moderation.policies.columns import Booleans, SubjectColumns, VerdictColumns, attributes_reached
from moderation.services.samples import chances
from moderation.services.samples.chances import Sample
from moderation.services.verdicts.stored.stored_columns import StoredRows

FIELDS = chances.FIELDS


@dataclass(slots=True)
class Named:
    """The outcomes of groups that have names; new names come with new chunks."""

    places: dict[str, int] = field(default_factory=dict)
    outcomes: Outcomes = field(default_factory=lambda: Outcomes.nothing(0))

    def add(self, names: tuple[str, ...], outcomes: Outcomes) -> None:
        """Adds the outcomes of these groups, in the order of the names."""
        before = np.arange(len(self.places))
        places = np.array([self.places.setdefault(name, len(self.places)) for name in names], dtype=np.int64)
        count = len(self.places)
        self.outcomes = self.outcomes.spread(before, count) + outcomes.spread(places, count)


@dataclass(slots=True)
class DecidedCounts:
    """The outcomes of the policy, of the active one, of its rules and its attributes, and of the policy by group.

    `groups` is source, section and language.
    """

    policy: Policy
    conditions: Outcomes | None = None
    attributes: tuple[str, ...] = ()
    groups: dict[str, Named] = field(default_factory=lambda: {by: Named() for by in ("source", "section", "language")})

    def observe(self, rows: StoredRows, sample: Sample, found: VerdictColumns, before: VerdictColumns) -> None:
        """Counts a chunk; the rows hold FIELDS."""
        reached = reached_anywhere(self.policy, rows.subjects, found.matched)
        self.attributes = tuple(sorted(reached))
        matched = [found.flagged, before.flagged, *found.matched, *(reached[name] for name in self.attributes)]
        of_policy = sample.rows(found.flagged)
        self._add(Outcomes.of_conditions(of_policy, np.stack(matched)))
        by_group = (rows.subjects.sources, rows.subjects.sections, rows.coded("score__language"))
        for named, coded in zip(self.groups.values(), by_group, strict=True):
            named.add(coded.names, Outcomes.of_groups(of_policy, coded.codes, len(coded.names)))

    def add(self, other: "DecidedCounts") -> None:
        """Adds the counts of other comments."""
        if other.conditions is not None:
            self.attributes = other.attributes
            self._add(other.conditions)
        for by, named in other.groups.items():
            self.groups[by].add(tuple(named.places), named.outcomes)

    def _add(self, outcomes: Outcomes) -> None:
        self.conditions = outcomes if self.conditions is None else self.conditions + outcomes


def reached_anywhere(policy: Policy, subjects: SubjectColumns, matched: Booleans) -> dict[str, Booleans]:
    """Returns attribute → the comments in which its score is among the reasons; asked of those alone that match."""
    at = np.flatnonzero(matched.any(axis=0))
    reached = {}
    for name, rows in attributes_reached(policy, subjects.take(at), matched[:, at]).items():
        reached[name] = np.zeros(subjects.size, dtype=np.bool_)
        reached[name][at] = rows
    return reached
