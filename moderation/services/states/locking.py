"""Comments and their reviews, locked in the one order that everybody keeps, and written back.

Comments come first and their reviews after them, both in the order of ids: two transactions never wait in a ring. On
SQLite there is one writer at a time, and the locks are none.
"""

from collections.abc import Collection, Sequence

from archive.models import Comment
from moderation.models import Review

WRITTEN = (
    *("state", "state_version", "held", "highlighted", "flagged", "risk", "uncertainty", "score", "policy", "verdict"),
    *("facts", "sampled", "review_probability", "holder", "holder_until", "deferred_until", "decided_by", "decided_at"),
    *("updated_at", *Review.ATTRIBUTES),
)


def lock_comments(ids: Collection[int], *, sources: Collection[int] = ()) -> list[Comment]:
    """Returns those of the comments that are there and of these sources (none given: of any), locked, by their ids."""
    comments = Comment.objects.filter(pk__in=ids).order_by("pk")
    comments = comments.filter(source__in=sources) if sources else comments
    return list(comments.defer("raw", "meta").select_for_update(of=("self",), no_key=True))


def lock_reviews(ids: Collection[int]) -> dict[int, Review]:
    """Returns comment id → its review, locked, with its score and model; lock the comments before."""
    reviews = Review.objects.select_related("score__model").order_by("pk")
    return reviews.select_for_update(of=("self",), no_key=True).in_bulk(ids)


def reviews_write(reviews: Sequence[Review]) -> None:
    """Writes reviews that are locked, or new."""
    Review.objects.bulk_create(reviews, update_conflicts=True, unique_fields=["comment"], update_fields=WRITTEN)
