"""Webhook targets: creating, rotating secrets, disabling and enabling; and the result of each delivery."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.admin.base import ReadOnlyAdmin
from archive.admin.filters import MAX_CHOICES, visible
from moderation.admin.limits.narrowing import FoundExactly, by_age
from moderation.admin.limits.scoped import OwnSourcesAdmin, request_sources
from moderation.models import Delivery, WebhookTarget
from moderation.services.accounts.source_limits import rows_within
from moderation.services.errors import ServiceError
from moderation.services.webhooks.delivery import delivery_resend
from moderation.services.webhooks.targets import (
    OVERLAP_HOURS,
    webhook_secret_rotate,
    webhook_target_create,
    webhook_target_disable,
    webhook_target_enable,
)
from moderation.services.webhooks.transport import URL_CHARACTERS, url_check


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new target: its address and sources."""

    url = forms.URLField(max_length=URL_CHARACTERS, assume_scheme="https", label=gettext_lazy("address"))

    class Meta:
        model = WebhookTarget
        fields = ("url", "sources")
        labels = {"sources": gettext_lazy("sources")}

    def clean_url(self) -> str:
        """Returns the address, if webhooks may be sent to it."""
        url: str = self.cleaned_data["url"]
        try:
            url_check(url)
        except ServiceError as error:
            raise ValidationError(error.detail) from error
        return url


def person(request: HttpRequest) -> User:
    """Returns the signed-in person."""
    return cast("User", request.user)


class VisibleTargets(admin.RelatedFieldListFilter):
    """Filters by target, among those that the person may see."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Returns the first hundred targets."""
        targets = visible(model_admin, WebhookTarget, request)
        return [(str(target.pk), str(target)) for target in targets[:MAX_CHOICES]]


@admin.register(WebhookTarget)
class WebhookTargetAdmin(OwnSourcesAdmin):
    """Targets. An address may be a secret in itself, so only administrators see this page.

    People limited to sources see and create only targets limited to those. A secret appears only in the response to the
    form that created it: not in a message, which would be stored in a cookie, and not in the history.
    """

    form = TargetForm
    list_display = ("id", "url", "active", "disabled_because", "failing_since", "paused_until", "previous_until")
    ordering = ("id",)
    actions = ("rotate_selected", "disable_selected", "enable_selected")
    fields = ("url", "sources")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns whether the person may change targets: nobody else may see the addresses."""
        return bool(request.user.has_perm("moderation.change_webhooktarget"))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns False for a single target: another address is another target."""
        return obj is None and self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns False: targets are disabled instead, which keeps the record of their deliveries."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Creates the target; `response_add` shows its secret."""
        sources, actor = list(form.cleaned_data["sources"]), person(request)
        target, obj.secret = webhook_target_create(url=obj.url, sources=sources, actor=actor)
        obj.pk, obj.salt, obj.mark = target.pk, target.salt, target.mark
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Does nothing: the service has set the sources."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Shows the secret once."""
        return self._shown(request, [(obj, obj.secret)])

    def _shown(self, request: HttpRequest, made: Sequence[tuple[WebhookTarget, str]]) -> HttpResponse:
        words = _("The secret of target %(number)d, shown this once: %(secret)s")
        secrets = [words % {"number": target.pk, "secret": secret} for target, secret in made]
        context = {**self.admin_site.each_context(request), "secrets": secrets, "opts": self.opts}
        context["title"] = str(self.opts.verbose_name_plural).capitalize()
        return TemplateResponse(request, "admin/moderation/secrets.html", context)

    def _log(self, request: HttpRequest, target: WebhookTarget, said: str) -> None:
        LogEntry.objects.create(
            user_id=person(request).pk,
            content_type=ContentType.objects.get_for_model(WebhookTarget),
            object_id=str(target.pk),
            object_repr=str(target),
            action_flag=CHANGE,
            change_message=said,
        )

    @admin.action(description=gettext_lazy("Make new secrets (the old ones sign for a day more)"), permissions=["view"])
    def rotate_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Gives each target a new secret and shows it once."""
        made = []
        for target in queryset:
            secret = webhook_secret_rotate(target=target, overlap_hours=OVERLAP_HOURS, actor=person(request))
            made.append((target, secret))
            self._log(request, target, "New secret.")
        return self._shown(request, made)

    @admin.action(description=gettext_lazy("Disable"), permissions=["view"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Disables the targets."""
        for target in queryset:
            actor = person(request)
            webhook_target_disable(target=target, because=f"By {actor.get_username()}.", actor=actor)
            self._log(request, target, "Disabled.")

    @admin.action(description=gettext_lazy("Enable"), permissions=["view"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Enables the targets."""
        for target in queryset:
            try:
                webhook_target_enable(target=target, actor=person(request))
            except ServiceError as error:
                messages.error(request, f"{target}: {error.detail}")
            else:
                self._log(request, target, "Enabled.")


class DeliveryStateFilter(admin.SimpleListFilter):
    """Filters by what became of the delivery."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns the three ends."""
        return [("waiting", _("waiting")), ("delivered", _("delivered")), ("given_up", _("given up"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the deliveries of the chosen kind."""
        ended = {"delivered": "delivered_at", "given_up": "given_up_at"}.get(self.value() or "")
        if ended:
            return queryset.filter(**{f"{ended}__isnull": False})
        return queryset.filter(delivered_at=None, given_up_at=None) if self.value() == "waiting" else queryset


@admin.register(Delivery)
class DeliveryAdmin(FoundExactly, ReadOnlyAdmin):
    """Deliveries, newest first."""

    list_display = ("id", "target", "decision", "attempts", "next_attempt_at", "delivered_at", "given_up_at", "status")
    list_filter = (("target", VisibleTargets), DeliveryStateFilter, by_age("decision__at"))
    search_help_text = gettext_lazy("A delivery's number, or that of its decision.")
    by_number = ("pk", "decision_id")
    list_select_related = ("target", "decision")
    ordering = ("-id",)
    actions = ("send_again",)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns whether the person may change targets."""
        return bool(request.user.has_perm("moderation.change_webhooktarget"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the deliveries to the targets that the person may see."""
        rows, limit = super().get_queryset(request), request_sources(request)
        return rows.filter(target__in=rows_within(WebhookTarget.objects.all(), limit)) if limit else rows

    @admin.action(description=gettext_lazy("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Sends the deliveries again, with the same ids."""
        for delivery in queryset:
            delivery_resend(delivery=delivery, actor=person(request))
