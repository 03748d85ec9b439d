"""What the API shows of a comment: its row joined with its review status, in one query per page."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from archive.models import Comment, CommentQuerySet, OriginState
from moderation.models import Review
from moderation.services.states.current import current_review, review_of
from moderation.services.states.status import UNSCORED

# Columns that can be long and that a page of comments does not need.
UNREAD = ("raw", "meta", "seal_key")
UNREAD_ARTICLE = ("body", "blocks", "furniture", "summary")


@dataclass(frozen=True, slots=True)
class CommentStatus:
    """A comment's review status. An unscored one has no model or verdict.

    It is held if it was held before, or if its site asked for approval before it is shown.
    """

    state: str = UNSCORED
    held: bool = False
    highlighted: bool = False
    flagged: bool = False
    decided_by: str | None = None
    model: str | None = None
    language: str | None = None
    scores: dict[str, float] | None = None
    verdict: dict[str, Any] | None = None


def awaits_approval(comment: Comment) -> bool:
    """Returns whether a comment that is not judged yet must wait for approval, as its site asked."""
    return comment.origin_state == OriginState.UNAPPROVED and comment.withdrawn_at is None


def status_of(comment: Comment) -> CommentStatus:
    """Returns the comment's status; its review, score and model should be loaded, or each costs a query."""
    review = current_review(comment)
    if review is None:
        earlier = review_of(comment)
        return CommentStatus(held=awaits_approval(comment) or (earlier is not None and earlier.held))
    score = review.score
    if score and score.revision != comment.revision:
        # Closed after an edit and never scored again: the verdict is of the earlier text.
        return CommentStatus(
            state=review.state,
            held=review.held,
            highlighted=review.highlighted,
            decided_by=review.decided_by or None,
        )
    return CommentStatus(
        state=review.state,
        held=review.held,
        highlighted=review.highlighted,
        flagged=review.flagged,
        decided_by=review.decided_by or None,
        model=str(score.model) if score else None,
        language=(score.language or None) if score else None,
        scores=score.values() if score else None,
        verdict=review.verdict or None,
    )


def with_status(comments: CommentQuerySet) -> CommentQuerySet:
    """Returns the comments with everything the API shows of them, in one query."""
    joined = comments.select_related("source", "article", "commenter", "review__score__model")
    unread = [*UNREAD, *(f"article__{name}" for name in UNREAD_ARTICLE), "review__score__spans", "review__facts"]
    return joined.defer(*unread)


def with_comment(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Returns the reviews with everything the API shows of their comments, in one query."""
    joined = reviews.select_related("comment__source", "comment__article", "comment__commenter", "score__model")
    unread = [*(f"comment__{name}" for name in UNREAD), "score__spans", "facts"]
    return joined.defer(*unread, *(f"comment__article__{name}" for name in UNREAD_ARTICLE))
