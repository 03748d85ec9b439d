"""Claims of scoring runs: which run holds which comment, and on which comments the model failed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from archive.admin.text import row_link
from archive.excerpts import COMMENT_UNREAD
from moderation.admin.limits.scoped import ScopedAdmin
from moderation.models import Claim


class SetAsideFilter(admin.SimpleListFilter):
    """Filters by whether the scorer gave up on the comment."""

    title = _("set aside")
    parameter_name = "set_aside"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns yes and no."""
        return [("yes", gettext("set aside")), ("no", gettext("in work"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the claims that are, or are not, set aside."""
        return queryset.filter(set_aside_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Claim)
class ClaimAdmin(ScopedAdmin, ReadOnlyAdmin):
    """Claims, read-only."""

    source_path = "comment__source"
    list_display = ("shown_comment", "worker", "lease_until", "attempts", "error", "set_aside_at")
    list_display_links = None
    list_filter = (SetAsideFilter,)
    list_select_related = ("comment",)
    ordering = ("-pk",)
    readonly_fields = ("shown_comment",)
    exclude = ("comment",)

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Defers the comment's text."""
        return queryset.defer(*COMMENT_UNREAD)

    @admin.display(description=_("comment"))
    def shown_comment(self, claim: Claim) -> SafeString:
        """Returns a link to the comment."""
        return row_link(claim.comment, f"#{claim.comment_id}")
