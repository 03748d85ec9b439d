"""Leases on comments, so that concurrent runs share the work and take over the share of a run that was killed.

A claim is a conditional update or an insert that ignores conflicts, never a read followed by a write. Its holder renews
it in the background; a dead run stops renewing. Comments on which the model failed keep their claim and are set aside.

A run may have died of a comment. What two runs left when they died is taken one by one, and what was alone twice with a
run that died is set aside.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Case, DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from archive.database.clock import database_now, lease_ended, lease_limit, lease_stands
from archive.models import Comment, CommentQuerySet
from moderation.models import Claim
from moderation.services.batch_scoring.workers import worker_is_dead

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
# Of a comment's claims that ended with their holder's death: from which number on it is taken alone, and set aside.
ALONE_FROM, DEADLY_FROM = 1, 3
DEADLY = "process_died"
OnDeadly = Callable[[dict[int, str]], object]
# An edit ends the setting aside: the model may not fail on the new text.
SET_ASIDE = Q(set_aside_at__isnull=False) & (
    Q(comment__edited_at__isnull=True) | Q(set_aside_at__gte=F("comment__edited_at"))
)


def claimable(comments: CommentQuerySet) -> CommentQuerySet:
    """Returns those of `comments` that no run holds and that are not set aside."""
    taken = Claim.objects.filter(claim_active() | SET_ASIDE, comment=OuterRef("pk"))
    return comments.filter(~Exists(taken))


@transaction.atomic
def claims_take(
    *, comments: CommentQuerySet, worker: str, seconds: int, limit: int, on_deadly: OnDeadly | None = None
) -> list[int]:
    """Claims up to `limit` of `comments` in id order; returns the ids that the worker now holds.

    Two callers never get the same id while the first one's lease is valid. An empty list means that nothing was free.
    `on_deadly` takes comment id → error of those that were set aside because runs died with them.
    """
    free = claimable(comments).order_by("pk").only("pk")
    # The lock keeps this claim from overlapping another run's save; rows that are being saved are skipped.
    found = [row.pk for row in free.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit]]
    deadly = _deadly_set_aside(found)
    if deadly and on_deadly:
        on_deadly(dict.fromkeys(deadly, DEADLY))
    ids = _together([pk for pk in found if pk not in deadly])
    until = database_now() + timedelta(seconds=seconds)
    _take_over(ids, worker=worker, until=until)
    fresh = [Claim(comment_id=pk, worker=worker, lease_until=until) for pk in ids]
    Claim.objects.bulk_create(fresh, ignore_conflicts=True)
    taken = list(Claim.objects.filter(pk__in=ids, worker=worker).order_by("pk").values_list("pk", flat=True))
    if deadly and not taken:
        return claims_take(comments=comments, worker=worker, seconds=seconds, limit=limit, on_deadly=on_deadly)
    return taken


def claims_renew(*, worker: str, seconds: int) -> int:
    """Extends the worker's leases to `seconds` from now; returns how many it holds."""
    until = database_now() + timedelta(seconds=seconds)
    return Claim.objects.filter(worker=worker, set_aside_at=None).update(lease_until=until)


def claims_release(*, worker: str) -> None:
    """Releases the worker's claims; comments that it set aside stay set aside."""
    Claim.objects.filter(worker=worker, set_aside_at=None).delete()


def claims_release_dead(claims: QuerySet[Claim]) -> int:
    """Releases claims of workers of this host whose process is gone; returns how many comments."""
    workers = claims.filter(set_aside_at=None).exclude(worker="").values_list("worker", flat=True).distinct()
    dead = [worker for worker in workers if worker_is_dead(worker)]
    return claims.filter(worker__in=dead, set_aside_at=None).update(lease_until=None) if dead else 0


def claims_set_aside(*, worker: str, failures: dict[int, str], attempts: int) -> None:
    """Sets aside comments on which the model failed. `failures` is comment id → error code, never text."""
    moment = _moment_aside()
    for pk, error in failures.items():
        held = Claim.objects.filter(pk=pk, worker=worker)
        held.update(set_aside_at=moment, attempts=F("attempts") + attempts, error=error[:500], lease_until=None)


def claims_lift(*, comments: CommentQuerySet) -> int:
    """Lets comments that were set aside be claimed again; returns how many."""
    aside = Claim.objects.filter(Exists(comments.filter(pk=OuterRef("comment_id"))), set_aside_at__isnull=False)
    return aside.update(set_aside_at=None, attempts=0, error="", lease_until=None, worker="")


