"""Limits the admin to a moderator's sources, starting with the archive's own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from archive.admin.base import LargeTableAdmin
from archive.admin.commenters import CommenterAdmin
from archive.admin.sources import SourceAdmin
from archive.models import Commenter, Source
from moderation.admin.limits.audited import AuditedAdmin
from moderation.models import AuditKind
from moderation.services.accounts.source_limits import rows_within, user_sources


def request_sources(request: HttpRequest) -> frozenset[int]:
    """Returns the ids of the sources that the person is limited to, empty for all; queried once per request."""
    known: frozenset[int] | None = getattr(request, "moderation_sources", None)
    if known is None:
        known = user_sources(request.user)
        request.moderation_sources = known  # type: ignore[attr-defined]
    return known


class ScopedAdmin(LargeTableAdmin):
    """Shows only rows of the person's sources. `source_path` is the lookup from a row to its source."""

    source_path = "source"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the rows that the person may see."""
        queryset = super().get_queryset(request)
        sources = request_sources(request)
        return self.of_sources(queryset, sources) if sources else queryset

    def of_sources(self, queryset: QuerySet[Any], sources: frozenset[int]) -> QuerySet[Any]:
        """Returns the rows of these sources."""
        return queryset.filter(**{f"{self.source_path}__in": sources})


def own_sources(request: HttpRequest) -> dict[str, Any]:
    """Returns the options of a form field `sources`: limited people must choose some of their own."""
    limit = request_sources(request)
    return {"queryset": Source.objects.filter(pk__in=limit), "required": True} if limit else {}


class OwnSourcesAdmin(LargeTableAdmin):
    """Rows that have `sources`, where none means all: limited people see and create only rows within their limit."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the rows that the person may see."""
        return rows_within(super().get_queryset(request), request_sources(request))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Returns the field; for `sources`, with the person's own."""
        more = own_sources(request) if db_field.name == "sources" else {}
        return super().formfield_for_manytomany(db_field, request, **options, **more)


class ForAllSources(LargeTableAdmin):
    """Rows that apply to all sources: people limited to some can read them, but not add or change any."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Returns False for people limited to sources."""
        return super().has_add_permission(request) and not request_sources(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns False for people limited to sources."""
        return super().has_change_permission(request, obj) and not request_sources(request)


admin.site.unregister(Source)
admin.site.unregister(Commenter)


@admin.register(Source)
class ScopedSourceAdmin(AuditedAdmin, ScopedAdmin, SourceAdmin):
    """The sources that the person may see."""

    audit_kind = AuditKind.SOURCE
    audit_fields = ("slug", "name", "default_language", "timezone")

    source_path = "pk"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Returns False for people limited to sources: a new source would not be one of theirs."""
        return super().has_add_permission(request) and not request_sources(request)


@admin.register(Commenter)
class ScopedCommenterAdmin(ScopedAdmin, CommenterAdmin):
    """The commenters of the person's sources."""

    change_form_template = "admin/moderation/commenter/change_form.html"
