"""Leases on comments, so that runs side by side share the work and a killed run's share is taken over.

A claim is made by a conditional update or an insert that gives way, never by reading first and writing then. Its holder
renews it in the background; who dies stops renewing. Comments that made the model fail keep their claim, set aside.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from archive.database.clock import database_now, lease_ended, lease_limit, lease_stands
from archive.models import Comment, CommentQuerySet
from moderation.models import Claim
from moderation.services.batch_scoring.workers import worker_is_dead

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
# An edit gives a comment that was set aside a new start: another text may not make the model fail.
SET_ASIDE = Q(set_aside_at__isnull=False) & (
    Q(comment__edited_at__isnull=True) | Q(set_aside_at__gte=F("comment__edited_at"))
)


def claimable(comments: CommentQuerySet) -> CommentQuerySet:
    """Returns those of `comments` that nobody holds and that were not set aside."""
    taken = Claim.objects.filter(claim_stands() | SET_ASIDE, comment=OuterRef("pk"))
    return comments.filter(~Exists(taken))


@transaction.atomic
def claims_take(*, comments: CommentQuerySet, worker: str, seconds: int, limit: int) -> list[int]:
    """Claims up to `limit` of `comments` in the order of their ids; returns the ids that are now the worker's.

    Two callers never get the same id while the first one's lease runs. An empty list means that nothing was free.
    """
    free = claimable(comments).order_by("pk").only("pk")
    # The lock keeps a neighbour's save and this claim apart; what a neighbour is saving now is not waited for.
    ids = [row.pk for row in free.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit]]
    until = database_now() + timedelta(seconds=seconds)
    _take_over(ids, worker=worker, until=until)
    fresh = [Claim(comment_id=pk, worker=worker, lease_until=until) for pk in ids]
    Claim.objects.bulk_create(fresh, ignore_conflicts=True)
    return list(Claim.objects.filter(pk__in=ids, worker=worker).order_by("pk").values_list("pk", flat=True))


def claims_renew(*, worker: str, seconds: int) -> int:
    """Moves the end of the worker's leases `seconds` ahead; returns how many it holds."""
    until = database_now() + timedelta(seconds=seconds)
    return Claim.objects.filter(worker=worker, set_aside_at=None).update(lease_until=until)


def claims_release(*, worker: str) -> None:
    """Gives back what the worker holds; what it set aside stays set aside."""
    Claim.objects.filter(worker=worker, set_aside_at=None).delete()


def claims_release_dead(claims: QuerySet[Claim]) -> int:
    """Gives back what processes held that ended in this place without doing so; returns how many comments."""
    workers = claims.filter(set_aside_at=None).exclude(worker="").values_list("worker", flat=True).distinct()
    dead = [worker for worker in workers if worker_is_dead(worker)]
    return claims.filter(worker__in=dead, set_aside_at=None).update(lease_until=None) if dead else 0


def claims_set_aside(*, worker: str, failures: dict[int, str], attempts: int) -> None:
    """Marks comments that made the model fail. `failures` is comment id → the error's code; it never holds text."""
    # Not before the edit, which a clock ahead may have dated: the comment would get a new start for ever.
    edited = Comment.objects.filter(pk=OuterRef("comment_id")).values("edited_at")
    now = Value(database_now(), output_field=DateTimeField())
    moment = Greatest(now, Coalesce(Subquery(edited), now))
    for pk, error in failures.items():
        held = Claim.objects.filter(pk=pk, worker=worker)
        held.update(set_aside_at=moment, attempts=F("attempts") + attempts, error=error[:500], lease_until=None)


def claims_lift(*, comments: CommentQuerySet) -> int:
    """Gives comments that were set aside a new start; returns how many."""
    aside = Claim.objects.filter(Exists(comments.filter(pk=OuterRef("comment_id"))), set_aside_at__isnull=False)
    return aside.update(set_aside_at=None, attempts=0, error="", lease_until=None, worker="")


@contextmanager
def lease_kept(*, worker: str, seconds: int) -> Iterator[None]:
    """Renews the worker's leases in the background while the block runs; afterwards gives back what is left of them."""
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
    """Waits for what others hold; returns whether to look for free comments again.

    `claims()` are the leases of others on comments that still want a score. A dead run's leases are waited for, at most
    their length. A run that renews its leases is alive: when only such runs hold any, waiting ends and False is
    returned, as it is where nothing is held.
    """
    if claims_release_dead(claims()):
        return True
    seen = _leases(claims())
    if seen:
        logger.info("waiting for the leases of %d other run(s) to be renewed or to run out", len(seen))
    while seen and not stop():
        time.sleep(POLL_SECONDS)
        held = _leases(claims())
        if not held or _run_out(held):
            return True
        if all(seen.get(worker) != until for worker, until in held.items()):
            return False
    return False


def claim_stands() -> Q:
    """Says which claims are held now."""
    return lease_stands("lease_until", database_now(), settings.MODERATION_LEASE_SECONDS)


def _take_over(ids: Collection[int], *, worker: str, until: datetime) -> None:
    ended = lease_ended("lease_until", database_now(), settings.MODERATION_LEASE_SECONDS)
    expired = Claim.objects.filter(Q(lease_until=None) | ended, pk__in=ids)
    expired.update(worker=worker, lease_until=until)
    again = Claim.objects.filter(pk__in=ids, worker=worker, set_aside_at__isnull=False)
    again.update(set_aside_at=None, attempts=0, error="")


def _leases(claims: QuerySet[Claim]) -> dict[str, datetime]:
    held = claims.filter(set_aside_at=None).values_list("worker").annotate(until=Max("lease_until"))
    return {worker: until for worker, until in held if until is not None}


def _run_out(leases: dict[str, datetime]) -> bool:
    now = database_now()
    latest = lease_limit(now, settings.MODERATION_LEASE_SECONDS)
    return any(until <= now or until > latest for until in leases.values())


def _renew_until(ended: threading.Event, worker: str, seconds: int) -> None:
    while not ended.wait(seconds / 3):
        try:
            claims_renew(worker=worker, seconds=seconds)
        except DatabaseError as error:
            logger.warning("a lease could not be renewed: %s", type(error).__name__)
        finally:
            connection.close()
