"""The admin pages of other packages, with the same bounds on what an address may ask."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from archive.admin.base import ListedLookups
from moderation.admin.access import may_give_all


def bound(site: admin.AdminSite) -> None:
    """Registers each page that takes any lookup once more, as one that takes the lookups that it offers."""
    for model, page in list(site._registry.items()):
        if not isinstance(page, ListedLookups):
            site.unregister(model)
            # Without actions of its own: the one there is, axes' cleaning up, fails over an argument that axes removed.
            site.register(model, type(type(page).__name__, (ListedLookups, type(page)), {"actions": ()}))


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ListedLookups, GroupAdmin):
    """Roles. Who changes what a role may do could give themselves anything: that is a superuser's matter."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return may_give_all(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers alone."""
        return may_give_all(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers alone."""
        return may_give_all(request)


bound(admin.site)
