"""Access: API keys, which are only listed and revoked here, and users with the sources they are limited to."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User as AuthUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ListedLookups, ReadOnlyAdmin
from archive.models import Source
from moderation.admin.limits.audited import AuditedAdmin
from moderation.admin.limits.scoped import OwnSourcesAdmin, own_sources
from moderation.models import ApiKey, AuditKind, Moderator
from moderation.services.accounts.api_keys import api_key_revoke
from moderation.services.accounts.people import (
    people_within,
    person_check,
    person_inherit_limit,
    person_limit,
    roles_within,
)
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError

User = get_user_model()


@admin.register(ApiKey)
class ApiKeyAdmin(OwnSourcesAdmin, ReadOnlyAdmin):
    """Keys by name, for people who may revoke them. People limited to sources see only keys limited to those.

    A key's primary key is its digest, so no page, link or form here contains it. Keys are created on the command line,
    where the secret can be printed once.
    """

    list_display = ("name", "shown_scopes", "shown_sources", "rate", "created", "expiry", "last_used_at", "revocation")
    list_display_links = None
    ordering = ("name",)
    actions = None

    def get_urls(self) -> list[URLPattern]:
        """Returns the URLs of the list and of the revocation; a key has no page of its own."""
        pages = (("", self.changelist_view, "changelist"), ("revoke/<path:name>/", self.revoke_view, "revoke"))
        view = self.admin_site.admin_view
        return [path(route, view(page), name=f"moderation_apikey_{name}") for route, page, name in pages]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the keys with their sources."""
        return super().get_queryset(request).prefetch_related("sources")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Returns whether the person may revoke keys: nobody else may see which ones exist."""
        return request.user.has_perm("moderation.change_apikey")

    def revoke_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Asks for confirmation, and revokes the key on POST."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        key = get_object_or_404(self.get_queryset(request), name=unquote(name))
        if request.method == "POST":
            return self._revoke(request, key)
        context = {**self.admin_site.each_context(request), "key": key, "opts": self.opts, "title": _("Revoke a key")}
        return TemplateResponse(request, "admin/moderation/revoke.html", context)

    def _revoke(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        api_key_revoke(key=key, actor=cast("AuthUser", request.user))
        LogEntry.objects.create(
            user_id=cast("int", request.user.pk),
            content_type=ContentType.objects.get_for_model(ApiKey),
            object_repr=key.name,
            action_flag=CHANGE,
            change_message="Revoked.",
        )
        messages.success(request, gettext("The key “%(name)s” is revoked.") % {"name": key.name})
        return HttpResponseRedirect(reverse("admin:moderation_apikey_changelist"))

    @admin.display(description=_("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        """Returns the scopes."""
        return ", ".join(key.scopes)

    @admin.display(description=_("sources"))
    def shown_sources(self, key: ApiKey) -> str:
        """Returns the sources that the key is limited to."""
        return ", ".join(source.name for source in key.sources.all()) or "all"

    @admin.display(description=_("revoked"))
    def revocation(self, key: ApiKey) -> SafeString | str:
        """Returns when the key was revoked, or the link that revokes it."""
        if key.revoked_at:
            return f"{key.revoked_at:%Y-%m-%d %H:%M}"
        return format_html('<a href="{}">revoke</a>', reverse("admin:moderation_apikey_revoke", args=[quote(key.name)]))


class ModeratorInline(admin.StackedInline):  # type: ignore[type-arg]
    """The sources that a user is limited to; none means all."""

    model = Moderator
    fields = ("sources",)
    filter_horizontal = ("sources",)
    can_delete = False
    verbose_name_plural = _("limited to sources")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Returns the field with the sources that the person may assign."""
        return super().formfield_for_manytomany(db_field, request, **options, **own_sources(request))


admin.site.unregister(User)


@admin.register(User)
class ModeratorUserAdmin(AuditedAdmin, ListedLookups, UserAdmin):  # type: ignore[type-arg]
    """Users with the sources they are limited to. They are deactivated, never deleted: decisions name them.

    Administrators manage users, but cannot grant more than they have: only a superuser makes superusers and assigns
    single permissions. People limited to sources manage only people limited to a subset of those.
    """

    audit_kind = AuditKind.PERSON
    audit_fields = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")
    audit_hashed = ("username", "email", "password")

    def audit_state(self, obj: Any) -> dict[str, Any]:
        """Returns the person's rights, and the sources that they are limited to."""
        limit = Source.objects.filter(pk__in=user_sources(self.model._base_manager.get(pk=obj.pk)))
        return {**super().audit_state(obj), "sources": sorted(limit.values_list("slug", flat=True))}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the users that the person may see."""
        return people_within(super().get_queryset(request), cast("AuthUser", request.user))

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Returns the inline for sources, once the user exists."""
        return [ModeratorInline] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Returns the fields that only a superuser may change, unless the person is one."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if is_superuser_request(request) else (*fields, "is_superuser", "user_permissions")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Returns the field; for groups, with the roles that the person may assign."""
        if db_field.name == "groups":
            options["queryset"] = roles_within(cast("AuthUser", request.user))
        return super().formfield_for_manytomany(db_field, request, **options)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Returns whether the person may change users, and this one in particular."""
        if not super().has_change_permission(request, obj) or obj is None:
            return super().has_change_permission(request, obj)
        try:
            person_check(actor=cast("AuthUser", request.user), person=obj)
        except ServiceError:
            return False
        return True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Saves the user; a new user gets the limit of the person who adds them."""
        super().save_model(request, obj, form, change)
        if not change:
            person_inherit_limit(actor=cast("AuthUser", request.user), person=obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Sets the sources that the user is limited to."""
        formset.save(commit=False)
        for one in formset.forms:
            if one.has_changed():
                sources = list(one.cleaned_data["sources"])
                person_limit(actor=cast("AuthUser", request.user), person=form.instance, sources=sources)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a user."""
        return False


def is_superuser_request(request: HttpRequest) -> bool:
    """Returns whether the person is a superuser."""
    return bool(getattr(request.user, "is_superuser", False))
