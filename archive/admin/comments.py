"""Comments: the list, and one comment with its article, its parent, the thread around it and its earlier texts."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from archive.admin.filters import ArticleSectionFilter, LanguageFilter, SourceListFilter
from archive.admin.text import article_link, comments_address, isolated, row_link
from archive.admin.thread import thread_around
from archive.database.search import search_comments
from archive.excerpts import excerpt, with_excerpt
from archive.models import Comment, CommentQuerySet

MAX_REVISIONS = 20


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    """Read only: importers and the API write comments. `thread_item` is the template of one comment of the thread."""

    list_display: Any = ("number", "shown_text", "origin_state")
    list_filter: ClassVar[tuple[Any, ...]] = (SourceListFilter, ArticleSectionFilter, LanguageFilter, "origin_state")
    linked_lookups = ("article__id__exact", "commenter__id__exact")
    search_fields = ("text",)
    search_help_text = _("Comments that hold all of these words.")
    sortable_by: ClassVar[Any] = ("number", "shown_text")
    ordering = ("-created_at", "-id")
    fields = (
        "source",
        "shown_id",
        "language",
        "text_format",
        "origin_state",
        "created_at",
        "received_at",
        "edited_at",
        "withdrawn_at",
        "erased_at",
        "revision",
    )
    readonly_fields = ("shown_id",)
    change_form_template = "admin/archive/comment/change_form.html"
    thread_item = "admin/archive/thread_item.html"
    related: ClassVar[tuple[str, ...]] = ("source", "article", "commenter")

    class Media:
        css = {"all": ["archive/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the comments with all relations that a row or a page shows."""
        return super().get_queryset(request).select_related(*self.related)

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Reads only the beginning of each text."""
        return with_excerpt(queryset)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Searches the full-text index."""
        found = search_comments(cast("CommentQuerySet", queryset), search_term) if search_term else queryset
        return found, False

    def thread_comments(self, request: HttpRequest) -> CommentQuerySet:
        """Hook: returns comments with the relations that `thread_item` shows."""
        return Comment.objects.select_related("commenter")

    def page(self, request: HttpRequest, comment: Comment) -> dict[str, Any]:
        """Returns what the page of one comment shows besides its own columns, each part bounded."""
        comments = self.thread_comments(request)
        parents = with_excerpt(comments.filter(pk=comment.parent_id)) if comment.parent_id else ()
        return {
            "parent": next(iter(parents), None),
            "thread": thread_around(comment, comments),
            "thread_item": self.thread_item,
            "all_comments": comments_address(comment.article),
            "revisions": comment.revisions.order_by("-revision")[:MAX_REVISIONS],
        }

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Adds what `page` returns."""
        context.update(self.page(request, obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("number"), ordering="pk")
    def number(self, comment: Comment) -> str:
        """Returns the comment's id."""
        return f"#{comment.pk}"

    @admin.display(description=_("comment"), ordering="created_at")
    def shown_text(self, comment: Comment) -> SafeString:
        """Returns the beginning of the text, and below it who wrote it, when, and on which article."""
        who = row_link(comment.commenter, str(comment.commenter)) if comment.commenter else "no name"
        when = date_format(localtime(comment.created_at), "SHORT_DATETIME_FORMAT")
        words = format_html('<bdi dir="auto" class="comment-text">{}</bdi>', excerpt(comment))
        about = format_html("{} · {} · {}", who, when, article_link(comment.article))
        return format_html('{}<span class="quiet about">{}</span>', words, about)

    @admin.display(description=_("id at the source"))
    def shown_id(self, comment: Comment) -> SafeString:
        """Returns the source's id."""
        return isolated(comment.external_id)
