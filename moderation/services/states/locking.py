"""Locks comments and their reviews in one fixed order, and writes reviews back.

All code locks comments first and then their reviews, both by id, so that transactions cannot deadlock. SQLite has a
single writer, so the row locks are no-ops there.
"""

from collections.abc import Collection, Sequence

from archive.models import Comment
from moderation.models import Review

WRITTEN = (
    *("state", "state_version", "held", "highlighted", "flagged", "risk", "uncertainty", "score", "policy", "verdict"),
    *(
        "facts",
        "near_hash",
        "facts_edition",
        "replaced",
        "sampled",
        "review_probability",
        "holder",
        "holder_until",
        "deferred_until",
        "decided_by",
        "decided_at",
    ),
    *("updated_at", *Review.ATTRIBUTES),
)


def lock_comments(ids: Collection[int], *, sources: Collection[int] = ()) -> list[Comment]:
    """Returns the comments that exist in these sources (none given: in any), locked, in id order."""
    comments = Comment.objects.filter(pk__in=ids).order_by("pk")
    comments = comments.filter(source__in=sources) if sources else comments
    return list(comments.defer("raw", "meta").select_for_update(of=("self",), no_key=True))


def lock_reviews(ids: Collection[int]) -> dict[int, Review]:
    """Returns comment id → its review, locked, with its score and model loaded. Lock the comments first."""
    reviews = Review.objects.select_related("score__model").order_by("pk")
    return reviews.select_for_update(of=("self",), no_key=True).in_bulk(ids)


def reviews_write(reviews: Sequence[Review]) -> None:
    """Writes locked or new reviews."""
    Review.objects.bulk_create(reviews, update_conflicts=True, unique_fields=["comment"], update_fields=WRITTEN)
