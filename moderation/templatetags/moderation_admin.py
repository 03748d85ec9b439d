"""Filters for moderation's admin templates."""

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
    """Returns the review of the comment's current text, None if there is none."""
    return current.current_review(comment)
