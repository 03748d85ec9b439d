"""Versions of the policy, read-only."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from moderation.models import PolicyVersion


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    """Versions of the policy. They never change, so the page is read-only."""

    list_display = ("__str__", "status", "note", "author", "created_at")
    list_select_related = ("author",)
    fields = (
        "version",
        "status",
        "note",
        "author",
        "created_at",
        "activated_by",
        "activated_at",
        "sha256",
        "shown_body",
    )
    readonly_fields = ("shown_body",)

    class Media:
        css = {"all": ["moderation/admin.css"]}

    @admin.display(description=_("body"))
    def shown_body(self, policy: PolicyVersion) -> SafeString:
        """Returns the policy's JSON, indented."""
        return format_html('<pre class="policy-body">{}</pre>', json.dumps(policy.body, indent=2, ensure_ascii=False))
