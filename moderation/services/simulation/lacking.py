"""How many of the comments of a simulation lack facts that the policy's rules read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from moderation.policies import Policy
from moderation.services.verdicts.facts_walk import late_facts_needed, list_editions, lists_known
from moderation.services.verdicts.stored.stored_columns import StoredRows

# What was stored before there were editions counts as the first of all.
NO_EDITION = -1


@dataclass(slots=True)
class Lacking:
    """Counts of what is lacking, of `texts` and of hits of `lists`: name → edition of its current version."""

    texts: bool
    lists: dict[str, int]
    counts: Counter[str] = field(default_factory=Counter)
    of_texts: int = 0

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Returns the counts of what this policy reads, at 0."""
        editions = list_editions()
        return cls(late_facts_needed(policy), {name: editions[name] for name in lists_known(policy, editions)})

    def observe(self, rows: StoredRows) -> None:
        """Counts a chunk; the rows hold `edition`."""
        editions = rows.array("edition")
        self.of_texts += int((editions == NO_EDITION).sum()) if self.texts else 0
        self.counts.update({name: int((editions < newest).sum()) for name, newest in self.lists.items()})

    def add(self, other: "Lacking") -> None:
        """Adds the counts of other comments."""
        self.of_texts += other.of_texts
        self.counts.update(other.counts)

    def as_json(self) -> dict[str, Any]:
        """Returns the counts as they are shown."""
        return {"texts": self.of_texts, "lists": {name: self.counts[name] for name in self.lists}}
