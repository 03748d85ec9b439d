"""What people had decided up to a moment: one pass over decisions in their order, then a bisection a question."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Q, QuerySet

from moderation.models import Decision, DecisionKind, ReviewRound, State

LAST = 20
# Kinds of ledger rows that say what a person thinks of a comment; what the policy or an import did says nothing.
BY_PEOPLE = (DecisionKind.PERSON, DecisionKind.UNDO, DecisionKind.APPEAL)


@dataclass(frozen=True, slots=True)
class Counts:
    """Comments that were decided at a moment: all that were approved, decided and rejected, and of the last LAST."""

    approved: int = 0
    decided: int = 0
    rejected: int = 0
    last_decided: int = 0
    last_rejected: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """A person's act on a comment, and the state it led to."""

    at: datetime
    comment_id: int
    state: str


class Timeline:
    """The acts on a set of comments, oldest first, and the counts after each."""

    __slots__ = ("_counts", "_moments")

    def __init__(self, acts: Iterable[Act]) -> None:
        """Counts once through the acts, which are in order."""
        self._moments: list[datetime] = []
        self._counts: list[Counts] = [Counts()]
        standing: dict[int, bool] = {}
        rejected = 0
        for act in acts:
            rejected -= standing.pop(act.comment_id, False)
            if act.state in {State.APPROVED, State.REJECTED}:
                standing[act.comment_id] = act.state == State.REJECTED
                rejected += standing[act.comment_id]
            self._moments.append(act.at)
            self._counts.append(_counts(standing, rejected))

    def __len__(self) -> int:
        return len(self._moments)

    def steps(self) -> Iterator[tuple[datetime, Counts]]:
        """Yields the moments of the acts and the counts after each."""
        return zip(self._moments, self._counts[1:], strict=True)

    def before(self, moment: datetime) -> Counts:
        """Returns the counts as they were just before `moment`: an act at the moment itself is not in them."""
        return self._counts[bisect_left(self._moments, moment)]


def _counts(standing: dict[int, bool], rejected: int) -> Counts:
    last = list(islice(reversed(standing.values()), LAST))
    return Counts(len(standing) - rejected, len(standing), rejected, len(last), sum(last))


def people_acts(prefix: str = "") -> Q:
    """Selects the ledger's rows by people about a comment; `prefix` is the lookup to the ledger, with `__`."""
    wanted = {f"{prefix}kind__in": BY_PEOPLE, f"{prefix}round": ReviewRound.FIRST, f"{prefix}comment__isnull": False}
    return Q(**wanted)


def acts_of(commenters: Iterable[int]) -> QuerySet[Decision]:
    """Returns people's acts on the comments of these commenters, oldest first."""
    return Decision.objects.filter(people_acts(), comment__commenter__in=list(commenters)).order_by("at", "pk")