@contextmanager
def keep_lease(*, worker: str, seconds: int) -> Iterator[None]:
    """Renews the worker's leases in the background while the block runs, then releases those that are left."""
    ended = threading.Event()
    thread = threading.Thread(target=_renew_until, args=(ended, worker, seconds), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        claims_release(worker=worker)


def claims_await(*, claims: Callable[[], QuerySet[Claim]], stop: Callable[[], bool]) -> bool:
    """Waits for comments that other runs hold; returns whether to look for free comments again.

    `claims()` returns the leases of other runs on comments that still need a score. Waits for a dead run's leases to
    expire. A run that renews its leases is alive: once only live runs hold any, or nothing is held, returns False.
    """
    if claims_release_dead(claims()):
        return True
    seen = _leases(claims())
    if seen:
        logger.info("waiting for the leases of %d other run(s) to be renewed or to expire", len(seen))
    while seen and not stop():
        time.sleep(POLL_SECONDS)
        held = _leases(claims())
        if not held or _any_expired(held):
            return True
        if all(seen.get(worker) != until for worker, until in held.items()):
            return False
    return False


def claim_active() -> Q:
    """Returns the condition that a claim is currently held."""
    return lease_stands("lease_until", database_now(), settings.MODERATION_LEASE_SECONDS)


def _moment_aside() -> Greatest:
    """Returns now, but never before the edit, even if a fast clock dated that one ahead: it would be tried for ever."""
    edited = Comment.objects.filter(pk=OuterRef("comment_id")).values("edited_at")
    now = Value(database_now(), output_field=DateTimeField())
    return Greatest(now, Coalesce(Subquery(edited), now))


def _left_by_dead(ids: Sequence[int], deaths: int) -> set[int]:
    """Returns those of the free comments that at least so many holders left when they died."""
    left = Claim.objects.filter(pk__in=ids, set_aside_at=None, attempts__gte=deaths).exclude(worker="")
    return set(left.values_list("pk", flat=True))


def _deadly_set_aside(ids: Sequence[int]) -> list[int]:
    """Sets aside those of the free comments with which runs died although they held nothing else; returns them."""
    deadly = sorted(_left_by_dead(ids, DEADLY_FROM))
    if deadly:
        logger.error("set aside, because runs died with it: comment %s", ", ".join(map(str, deadly)))
        aside = {"set_aside_at": _moment_aside(), "error": DEADLY, "lease_until": None, "worker": ""}
        Claim.objects.filter(pk__in=deadly).update(**aside)
    return deadly


def _together(ids: Sequence[int]) -> list[int]:
    """Leaves out what runs left when they died, or returns the first of it alone if there is nothing else."""
    suspects = _left_by_dead(ids, ALONE_FROM)
    return [pk for pk in ids if pk not in suspects] or list(ids[:1])


def _take_over(ids: Collection[int], *, worker: str, until: datetime) -> None:
    ended = lease_ended("lease_until", database_now(), settings.MODERATION_LEASE_SECONDS)
    expired = Claim.objects.filter(Q(lease_until=None) | ended, pk__in=ids)
    # Who ends in order deletes its claims: one that is still named has died.
    deaths = Case(When(worker="", then=F("attempts")), default=F("attempts") + 1)
    expired.update(worker=worker, lease_until=until, attempts=deaths)
    again = Claim.objects.filter(pk__in=ids, worker=worker, set_aside_at__isnull=False)
    again.update(set_aside_at=None, attempts=0, error="")


def _leases(claims: QuerySet[Claim]) -> dict[str, datetime]:
    held = claims.filter(set_aside_at=None).values_list("worker").annotate(until=Max("lease_until"))
    return {worker: until for worker, until in held if until is not None}


def _any_expired(leases: dict[str, datetime]) -> bool:
    now = database_now()
    latest = lease_limit(now, settings.MODERATION_LEASE_SECONDS)
    return any(until <= now or until > latest for until in leases.values())


def _renew_until(ended: threading.Event, worker: str, seconds: int) -> None:
    while not ended.wait(seconds / 3):
        try:
            claims_renew(worker=worker, seconds=seconds)
        except DatabaseError as error:
            logger.warning("failed to renew leases: %s", type(error).__name__)
        finally:
            connection.close()
