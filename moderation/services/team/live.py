"""What happens in the queues while desks are open: read once for all desks of a process, not once for each.

Each reading is a query of an index with a bound; it is good for `SECONDS`, so that twenty open desks cost as many
queries as one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.database.clock import database_now
from moderation.models import Decision, Review
from moderation.services.ttl_cache import TTLCache

SECONDS = 4.0
# The newest acts that are told, and the newest comments of a queue that are counted.
MAX_ACTS, MAX_ARRIVED = 500, 200


@dataclass(frozen=True, slots=True)
class Act:
    """A row of the ledger: what was done to a comment, and the name of who did it, empty for no person."""

    row: int
    comment: int
    source: int
    action: str
    actor: str


@dataclass(frozen=True, slots=True)
class Since:
    """When a page was shown: the ledger's last row and the newest comment of its queue then."""

    row: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a page does not show yet.

    Attributes:
        arrived: How many comments came into the queue, up to `MAX_ARRIVED`.
        acts: The last act on each comment that was decided on, of the newest `MAX_ACTS`.
        held: Comment id → the name of who has it open.
    """

    arrived: int
    acts: Sequence[Act]
    held: dict[int, str]


Arrivals = tuple[tuple[datetime, int], ...]
Holds = tuple[tuple[int, int, int, str], ...]
_acts: TTLCache[str, tuple[Act, ...]] = TTLCache(seconds=SECONDS)
_arrivals: TTLCache[str, Arrivals] = TTLCache(seconds=SECONDS)
_holds: TTLCache[str, Holds] = TTLCache(seconds=SECONDS)


def live_forget() -> None:
    """Forgets what was read."""
    for cache in (_acts, _arrivals, _holds):
        cache.forget()


def live_since(*, queue: str) -> Since:
    """Returns where a page of the queue begins to listen; at most two queries for all desks of this process."""
    acts, arrivals = _acts.get("", _read_acts), _arrivals.get(queue, lambda: _read_arrivals(queue))
    return Since(acts[0].row if acts else 0, arrivals[0][0] if arrivals else None)


def live_changes(*, queue: str, since: Since, sources: Collection[int], user_id: int) -> Changes:
    """Returns what changed since, in the sources (all if empty); at most three queries for all desks of this process.

    What `user_id` has open is not told: they know.
    """
    arrivals = _arrivals.get(queue, lambda: _read_arrivals(queue))
    came = [at for at, source in arrivals if (since.newest is None or at > since.newest) and _in(source, sources)]
    acts: dict[int, Act] = {}
    for act in _acts.get("", _read_acts):
        if act.row > since.row and _in(act.source, sources):
            acts.setdefault(act.comment, act)
    holds = _holds.get("", _read_holds)
    held = {pk: name for pk, source, holder, name in holds if holder != user_id and _in(source, sources)}
    return Changes(len(came), tuple(acts.values()), held)


def _in(source: int, sources: Collection[int]) -> bool:
    return not sources or source in sources


def _read_acts() -> tuple[Act, ...]:
    rows = Decision.objects.filter(comment__isnull=False).order_by("-pk")
    columns = ("pk", "comment_id", "comment__source_id", "action", "actor__username")
    return tuple(
        Act(pk, comment or 0, source, action, actor or "")
        for pk, comment, source, action, actor in rows.values_list(*columns)[:MAX_ACTS]
    )


def _read_arrivals(queue: str) -> Arrivals:
    rows = Review.objects.for_view(queue).order_by("-created_at", "-comment")
    return tuple(rows.values_list("created_at", "source_id")[:MAX_ARRIVED])


def _read_holds() -> Holds:
    now = database_now()
    held = Review.objects.filter(holder__isnull=False).select_related("holder")
    shown = held.only("pk", "source_id", "holder_id", "holder_until", "holder__username")
    return tuple(
        (one.pk, one.source_id, one.holder.pk, one.holder.get_username())
        for one in shown
        if one.holder and one.is_held(now)
    )
