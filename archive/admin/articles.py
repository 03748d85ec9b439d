"""Articles, with their text, their page furniture and their thread."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from archive.admin.filters import LanguageFilter, SectionFilter, SourceListFilter
from archive.admin.text import comments_address, isolated
from archive.admin.thread import thread_of
from archive.excerpts import ARTICLE_UNREAD
from archive.models import Article, Comment, CommentQuerySet

TITLE_CHARACTERS = 120


@admin.register(Article)
class ArticleAdmin(ReadOnlyAdmin):
    """Read only: importers and the API write articles. `thread_item` is the template of one comment of the thread."""

    list_display = ("number", "shown_title", "source", "section", "published_at", "language", "comments")
    list_filter = (SourceListFilter, SectionFilter, LanguageFilter)
    list_select_related = ("source",)
    search_fields = ("title",)
    search_help_text = _("Words of the title, or the source's own id.")
    sortable_by: ClassVar[Any] = ("number", "published_at")
    ordering = ("-id",)
    fields = ("source", "shown_id", "url", "language", "shown_dateline", "published_at", "modified_at", "title_derived")
    readonly_fields = ("shown_id", "shown_dateline")
    change_form_template = "admin/archive/article/change_form.html"
    thread_item = "admin/archive/thread_item.html"

    class Media:
        css = {"all": ["archive/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the articles with their sources."""
        return super().get_queryset(request).select_related("source")

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Defers the long texts."""
        return queryset.defer(*ARTICLE_UNREAD)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Finds by the words of the title, or by the whole id."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        return (found | queryset.filter(external_id=search_term) if search_term else found), may_have_duplicates

    def thread_comments(self, request: HttpRequest) -> CommentQuerySet:
        """Hook: returns comments with the relations that `thread_item` shows."""
        return Comment.objects.select_related("commenter")

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Adds the thread to the page."""
        thread = thread_of(obj, self.thread_comments(request))
        context.update(thread=thread, thread_item=self.thread_item, all_comments=comments_address(obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("number"), ordering="pk")
    def number(self, article: Article) -> str:
        """Returns the article's id."""
        return f"#{article.pk}"

    @admin.display(description=_("title"))
    def shown_title(self, article: Article) -> SafeString:
        """Returns the title, shortened."""
        return isolated(Truncator(str(article)).chars(TITLE_CHARACTERS))

    @admin.display(description=_("id at the source"))
    def shown_id(self, article: Article) -> SafeString:
        """Returns the source's id."""
        return isolated(article.external_id)

    @admin.display(description=_("dateline"))
    def shown_dateline(self, article: Article) -> SafeString:
        """Returns the dateline."""
        return isolated(article.dateline or "-")

    @admin.display(description=_("comments"))
    def comments(self, article: Article) -> SafeString:
        """Returns a link to the list of the article's comments; counting them would cost a query a row."""
        return format_html('<a href="{}">comments</a>', comments_address(article))
