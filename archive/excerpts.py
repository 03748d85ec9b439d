"""The beginning of a comment's text, for the lists of the admin and the desk."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils.text import Truncator

from archive.models import Comment

EXCERPT_CHARACTERS = 600


# Columns that are long or not to be shown, and that no list needs.
UNREAD = ("text", "raw", "meta", "seal_key")
ARTICLE_UNREAD = ("body", "blocks", "furniture", "summary")
COMMENT_UNREAD = tuple(f"comment__{column}" for column in UNREAD)
LIST_WORDS = 40


def with_excerpt(comments: QuerySet[Any]) -> QuerySet[Any]:
    """Returns comments with the beginning of their text as `excerpt`, and without the columns a list does not show."""
    comments = comments.annotate(excerpt=Left("text", EXCERPT_CHARACTERS))
    return comments.defer(*UNREAD, *(f"article__{column}" for column in ARTICLE_UNREAD))


def excerpt(comment: Comment, words: int = LIST_WORDS) -> str:
    """Returns at most `words` words of a comment read by `with_excerpt`, with an ellipsis if there is more."""
    beginning: str = comment.excerpt  # type: ignore[attr-defined]
    shown = Truncator(beginning).words(words, truncate=" …")
    cut = len(beginning) == EXCERPT_CHARACTERS and not shown.endswith("…")
    return f"{shown} …" if cut else shown
