"""Commenters, with links to their comments."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from archive.admin.filters import SourceListFilter
from archive.admin.text import isolated
from archive.models import Commenter


@admin.register(Commenter)
class CommenterAdmin(ReadOnlyAdmin):
    """Found by the beginning of a name or by the source's id."""

    list_display = ("number", "shown_name", "source", "comments")
    list_filter = (SourceListFilter,)
    list_select_related = ("source",)
    search_fields = ("name",)
    search_help_text = _("The beginning of a name, or the source's own id.")
    sortable_by: ClassVar[Any] = ("number", "shown_name")
    ordering = ("-id",)
    fields = ("shown_name", "source", "shown_id", "comments")
    readonly_fields = ("shown_name", "shown_id", "comments")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Finds by the beginning of the name as it is written, or by the whole id."""
        if not search_term:
            return queryset, False
        by_id = queryset.filter(external_id=search_term)
        return queryset.filter(name__startswith=search_term) | by_id, False

    @admin.display(description=_("number"), ordering="pk")
    def number(self, commenter: Commenter) -> str:
        """Returns the commenter's id."""
        return f"#{commenter.pk}"

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, commenter: Commenter) -> SafeString:
        """Returns the name."""
        return isolated(str(commenter))

    @admin.display(description=_("id at the source"))
    def shown_id(self, commenter: Commenter) -> SafeString:
        """Returns the source's id."""
        return isolated(commenter.external_id)

    @admin.display(description=_("comments"))
    def comments(self, commenter: Commenter) -> SafeString:
        """Returns a link to the list of this person's comments."""
        address = reverse("admin:archive_comment_changelist", query={"commenter__id__exact": commenter.pk})
        return format_html('<a href="{}">comments</a>', address)
