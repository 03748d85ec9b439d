"""Returns deferred comments to the queue when they are due, each with a ledger row by the system."""

from datetime import datetime

from django.db import transaction

from archive.database.clock import database_now
from moderation.models import Review, State
from moderation.services.ledger.append import decisions_append
from moderation.services.review.transitions import deferral_end
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write

CHUNK = 250


def deferred_return(*, now: datetime | None = None) -> int:
    """Returns every deferred comment that is due by `now` to the queue; returns how many.

    Works in transactions of bounded size; safe to kill, to repeat and to run concurrently. Called by `score_comments`
    and by `return_deferred`, which a scheduler can run more often.
    """
    moment, count = now or database_now(), 0
    while due := _due(moment):
        count += _return_chunk(due, moment)
    return count


def _due(now: datetime) -> list[int]:
    due = Review.objects.filter(state=State.DEFERRED, deferred_until__lte=now).order_by("deferred_until", "pk")
    return list(due.current().values_list("pk", flat=True)[:CHUNK])


@transaction.atomic
def _return_chunk(ids: list[int], now: datetime) -> int:
    """Returns a chunk of comments to the queue, except those that changed since they were found; returns how many."""
    comments = {comment.pk: comment for comment in lock_comments(ids)}
    reviews = [review for review in lock_reviews(comments).values() if _is_due(review, now)]
    rows = [deferral_end(comments[review.pk], review, now) for review in reviews]
    reviews_write(reviews)
    return len(decisions_append(rows))


def _is_due(review: Review, now: datetime) -> bool:
    return review.state == State.DEFERRED and review.deferred_until is not None and review.deferred_until <= now
