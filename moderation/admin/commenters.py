"""Mutes, and who looked up whose record, both read-only. Muting is done on the desk."""

from django.contrib import admin
from django.utils.safestring import SafeString

from archive.admin.base import ReadOnlyAdmin
from archive.admin.text import row_link
from moderation.admin.scoped import ScopedAdmin
from moderation.models import LookUp, Mute


class AboutCommenterAdmin(ScopedAdmin, ReadOnlyAdmin):
    """Rows about a commenter, newest first."""

    source_path = "commenter__source"
    list_display_links = None
    linked_lookups = ("commenter__id__exact",)
    ordering = ("-id",)
    readonly_fields = ("shown_commenter",)

    @admin.display(description="commenter")
    def shown_commenter(self, row: Mute | LookUp) -> SafeString:
        """Returns a link to the commenter."""
        return row_link(row.commenter, str(row.commenter))


@admin.register(Mute)
class MuteAdmin(AboutCommenterAdmin):
    """Mutes. The ledger has who muted, and why."""

    list_display = ("shown_commenter", "reason", "since", "until", "ended_at")
    list_select_related = ("commenter",)
    exclude = ("commenter", "comment", "decision")


@admin.register(LookUp)
class LookUpAdmin(AboutCommenterAdmin):
    """Look-ups of commenters' records: who and when."""

    list_display = ("shown_commenter", "actor", "at")
    list_select_related = ("commenter", "actor")
    exclude = ("commenter",)
