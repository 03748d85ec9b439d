"""What people decided beside what a policy would do, and the estimates that are made of it.

Each row has the probability with which it was chosen for review. A comment that nobody was asked to review, and that
somebody decided on all the same, is of no sample and left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.estimates.measures import false_alarm_share, missed_share, precision, recall
from moderation.estimates.rows import Rows
from moderation.estimates.tables import tables_by_group
from moderation.models import DecidedBy, State
from moderation.policies import Policy
from moderation.policies.columns import Booleans, Floats, VerdictColumns, attributes_reached
from moderation.services.verdicts.stored_columns import StoredRows

FIELDS = ("state", "decided_by", "review_probability", "is_sampled", "is_flagged")
OUTCOMES = {State.APPROVED.value: False, State.REJECTED.value: True}
Objects = NDArray[np.object_]
MEASURES = (precision, recall, missed_share, false_alarm_share)


@dataclass(frozen=True, slots=True)
class DecidedRows:
    """Comments that people decided on, one an element.

    `matched` has a row a rule; `flagged` is of the policy, `flagged_before` of the active one. `reached` is attribute →
    where its score was a reason; `groups` is source, section and language.
    """

    matched: Booleans
    flagged: Booleans
    flagged_before: Booleans
    harmful: Booleans
    probability: Floats
    reached: dict[str, Booleans]
    groups: dict[str, Objects]

    @classmethod
    def of(cls, rows: StoredRows, policy: Policy, found: VerdictColumns, before: VerdictColumns) -> Self:
        """Returns those among the rows, which hold FIELDS."""
        at = np.flatnonzero(_decided(rows))
        subjects, matched = rows.subjects.take(at), found.matched[:, at]
        languages = rows.array("score__language", object)[at]
        sources, sections = subjects.sources.objects(), subjects.sections.objects()
        return cls(
            matched=matched,
            flagged=found.flagged[at],
            flagged_before=before.flagged[at],
            harmful=rows.array("state", object)[at] == State.REJECTED.value,
            probability=rows.array("review_probability")[at],
            reached=attributes_reached(policy, subjects, matched),
            groups={"source": sources, "section": sections, "language": languages},
        )

    @classmethod
    def joined(cls, parts: Sequence[Self], attributes: Sequence[str]) -> Self:
        """Returns all of them in one."""
        return cls(
            matched=np.concatenate([part.matched for part in parts], axis=1),
            flagged=np.concatenate([part.flagged for part in parts]),
            flagged_before=np.concatenate([part.flagged_before for part in parts]),
            harmful=np.concatenate([part.harmful for part in parts]),
            probability=np.concatenate([part.probability for part in parts]),
            reached={name: np.concatenate([part.reached_by(name) for part in parts]) for name in attributes},
            groups={by: np.concatenate([part.groups[by] for part in parts]) for by in parts[0].groups},
        )

    def reached_by(self, attribute: str) -> Booleans:
        """Returns where the attribute's score was a reason."""
        return self.reached.get(attribute, np.zeros(len(self.probability), dtype=np.bool_))

    def estimates(self, policy: Policy) -> Iterator[dict[str, Any]]:
        """Yields estimates of the policy, of the active one, and by rule, attribute, source, section and language."""
        yield from self._measured("policy", [""], self.flagged)
        yield from self._measured("active", [""], self.flagged_before)
        for at, rule in enumerate(policy.rules):
            yield from self._measured("rule", [rule.id], self.matched[at])
        for name, reached in self.reached.items():
            yield from self._measured("attribute", [name], reached)
        for by, texts in self.groups.items():
            names, groups = np.unique(texts.astype(str), return_inverse=True)
            yield from self._measured(by, names.tolist(), self.flagged, groups.astype(np.int64))

    def _measured(
        self, by: str, names: Sequence[str], matched: Booleans, groups: NDArray[np.int64] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yields the estimates of each name; `groups` is the place of each row's, all of one name without it."""
        reviewed = np.ones(len(self.probability), dtype=np.bool_)
        rows = Rows(matched=matched, reviewed=reviewed, harmful=self.harmful, probability=self.probability)
        tables = tables_by_group(rows, groups=groups, count=len(names))
        columns = {measure.__name__: measure(tables) for measure in MEASURES}
        for at, name in enumerate(names):
            found = {measure: column[at].as_json() for measure, column in columns.items()}
            yield {"by": by, "name": name, "decided": int(tables.reviewed[at]), **found}


def _decided(rows: StoredRows) -> NDArray[Any]:
    person = rows.array("decided_by", object) == DecidedBy.PERSON.value
    settled = np.isin(rows.array("state", object).astype(str), list(OUTCOMES))
    asked = rows.array("is_sampled", np.bool_) | rows.array("is_flagged", np.bool_)
    return np.asarray(person & settled & asked, dtype=np.bool_)
