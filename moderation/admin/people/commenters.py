"""Who is staff or exempt; mutes, and who looked up whose record, both read-only. Muting is done on the desk."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from archive.admin.base import ReadOnlyAdmin
from archive.admin.text import row_link
from archive.database.clock import database_now
from archive.models import Commenter
from moderation.admin.limits.narrowing import FoundExactly, by_age, by_person, of_source
from moderation.admin.limits.scoped import ScopedAdmin, request_sources
from moderation.models import LookUp, Mute, Standing
from moderation.services.review.standings import standing_begin, standing_end


class AboutCommenterAdmin(FoundExactly, ScopedAdmin, ReadOnlyAdmin):
    """Rows about a commenter, newest first."""

    search_help_text = gettext_lazy("A commenter's number or whole name, or a person's user name.")
    by_number = ("commenter_id",)

    source_path = "commenter__source"
    list_display_links = None
    linked_lookups = ("commenter__id__exact",)
    ordering = ("-id",)
    readonly_fields = ("shown_commenter",)

    @admin.display(description=gettext_lazy("commenter"))
    def shown_commenter(self, row: Mute | LookUp) -> SafeString:
        """Returns a link to the commenter."""
        return row_link(row.commenter, str(row.commenter))


@admin.register(Mute)
class MuteAdmin(AboutCommenterAdmin):
    """Mutes. The ledger has who muted, and why."""

    list_display = ("shown_commenter", "reason", "shown_actor", "since", "until", "ended_at")
    list_filter = (of_source("commenter__source__slug"), by_age("since"), by_person("decision__actor_id"))
    list_select_related = ("commenter", "decision__actor")
    by_name = ("commenter__name", "decision__actor__username")
    exclude = ("commenter", "comment", "decision")

    @admin.display(description=gettext_lazy("by"))
    def shown_actor(self, mute: Mute) -> str:
        """Returns who muted: a person or a key."""
        return str(mute.decision.actor or mute.decision.api_key)


@admin.register(LookUp)
class LookUpAdmin(AboutCommenterAdmin):
    """Look-ups of commenters' records: who and when."""

    list_display = ("shown_commenter", "actor", "at")
    list_filter = (of_source("commenter__source__slug"), by_age("at"), by_person("actor_id"))
    by_name = ("commenter__name", "actor__username")
    list_select_related = ("commenter", "actor")
    exclude = ("commenter",)


class StandingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Says that a commenter, given by number, is staff or exempt."""

    class Meta:
        model = Standing
        fields = ("commenter", "kind", "note", "since")

    def clean(self) -> dict[str, Any]:
        """Returns the fields; raises ValidationError if it is said already, or if it is in the future."""
        said = dict(super().clean() or {})
        if said.get("since") and said["since"] > database_now():
            raise forms.ValidationError({"since": gettext("That is in the future.")})
        earlier = Standing.objects.filter(commenter=said.get("commenter"), kind=said.get("kind"), ended_at=None)
        if said.get("commenter") and earlier.exists():
            raise forms.ValidationError(gettext("This is already recorded for the commenter."))
        return said


@admin.register(Standing)
class StandingAdmin(ScopedAdmin):
    """Who is staff, and who is exempt. Rows are ended, never deleted: what held when a comment came stays known."""

    form = StandingForm
    source_path = "commenter__source"
    list_display = ("commenter", "kind", "note", "actor", "since", "ended_at")
    list_select_related = ("commenter", "actor")
    ordering = ("-id",)
    raw_id_fields = ("commenter",)
    actions = ("end_selected",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Returns the field; for the commenter, with those of the person's sources."""
        sources = request_sources(request)
        if db_field.name == "commenter" and sources:
            options["queryset"] = Commenter.objects.filter(source__in=sources)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Returns whether the person may write policies, whose rules these are for."""
        return bool(request.user.has_perm("moderation.change_policy"))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns False for a single row: it is ended, and another begun."""
        return obj is None and self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns False: rows are ended."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Begins the standing."""
        said = {name: form.cleaned_data[name] for name in ("commenter", "kind", "note", "since")}
        obj.pk = standing_begin(actor=cast("User", request.user), **said).pk
        obj._state.adding = False

    @admin.action(description=gettext_lazy("End the selected ones"), permissions=["change"])
    def end_selected(self, request: HttpRequest, rows: QuerySet[Standing]) -> None:
        """Ends what is said of the commenters."""
        for row in rows.select_related("commenter"):
            standing_end(standing=row, actor=cast("User", request.user))
