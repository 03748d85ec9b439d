"""Which stored verdicts a policy would change: compared as columns, so that only those are judged one by one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.policies import Policy, judge
from moderation.policies.columns import NO_RULE, VerdictColumns, judge_columns
from moderation.policies.documents.schema import ACTIONS
from moderation.services.verdicts.stored.stored_columns import StoredRows

COMPARED = ("verdict_text", "risk", "uncertainty", "is_sampled")
# What is in a stored verdict beside the verdict: which version gave it, and why the comment is held whatever it says.
BESIDE = ("policy", "cause")
# A rule that the policy does not have.
UNKNOWN = -2
# Verdicts without reasons are few and shared by most rows.
MAX_REMEMBERED = 10_000
Codes = tuple[int, int, int]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Comment ids whose verdict is `changed`, and those of whose verdict only risk or uncertainty has `drifted`."""

    changed: Ids
    drifted: Mapping[int, tuple[float, float]]


class Comparison:
    """Compares stored verdicts with those of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._places = {rule.id: at for at, rule in enumerate(policy.rules)} | {"": NO_RULE}
        self._known: dict[str, Codes] = {}

    def of(self, rows: StoredRows) -> Difference:
        """Returns what the policy changes in these rows; they hold the fields in COMPARED."""
        found = judge_columns(self._policy, rows.subjects)
        stored = np.array([self._codes(text) for text in rows.fields["verdict_text"]], dtype=np.intp)
        changed = (stored != np.column_stack((found.action, found.rule, found.overridden))).any(axis=1)
        if not self._policy.audit_share:
            # A policy without an audit takes back what an earlier one drew.
            changed |= rows.array("is_sampled", np.bool_)
        for row in np.flatnonzero(~changed & (found.rule != NO_RULE)):
            changed[row] = self._explained_otherwise(rows, int(row))
        return Difference(rows.ids[changed], _drifted(rows, found, ~changed))

    def _codes(self, text: str) -> Codes:
        """Returns the places of the stored verdict's action, rule and overridden rule."""
        known = self._known.get(text)
        if known is not None:
            return known
        verdict = json.loads(text)
        action = ACTIONS.index(verdict["action"]) if verdict.get("action") in ACTIONS else UNKNOWN
        rule, overridden = (self._places.get(verdict.get(name, ""), UNKNOWN) for name in ("rule", "overridden"))
        found = action, rule, overridden
        if len(self._known) < MAX_REMEMBERED and not verdict.get("reasons"):
            self._known[text] = found
        return found

    def _explained_otherwise(self, rows: StoredRows, row: int) -> bool:
        """Returns whether the same rule decides for other reasons than those stored."""
        subject = rows.subjects.subject(row)
        where = {"source": rows.subjects.sources[row], "section": rows.subjects.sections[row]}
        verdict = judge(self._policy, subject.scores, features=subject.features, **where)
        return _said(verdict.as_json()) != _said(json.loads(rows.fields["verdict_text"][row]))


def _drifted(rows: StoredRows, found: VerdictColumns, same: NDArray[np.bool_]) -> dict[int, tuple[float, float]]:
    moved = (found.risk != rows.array("risk")) | (found.uncertainty != rows.array("uncertainty"))
    drifted = np.flatnonzero(same & moved)
    pairs = zip(found.risk[drifted].tolist(), found.uncertainty[drifted].tolist(), strict=True)
    return dict(zip(rows.ids[drifted].tolist(), pairs, strict=True))


def _said(verdict: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in verdict.items() if name not in BESIDE}
