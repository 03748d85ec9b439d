"""With what chance each comment of a chunk was, or would have been, shown to a person, and what that person said.

Decisions may have been made on other flags than those in question: what counts is the chance with which a person was
asked. A passing comment that was not drawn has the chance that its policy draws it with, one that a policy decided on
had none. The probability stored with a review says neither: it is 1 of whatever was not drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.estimates.rows import Flags, Floats, Ints, Rows
from moderation.models import DecidedBy, PolicyVersion, State
from moderation.policies import Policy, PolicyError, parse_policy
from moderation.policies.columns import Coded
from moderation.services.samples.asked import WAITING, asked_chances

# What of a review tells it; `is_sampled` is 0 or 1.
FIELDS = ("state", "decided_by", "is_sampled", "review_probability", "risk", "policy_id")
OUTCOMES = (State.APPROVED.value, State.REJECTED.value)


@dataclass(frozen=True, slots=True)
class Sample:
    """A chunk of comments as a sample: columns as in `estimates.rows.Rows`, and which still wait for a person."""

    reviewed: Flags
    harmful: Flags
    probability: Floats
    waiting: Flags

    def rows(self, matched: Flags) -> Rows:
        """Returns the rows that estimates of what matches are made of."""
        return Rows(matched, self.reviewed, self.harmful, self.probability)


@dataclass(slots=True)
class SampleReader:
    """Reads chunk by chunk; of each policy version, how it draws is read once. One a run."""

    # Version's id → its policy, None if the current schema refuses it.
    _policies: dict[int, Policy | None] = field(default_factory=dict)

    def read(self, ids: Ints, fields: Mapping[str, Sequence[Any]]) -> Sample:
        """Returns the sample; `ids` are of the comments, in order, and `fields` holds FIELDS of their reviews."""
        state, person = Coded.of(fields["state"]), Coded.of(fields["decided_by"]).equal(DecidedBy.PERSON.value)
        waits = _one_of(state, WAITING)
        asked = _asked(ids) if person.any() else np.full(len(ids), np.nan)
        reviewed = person & _one_of(state, OUTCOMES) & ~np.isnan(asked)
        passes = state.equal(State.PASSED.value) | (person & ~waits)
        probability = np.where(reviewed, asked, self._unreviewed(fields, waits, passes))
        return Sample(reviewed, reviewed & state.equal(State.REJECTED.value), probability, waits)

    def _unreviewed(self, fields: Mapping[str, Sequence[Any]], waits: Flags, passes: Flags) -> Floats:
        """Returns the chance of review of rows that nobody decided on, or that somebody merely came across."""
        drawn = np.array(fields["is_sampled"]) == 1
        stored = np.where(drawn, np.array(fields["review_probability"], dtype=np.float64), 1.0)
        chance = np.where(waits, stored, 0.0)
        risk = np.array(fields["risk"], dtype=np.float64)
        policies = np.array([one or 0 for one in fields["policy_id"]], dtype=np.int64)
        for version in np.unique(policies[passes & (policies > 0)]).tolist():
            at = passes & (policies == version)
            policy = self._policy(version)
            # Nothing is known of how an unreadable one drew.
            chance[at] = audit_chances(policy, risk[at]) if policy else 0.0
        return chance

    def _policy(self, version: int) -> Policy | None:
        if version not in self._policies:
            self._policies[version] = _readable(PolicyVersion.objects.get(pk=version))
        return self._policies[version]


def _readable(version: PolicyVersion) -> Policy | None:
    try:
        return parse_policy(version.body, version=version.version)
    except PolicyError:
        return None


def audit_chances(policy: Policy, risks: Floats) -> Floats:
    """Returns with what chance passing comments of these risks go to a person anyway."""
    if policy.audit is None or not policy.audit.shares:
        return np.full(len(risks), policy.audit_chance(0.0))
    strata = np.searchsorted(np.array(policy.audit.bounds), risks, side="right")
    return np.array(policy.audit.shares)[strata]


def _asked(ids: Ints) -> Floats:
    """Returns the chance with which each was asked about; NaN where nobody was asked, or did anything yet."""
    chances = asked_chances(after=int(ids[0]) - 1, last=int(ids[-1]))
    found: NDArray[np.float64] = np.array([chances.get(one, np.nan) for one in ids.tolist()])
    return found


def _one_of(texts: Coded, names: Sequence[str] | frozenset[str]) -> Flags:
    return np.isin(texts.codes, [at for at, name in enumerate(texts.names) if name in names])
