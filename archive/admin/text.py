"""Shows what readers wrote: always escaped and isolated, so that neither markup nor bidi controls leak out.

`<bdi>` confines a right-to-left override to its own text; without it, a comment could reverse the columns next to it.
"""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from archive.models import Article


def isolated(text: str) -> SafeString:
    """Returns `text` escaped and isolated, as HTML."""
    return format_html('<bdi dir="auto">{}</bdi>', text)


def row_link(row: Any, text: str) -> SafeString:
    """Returns a link to the admin page of `row`, labelled `text`."""
    opts = row._meta
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return format_html('<a href="{}"><bdi dir="auto">{}</bdi></a>', address, text)


def article_link(article: Article) -> SafeString:
    """Returns a link to an article, labelled with its title, or its id if it has none."""
    return row_link(article, Truncator(str(article)).chars(80))


def comments_address(article: Article) -> str:
    """Returns the address of the list of an article's comments."""
    return reverse("admin:archive_comment_changelist", query={"article__id__exact": article.pk})
