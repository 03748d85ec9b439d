"""Which comments a person was asked to review, and with what chance: read from the ledger.

A comment's state today does not tell: a moderator may decide on a comment that passed and that nobody drew, and its
stored probability is 1 then. The first thing that a person did to a text tells it, by the state it was done in.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from moderation.models import Action, Decision, DecisionKind
from moderation.models.review import WAITING_STATES
from moderation.services.states.status import UNSCORED

WAITING = frozenset(str(state) for state in WAITING_STATES)
FIELDS = ("comment_id", "kind", "from_state", "to_state", "review_probability")


def asked_chances(*, after: int, last: int) -> dict[int, float]:
    """Returns comment id → the chance of review, for what people were asked about and did something to.

    Of comments with ids above `after` up to `last`, in one query. Comments that people only came across are not among
    them. An edit begins anew: what was done to an earlier text says nothing of this one.
    """
    kinds = [DecisionKind.PERSON, DecisionKind.SYSTEM]
    rows = Decision.objects.filter(comment_id__gt=after, comment_id__lte=last, kind__in=kinds)
    ordered = rows.exclude(action__in=[Action.CLOSE, Action.ERASE]).order_by("comment_id", "pk").values_list(*FIELDS)
    return dict(_first_chances(ordered.iterator(chunk_size=10_000)))


def _first_chances(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, float]]:
    for comment, of_comment in groupby(rows, key=itemgetter(0)):
        first = _first(of_comment)
        if first is not None and first[2] in WAITING:
            yield comment, first[4]


def _first(rows: Iterable[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    """Returns the first row by a person since the text was last edited; None without one."""
    found: tuple[Any, ...] | None = None
    for row in rows:
        if row[3] == UNSCORED:
            found = None
        elif found is None and row[1] == DecisionKind.PERSON:
            found = row
    return found
