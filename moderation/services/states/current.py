"""A comment's state as people see it: its review's, or unscored if it has none or was edited since."""

from django.db.models import F, Q

from archive.models import Comment, CommentQuerySet
from moderation.models import Review, State
from moderation.services.states.status import UNSCORED

STATES = ((UNSCORED, UNSCORED), *State.choices)


def review_of(comment: Comment) -> Review | None:
    """Returns the comment's review if it has one; no query if `review` is already loaded."""
    return getattr(comment, "review", None)


def current_review(comment: Comment) -> Review | None:
    """Returns the review if it is about the current text."""
    return None if comment.taken_revision < comment.revision else review_of(comment)


def shown_state(comment: Comment) -> str:
    """Returns the name of the comment's state, one of `STATES`."""
    review = current_review(comment)
    return review.state if review else UNSCORED


def in_state(comments: CommentQuerySet, state: str) -> CommentQuerySet:
    """Returns the comments whose `shown_state` is `state`; for unscored, only open ones."""
    if state == UNSCORED:
        return comments.open().unscored()
    return comments.filter(review__state=state).exclude(Q(taken_revision__lt=F("revision")))
