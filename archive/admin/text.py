"""Showing what readers wrote: always escaped, always isolated, so that neither markup nor marks of direction get out.

`<bdi>` holds a right-to-left override inside the text it came with; without it one comment could turn around the
columns beside it.
"""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from archive.models import Article, Comment

EXCERPT_CHARACTERS = 600
# What is long, or not to be shown, and what no list needs.
UNREAD = ("text", "raw", "meta", "seal_key")
ARTICLE_UNREAD = ("body", "blocks", "furniture", "summary")
COMMENT_UNREAD = tuple(f"comment__{column}" for column in UNREAD)
LIST_WORDS = 40


def with_excerpt(comments: QuerySet[Any]) -> QuerySet[Any]:
    """Returns comments with the beginning of their text as `excerpt`, and without what a list does not show."""
    comments = comments.annotate(excerpt=Left("text", EXCERPT_CHARACTERS))
    return comments.defer(*UNREAD, *(f"article__{column}" for column in ARTICLE_UNREAD))


def excerpt(comment: Comment, words: int = LIST_WORDS) -> str:
    """Returns at most `words` words of a comment that `with_excerpt` read; an ellipsis says that there is more."""
    beginning: str = comment.excerpt  # type: ignore[attr-defined]
    shown = Truncator(beginning).words(words, truncate=" …")
    cut = len(beginning) == EXCERPT_CHARACTERS and not shown.endswith("…")
    return f"{shown} …" if cut else shown


def isolated(text: str) -> SafeString:
    """Returns `text` escaped and isolated, as HTML."""
    return format_html('<bdi dir="auto">{}</bdi>', text)


def row_link(row: Any, text: str) -> SafeString:
    """Returns a link to the admin page of `row` that reads `text`."""
    opts = row._meta
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return format_html('<a href="{}"><bdi dir="auto">{}</bdi></a>', address, text)


def article_link(article: Article) -> SafeString:
    """Returns a link to an article that reads its title, or its id where it has none."""
    return row_link(article, Truncator(str(article)).chars(80))


def comments_address(article: Article) -> str:
    """Returns the address of the list of an article's comments."""
    return reverse("admin:archive_comment_changelist", query={"article__id__exact": article.pk})
