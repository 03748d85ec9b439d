"""Exports and erases a commenter's data from their page in the admin, and lists the receipts."""

import time
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from archive.admin.base import ReadOnlyAdmin
from archive.models import Comment, Commenter
from moderation.admin.limits.scoped import ScopedAdmin, ScopedCommenterAdmin
from moderation.models import Erasure
from moderation.services.errors import ServiceError
from moderation.services.privacy.erasures import commenter_erasure, erasure_run
from moderation.services.privacy.export import commenter_export_lines, export_note

ERASE = "moderation.erase"
# A form erases for so long; what is left is erased when it is sent again.
FORM_SECONDS = 20.0

admin.site.unregister(Commenter)


@admin.register(Commenter)
class ErasableCommenterAdmin(ScopedCommenterAdmin):
    """Adds two pages to a commenter: the export of their data, and the form that erases it."""

    actions = ("erase_selected",)

    def get_urls(self) -> list[URLPattern]:
        """Adds the pages; before Django's own, which take any address for a row's key."""
        pages = (("export", require_GET(self.export_view)), ("erase", self.erase_view))
        view = self.admin_site.admin_view
        own = [path(f"<int:pk>/{name}/", view(page), name=f"archive_commenter_{name}") for name, page in pages]
        return [*own, *super().get_urls()]

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Returns whether the person may export and erase people's data."""
        return request.user.has_perm(ERASE)

    @admin.action(description=_("Export and erase the selected commenter"), permissions=["erase"])
    def erase_selected(self, request: HttpRequest, rows: QuerySet[Commenter]) -> HttpResponse | None:
        """Leads to the form for one commenter: each erasure follows an export that somebody has seen."""
        chosen = list(rows.values_list("pk", flat=True)[:2])
        if len(chosen) == 1:
            return HttpResponseRedirect(reverse("admin:archive_commenter_erase", args=chosen))
        messages.error(request, gettext("Erase one commenter at a time: each has an export of their own."))
        return None

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Returns the export as a download. Who asked is recorded."""
        commenter = self._allowed(request, pk)
        export_note(commenter=commenter, actor=cast("User", request.user))
        lines = StreamingHttpResponse(commenter_export_lines(commenter=commenter), content_type="application/x-ndjson")
        lines["Content-Disposition"] = f'attachment; filename="commenter-{pk}.jsonl"'
        return lines

    def erase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the form, and erases on POST."""
        commenter = self._allowed(request, pk)
        if request.method == "POST" and self._erased(request, commenter):
            return HttpResponseRedirect(reverse("admin:moderation_erasure_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "commenter": commenter,
            "comments": Comment.objects.filter(commenter=commenter, erased_at=None).count(),
            "opts": self.opts,
            "title": _("Erase a commenter"),
        }
        return TemplateResponse(request, "admin/moderation/erase.html", context)

    def _allowed(self, request: HttpRequest, pk: int) -> Commenter:
        if not self.has_erase_permission(request):
            raise PermissionDenied
        found: Commenter = get_object_or_404(self.get_queryset(request), pk=pk)
        return found

    def _erased(self, request: HttpRequest, commenter: Commenter) -> bool:
        """Erases as far as the form's time goes; says what became of it, and returns whether it is at its end."""
        said, end = request.POST.get("confirmation", "").strip(), time.monotonic() + FORM_SECONDS
        try:
            begun = commenter_erasure(commenter=commenter, actor=cast("User", request.user), confirmation=said)
        except ServiceError as error:
            messages.error(request, error.detail)
            return False
        done = erasure_run(erasure=begun, stop=lambda: time.monotonic() > end)
        if done.finished_at:
            messages.success(request, gettext("The commenter is erased."))
            return True
        messages.warning(request, gettext("There is more to erase: send the form again, and it goes on."))
        return False


@admin.register(Erasure)
class ErasureAdmin(ScopedAdmin, ReadOnlyAdmin):
    """Receipts of erasures: what was erased, for whom and how many rows; no words."""

    list_display = ("id", "kind", "source", "commenter_number", "comment_number", "who", "started_at", "finished_at")
    list_select_related = ("source", "actor")
    list_filter = ("kind",)
    ordering = ("-id",)
    sortable_by: ClassVar[Any] = ("id",)
    readonly_fields = ("commenter_number", "comment_number", "who")
    exclude = ("commenter", "comment", "actor", "api_key")

    @admin.display(description=_("commenter"))
    def commenter_number(self, erasure: Erasure) -> str:
        """Returns the commenter's number."""
        return f"#{erasure.commenter_id}" if erasure.commenter_id else "-"

    @admin.display(description=_("comment"))
    def comment_number(self, erasure: Erasure) -> str:
        """Returns the comment's number."""
        return f"#{erasure.comment_id}" if erasure.comment_id else "-"

    @admin.display(description=_("by"))
    def who(self, erasure: Erasure) -> str:
        """Returns the person or the key; neither for a command."""
        return str(erasure.actor or erasure.api_key or "-")
