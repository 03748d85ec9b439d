"""Sources: the only rows of the archive that are edited by hand."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from archive.admin.base import LargeTableAdmin
from archive.models import Source


@admin.register(Source)
class SourceAdmin(LargeTableAdmin):
    """A source's name, default language and time zone. Its slug is what imports and keys name, so it stays."""

    list_display = ("slug", "name", "default_language", "timezone")
    sortable_by: ClassVar[Any] = None
    search_fields = ("slug", "name")
    fields = ("slug", "name", "default_language", "timezone")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Returns the slug once the source is there."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a source: articles, comments and decisions stand on it."""
        return False
