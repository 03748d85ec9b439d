"""What people decided beside what a policy would do: the arrays from which estimates are made.

Weights are 1 ÷ the probability with which a comment was chosen for review. A comment that nobody was asked to review,
and that somebody decided on all the same, is of no sample and left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from moderation.models import DecidedBy, State
from moderation.policies import Policy
from moderation.policies.columns import Booleans, Floats, VerdictColumns, attributes_reached
from moderation.services.verdicts.stored_columns import StoredRows

FIELDS = ("state", "decided_by", "review_probability", "sampled", "flagged")
OUTCOMES = {State.APPROVED.value: False, State.REJECTED.value: True}
Objects = NDArray[np.object_]


class Cell(NamedTuple):
    """The decisions of one cell: `by` rule, attribute, source, section or language, `name` which of them.

    `matched`: the rule, or the policy, would catch the comment. `harmful`: a person rejected it.
    """

    by: str
    name: str
    matched: Booleans
    harmful: Booleans
    weight: Floats


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
    weight: Floats
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
            weight=1.0 / rows.array("review_probability")[at],
            reached=attributes_reached(policy, subjects, matched),
            groups={"source": sources, "section": sections, "language": languages},
        )

    @classmethod
    def joined(cls, parts: Sequence[Self], attributes: Sequence[str]) -> Self:
        """Returns all of them in one."""
        one = lambda name: np.concatenate([getattr(part, name) for part in parts])  # noqa: E731 - for this call alone
        return cls(
            matched=np.concatenate([part.matched for part in parts], axis=1),
            flagged=one("flagged"),
            flagged_before=one("flagged_before"),
            harmful=one("harmful"),
            weight=one("weight"),
            reached={name: np.concatenate([part.reached_by(name) for part in parts]) for name in attributes},
            groups={by: np.concatenate([part.groups[by] for part in parts]) for by in parts[0].groups},
        )

    def reached_by(self, attribute: str) -> Booleans:
        """Returns where the attribute's score was a reason."""
        return self.reached.get(attribute, np.zeros(len(self.weight), dtype=np.bool_))

    def cells(self, policy: Policy) -> Iterator[Cell]:
        """Yields the whole, under the active policy too, then by rule, attribute, source, section and language."""
        yield Cell("policy", "", self.flagged, self.harmful, self.weight)
        yield Cell("active", "", self.flagged_before, self.harmful, self.weight)
        for at, rule in enumerate(policy.rules):
            yield Cell("rule", rule.id, self.matched[at], self.harmful, self.weight)
        for name, reached in self.reached.items():
            yield Cell("attribute", name, reached, self.harmful, self.weight)
        for by, names in self.groups.items():
            for name in sorted(set(names.tolist())):
                rows = names == name
                yield Cell(by, name, self.flagged[rows], self.harmful[rows], self.weight[rows])


def _decided(rows: StoredRows) -> NDArray[Any]:
    person = rows.array("decided_by", object) == DecidedBy.PERSON.value
    settled = np.isin(rows.array("state", object).astype(str), list(OUTCOMES))
    asked = rows.array("sampled", np.bool_) | rows.array("flagged", np.bool_)
    return person & settled & asked
