"""The admin pages of other packages, with the same restriction on lookups in URLs."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice

from archive.admin.base import ListedLookups
from moderation.admin.limits.audited import AuditedAdmin
from moderation.admin.people.access import is_superuser_request
from moderation.models import AuditKind


def restrict_lookups(site: admin.AdminSite) -> None:
    """Registers pages that accept any lookup again, so that they accept only the lookups that they offer."""
    for model, page in list(site._registry.items()):
        if not isinstance(page, ListedLookups):
            site.unregister(model)
            # Without actions: the only one, axes' clean-up, fails because axes removed an argument it uses.
            site.register(model, type(type(page).__name__, (ListedLookups, type(page)), {"actions": ()}))


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(AuditedAdmin, ListedLookups, GroupAdmin):
    """Roles. Only superusers change them, because changing a role's permissions can give oneself anything."""

    audit_kind = AuditKind.ROLE
    audit_fields = ("name", "permissions")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return is_superuser_request(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers alone."""
        return is_superuser_request(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers alone."""
        return is_superuser_request(request)


# Whoever saw a person's key could make their codes.
admin.site.unregister(TOTPDevice)

restrict_lookups(admin.site)
