"""The likeliest misses and false alarms of a policy, with the clause that fired or the margin by which none did."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moderation.models import DecidedBy, State
from moderation.policies import Policy, judge
from moderation.policies.columns import Booleans, Floats, VerdictColumns
from moderation.policies.conditions import Subject
from moderation.policies.conditions.gaps import condition_gap
from moderation.policies.verdict import FLAGGING_ACTIONS
from moderation.services.verdicts.stored.stored_columns import StoredRows

LISTED = 20
Ranked = tuple[float, int, dict[str, Any]]


@dataclass(slots=True)
class Ranking:
    """The LISTED rows of the highest rank seen so far, each explained."""

    policy: Policy
    rows: list[Ranked] = field(default_factory=list)

    def observe(self, rows: StoredRows, rank: Floats, among: Booleans) -> None:
        """Takes in those `among` the rows that rank among the first."""
        least = self.rows[-1][0] if len(self.rows) == LISTED else -np.inf
        at = np.flatnonzero(among & (rank > least))
        at = at[np.argsort(-rank[at], kind="stable")][:LISTED]
        found = [(float(rank[row]), int(rows.ids[row]), explained(self.policy, rows, int(row))) for row in at]
        self.add(found)

    def add(self, rows: list[Ranked]) -> None:
        """Takes in rows ranked elsewhere."""
        self.rows = sorted([*self.rows, *rows], key=lambda row: (-row[0], row[1]))[:LISTED]


def miss_ranks(rows: StoredRows, found: VerdictColumns) -> tuple[Floats, Booleans]:
    """Returns the rank of each likely miss: rejected by a person first, then reported by readers, then by risk."""
    rejected, approved = _states(rows)
    rank = 2.0 * rejected + (rows.array("reader_flags") > 0) + np.minimum(found.risk, 1.0) * 0.999
    return rank, ~found.flagged & ~approved


def alarm_ranks(rows: StoredRows, found: VerdictColumns) -> tuple[Floats, Booleans]:
    """Returns the rank of each likely false alarm: approved by a person first, then the nearest to a threshold."""
    rejected, approved = _states(rows)
    return 2.0 * approved + found.uncertainty, found.flagged & ~rejected


def explained(policy: Policy, rows: StoredRows, row: int) -> dict[str, Any]:
    """Returns one row with its verdict, and how near the nearest rule that would flag it came."""
    subject = rows.subjects.subject(row)
    where = {"source": subject.source, "section": subject.section}
    verdict = judge(policy, subject.scores, features=subject.features, **where)
    shown = {
        "comment": int(rows.ids[row]),
        **where,
        "state": rows.fields["state"][row],
        "decided_by": rows.fields["decided_by"][row],
        "reader_flags": rows.fields["reader_flags"][row],
        "action": verdict.action,
        "rule": verdict.rule,
        "reasons": [reason.as_json() for reason in verdict.reasons],
    }
    return shown if verdict.flagged else {**shown, "nearest": nearest(policy, subject)}


def nearest(policy: Policy, subject: Subject) -> dict[str, Any] | None:
    """Returns the rule that came nearest to flagging the comment, and its clause; None if no score would do."""
    flagging = [rule for rule in policy.rules if rule.action in FLAGGING_ACTIONS]
    applying = [rule for rule in flagging if rule.applies(source=subject.source, section=subject.section)]
    gaps = [(*condition_gap(rule.when, subject), rule.id) for rule in applying]
    near = [(margin, clause, rule) for margin, clause, rule in gaps if clause is not None]
    if not near:
        return None
    margin, clause, rule = min(near, key=lambda gap: gap[0])
    ends = {"gte": clause.gte, "lte": clause.lte}
    told = {name: end for name, end in ends.items() if end is not None}
    score = round(subject.scores[clause.attribute], 6)
    return {"rule": rule, "attribute": clause.attribute, **told, "score": score, "margin": round(margin, 6)}


def _states(rows: StoredRows) -> tuple[Booleans, Booleans]:
    """Returns which rows a person rejected, and which one approved."""
    states, person = rows.coded("state"), rows.coded("decided_by").equal(DecidedBy.PERSON.value)
    return person & states.equal(State.REJECTED.value), person & states.equal(State.APPROVED.value)
