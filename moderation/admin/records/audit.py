"""The audit trail, read-only."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from moderation.admin.limits.scoped import request_sources
from moderation.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who changed what, newest first. People limited to sources do not see it: it is about the whole installation."""

    list_display = ("id", "at", "kind", "action", "subject", "who")
    list_filter = ("kind", "action", "at")
    list_select_related = ("actor",)
    ordering = ("-id",)
    search_fields = ("subject", "api_key", "actor__username")
    fields = ("id", "at", "kind", "action", "subject", "actor", "api_key", "shown_before", "shown_after")
    readonly_fields = ("shown_before", "shown_after")

    class Media:
        css = {"all": ["moderation/admin.css"]}

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns whether the person is an administrator of the whole installation: one who may revoke any key."""
        return request.user.has_perm("moderation.change_apikey") and not request_sources(request)

    @admin.display(description=_("by"))
    def who(self, entry: AuditEntry) -> str:
        """Returns the person or the key."""
        return str(entry.actor or entry.api_key or _("command line"))

    @admin.display(description=_("before"))
    def shown_before(self, entry: AuditEntry) -> SafeString:
        """Returns what it was, as JSON."""
        return _shown(entry.before)

    @admin.display(description=_("after"))
    def shown_after(self, entry: AuditEntry) -> SafeString:
        """Returns what it became, as JSON."""
        return _shown(entry.after)


def _shown(said: Any) -> SafeString:
    return format_html('<pre class="policy-body">{}</pre>', json.dumps(said, indent=2, ensure_ascii=False))
