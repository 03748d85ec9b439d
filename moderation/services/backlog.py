"""What waits: comments without scores, comments for a person, and since when. For metrics and `manage.py status`.

Counts stop at a cap and are read from indexes, and metrics keep them for a moment: asking often costs little.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import nan
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import Gauge

from archive.database.counting import capped_counts
from archive.models import Comment
from moderation.models import Claim, QueueName, Review, State
from moderation.services.ttl_cache import TTLCache

CAP = 100_000
CACHED_SECONDS = 15
SHOWN_ERRORS = 5


@dataclass(frozen=True, slots=True)
class Backlog:
    """Numbers of comments, `CAP` + 1 for more than `CAP`, and the times of the oldest, None if there are none.

    `unscored_since` is when the first unscored comment was received; `pending_since` is when the oldest pending one was
    written.
    """

    unscored: int
    pending: int
    held: int
    escalated: int
    set_aside: int
    unscored_since: datetime | None
    pending_since: datetime | None


def backlog_read() -> Backlog:
    """Returns what waits now. Three queries, each bounded."""
    unscored, pending = Comment.objects.open().unscored(), Review.objects.filter(state=State.PENDING)
    counts = capped_counts(
        {
            "unscored": unscored,
            "pending": pending,
            "held": Review.objects.for_view(QueueName.HELD),
            "escalated": Review.objects.filter(state=State.ESCALATED),
            "set_aside": Claim.objects.filter(set_aside_at__isnull=False),
        },
        cap=CAP,
    )
    # In the order of the indexes: the first id is the first to have arrived.
    first = unscored.order_by("pk").values_list("received_at", flat=True).first()
    oldest = pending.order_by("created_at", "comment").values_list("created_at", flat=True).first()
    return Backlog(**counts, unscored_since=first, pending_since=oldest)


def last_errors() -> list[tuple[int, str, datetime | None]]:
    """Returns the comments that were set aside last: id, error code, and when."""
    aside = Claim.objects.filter(set_aside_at__isnull=False).order_by("-set_aside_at")
    return list(aside.values_list("comment_id", "error", "set_aside_at")[:SHOWN_ERRORS])


_cached = TTLCache[str, Backlog](seconds=CACHED_SECONDS)


def backlog_forget() -> None:
    """Drops the cached counts."""
    _cached.forget()


def _read(value: Callable[[Backlog], Any]) -> Callable[[], float]:
    def read() -> float:
        try:
            return float(value(_cached.get("", backlog_read)))
        except DatabaseError:
            # Metrics of the process are wanted all the more while the database is away.
            return nan

    return read


def _age(since: datetime | None) -> float:
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0


def _gauge(name: str, documentation: str, value: Callable[[Backlog], Any]) -> None:
    Gauge(name, documentation).set_function(_read(value))


_gauge("moderato_unscored_comments", f"Comments that wait for scores, up to {CAP + 1}.", lambda found: found.unscored)
_gauge("moderato_pending_comments", f"Comments that wait for a person, up to {CAP + 1}.", lambda found: found.pending)
_gauge("moderato_set_aside_comments", "Comments set aside after failures.", lambda found: found.set_aside)
_gauge(
    "moderato_unscored_oldest_seconds",
    "How long ago the first unscored comment was received; 0 if there is none.",
    lambda found: _age(found.unscored_since),
)
_gauge(
    "moderato_pending_oldest_seconds",
    "How long ago the oldest pending comment was written; 0 if there is none.",
    lambda found: _age(found.pending_since),
)
