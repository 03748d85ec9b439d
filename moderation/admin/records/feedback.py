"""Feedback on comments: readers' flags, and scores that callers suggest."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from archive.admin.text import isolated, row_link
from archive.excerpts import COMMENT_UNREAD
from moderation.admin.limits.narrowing import FoundExactly, by_age, of_source
from moderation.admin.limits.scoped import ScopedAdmin
from moderation.models import Feedback, ReaderFlag

EXCERPT_CHARACTERS = 300


@admin.register(ReaderFlag)
class ReaderFlagAdmin(FoundExactly, ScopedAdmin, ReadOnlyAdmin):
    """Readers' reports, newest first."""

    search_help_text = _("A comment's number, or the site's name for the reporter.")
    by_number = ("comment_id",)
    by_name = ("reporter",)
    list_filter = (of_source("comment__source__slug"), by_age("at"))

    source_path = "comment__source"
    list_display = ("id", "shown_comment", "reason", "shown_reporter", "at")
    list_select_related = ("comment",)
    linked_lookups = ("comment__id__exact",)
    ordering = ("-id",)
    fields = ("shown_comment", "reason", "shown_reporter", "at")
    readonly_fields = ("shown_comment", "shown_reporter")

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Defers the comment's text."""
        return queryset.defer(*COMMENT_UNREAD)

    @admin.display(description=_("comment"))
    def shown_comment(self, flag: ReaderFlag) -> SafeString:
        """Returns a link to the comment."""
        return row_link(flag.comment, f"#{flag.comment_id}")

    @admin.display(description=_("reporter"))
    def shown_reporter(self, flag: ReaderFlag) -> SafeString:
        """Returns the site's name for the reporter."""
        return isolated(flag.reporter)


@admin.register(Feedback)
class FeedbackAdmin(FoundExactly, ScopedAdmin, ReadOnlyAdmin):
    """Suggested scores, newest first. People limited to sources see only those about comments of these sources."""

    search_help_text = _("A comment's number, or a key's name.")
    by_number = ("comment_id",)
    by_name = ("api_key",)

    source_path = "comment__source"
    list_display = ("id", "shown_excerpt", "api_key", "trusted", "at")
    list_filter = ("trusted", of_source("comment__source__slug"), by_age("at"))
    ordering = ("-id",)
    fields = ("shown_text", "scores", "languages", "community_id", "api_key", "trusted", "at")
    readonly_fields = ("shown_text",)

    class Media:
        css = {"all": ["archive/admin.css"]}

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Reads only the beginning of each text."""
        excerpts: QuerySet[Any] = queryset.annotate(excerpt=Left("text", EXCERPT_CHARACTERS))
        return excerpts.defer("text", "context")

    @admin.display(description=_("text"))
    def shown_excerpt(self, feedback: Feedback) -> SafeString:
        """Returns the beginning of the text."""
        return isolated(Truncator(feedback.excerpt).words(30))  # type: ignore[attr-defined]

    @admin.display(description=_("text"))
    def shown_text(self, feedback: Feedback) -> SafeString:
        """Returns the text."""
        return isolated(feedback.text)
