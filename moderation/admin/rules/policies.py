"""Versions of the policy, read-only."""

import json

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from moderation.models import PolicyStatus, PolicyVersion
from moderation.services.verdicts.policy import rollout_of


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    """Versions of the policy. They never change, so the page is read-only."""

    list_display = ("__str__", "status", "share", "braked", "failures", "note", "author", "created_at")
    list_select_related = ("author", "rollout")
    fields = (
        "version",
        "status",
        "share",
        "braked",
        "failures",
        "note",
        "author",
        "created_at",
        "activated_by",
        "activated_at",
        "sha256",
        "shown_body",
    )
    readonly_fields = ("shown_body", "share", "braked", "failures")

    class Media:
        css = {"all": ["moderation/admin.css"]}

    @admin.display(description=_("share"))
    def share(self, policy: PolicyVersion) -> str:
        """Returns the share of the comments that the version judges while it rolls out."""
        rollout = rollout_of(policy)
        return f"{rollout.percent} %" if rollout and policy.status == PolicyStatus.ROLLOUT else ""

    @admin.display(description=_("braked"))
    def braked(self, policy: PolicyVersion) -> str:
        """Returns since when the version acts through a person only, or which of its rules do."""
        rollout = rollout_of(policy)
        if rollout is None:
            return ""
        return (
            date_format(rollout.braked_at, "DATETIME_FORMAT") if rollout.braked_at else ", ".join(rollout.braked_rules)
        )

    @admin.display(description=_("failures"))
    def failures(self, policy: PolicyVersion) -> int:
        """Returns on how many comments the version failed as a candidate."""
        rollout = rollout_of(policy)
        return rollout.failures if rollout else 0

    @admin.display(description=_("body"))
    def shown_body(self, policy: PolicyVersion) -> SafeString:
        """Returns the policy's JSON, indented."""
        return format_html('<pre class="policy-body">{}</pre>', json.dumps(policy.body, indent=2, ensure_ascii=False))
