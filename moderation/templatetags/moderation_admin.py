"""What moderation's admin templates ask for."""

from django import template

from archive.models import Comment
from moderation.models import Review
from moderation.services.states import current

register = template.Library()


@register.filter
def shown_state(comment: Comment) -> str:
    """Returns the name of the comment's state."""
    return current.shown_state(comment)


@register.filter
def current_review(comment: Comment) -> Review | None:
    """Returns the review of the comment's present text, None where it has none."""
    return current.current_review(comment)
