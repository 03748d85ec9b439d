"""Filters for the archive's admin templates."""

from django import template

from archive import excerpts
from archive.admin.thread import ThreadItem
from archive.models import Comment

register = template.Library()


@register.filter
def excerpt(comment: Comment, words: int) -> str:
    """Returns at most `words` words of the text; the template escapes them."""
    return excerpts.excerpt(comment, words)


@register.filter
def alone(comment: Comment) -> ThreadItem:
    """Returns the comment as a thread item at depth 0."""
    return ThreadItem(comment, 0)
