"""Sources: the archive's only rows that are edited by hand."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from archive.admin.base import LargeTableAdmin
from archive.models import Source


@admin.register(Source)
class SourceAdmin(LargeTableAdmin):
    """A source's name, default language and time zone. Imports and keys refer to its slug, so it cannot be changed."""

    list_display = ("slug", "name", "default_language", "timezone")
    sortable_by: ClassVar[Any] = None
    search_fields = ("slug", "name")
    fields = ("slug", "name", "default_language", "timezone")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Returns the slug once the source exists."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a source: articles, comments and decisions depend on it."""
        return False
