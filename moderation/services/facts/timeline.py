"""What people had decided up to a moment: one pass over decisions in their order, then a bisection a question."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from django.db.models import Q

from moderation.models import DecisionKind, ReviewRound, State

LAST = 20
# Kinds of ledger rows that say what a person thinks of a comment; what the policy or an import did says nothing.
BY_PEOPLE = (DecisionKind.PERSON, DecisionKind.UNDO, DecisionKind.APPEAL)

# As plain texts: a million of them are compared.
REJECTED = State.REJECTED.value
SETTLED = frozenset({State.APPROVED.value, REJECTED})


class Counts(NamedTuple):
    """Comments that were decided at a moment: all that were approved, decided and rejected, and of the last LAST."""

    approved: int = 0
    decided: int = 0
    rejected: int = 0
    last_decided: int = 0
    last_rejected: int = 0


class Act(NamedTuple):
    """A person's act on a comment, at a moment in microseconds, and the state it led to."""

    at: int
    comment_id: int
    state: str


class Timeline:
    """The acts on a set of comments, oldest first, and the counts after each."""

    __slots__ = ("_counts", "_moments")

    def __init__(self, acts: Iterable[Act]) -> None:
        """Counts once through the acts, which are in order."""
        self._moments: list[int] = []
        self._counts: list[Counts] = [Counts()]
        standing: dict[int, bool] = {}
        rejected = 0
        for act in acts:
            rejected -= standing.pop(act.comment_id, False)
            if act.state in SETTLED:
                standing[act.comment_id] = act.state == REJECTED
                rejected += standing[act.comment_id]
            self._moments.append(act.at)
            self._counts.append(_counts(standing, rejected))

    def __len__(self) -> int:
        return len(self._moments)

    def steps(self) -> Iterator[tuple[int, Counts]]:
        """Yields the moments of the acts and the counts after each."""
        return zip(self._moments, self._counts[1:], strict=True)

    def before(self, moment: int) -> Counts:
        """Returns the counts as they were just before `moment`: an act at the moment itself is not in them."""
        return self._counts[bisect_left(self._moments, moment)]


def _counts(standing: dict[int, bool], rejected: int) -> Counts:
    last = list(islice(reversed(standing.values()), LAST))
    return Counts(len(standing) - rejected, len(standing), rejected, len(last), sum(last))


def people_acts(prefix: str = "") -> Q:
    """Selects the ledger's rows by people about a comment; `prefix` is the lookup to the ledger, with `__`."""
    wanted = {f"{prefix}kind__in": BY_PEOPLE, f"{prefix}round": ReviewRound.FIRST, f"{prefix}comment__isnull": False}
    return Q(**wanted)
