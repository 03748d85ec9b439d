"""Limiting the admin to the sources that a moderator is limited to, the archive's plain pages first."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from archive.admin.base import LargeTableAdmin
from archive.admin.commenters import CommenterAdmin
from archive.admin.sources import SourceAdmin
from archive.models import Commenter, Source
from moderation.services.accounts.source_limits import user_sources


def request_sources(request: HttpRequest) -> frozenset[int]:
    """Returns the ids of the sources that the person is limited to, empty for all; asked once a request."""
    known: frozenset[int] | None = getattr(request, "moderation_sources", None)
    if known is None:
        known = user_sources(request.user)
        request.moderation_sources = known  # type: ignore[attr-defined]
    return known


class ScopedAdmin(LargeTableAdmin):
    """Lists and opens only rows of the person's sources. `source_path` leads from the row to its source."""

    source_path = "source"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the rows that the person may see."""
        queryset = super().get_queryset(request)
        sources = request_sources(request)
        return self.of_sources(queryset, sources) if sources else queryset

    def of_sources(self, queryset: QuerySet[Any], sources: frozenset[int]) -> QuerySet[Any]:
        """Returns the rows of these sources."""
        return queryset.filter(**{f"{self.source_path}__in": sources})


admin.site.unregister(Source)
admin.site.unregister(Commenter)


@admin.register(Source)
class ScopedSourceAdmin(ScopedAdmin, SourceAdmin):
    """The sources that the person may see."""

    source_path = "pk"


@admin.register(Commenter)
class ScopedCommenterAdmin(ScopedAdmin, CommenterAdmin):
    """The commenters of those sources."""
