"""Taking back what a person did last, one action after the other."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.finding.queues import DEFAULT
from moderation.desk.responses import act_forget, act_last, address, go
from moderation.desk.views.matching import begun
from moderation.models import BulkAct
from moderation.services.bulk_acts.acts import bulk_undo_begin
from moderation.services.errors import ServiceError
from moderation.services.review.bulk import batch_undo
from moderation.services.review.decisions import decision_undo


@desk_view(DECIDE)
def undo(request: HttpRequest, person: Person) -> HttpResponse:
    """Undoes the last action and comes back to where it was done."""
    if request.method != "POST":
        return go(address("queue", DEFAULT.name))
    act = act_last(request)
    if act is None:
        messages.info(request, _("There is nothing to undo."))
        return go(address("queue", DEFAULT.name))
    act_forget(request)
    back = act.get("back") or address("queue", DEFAULT.name)
    try:
        if act["batch"] and BulkAct.objects.filter(batch=act["batch"]).exists():
            return begun(request, bulk_undo_begin(batch=UUID(act["batch"]), actor=person.user), back=back)
        _undo(request, person, act)
    except ServiceError as error:
        messages.error(request, error.detail)
    return go(back)


def _undo(request: HttpRequest, person: Person, act: dict[str, Any]) -> None:
    if act["decision"]:
        row = decision_undo(decision_id=act["decision"], actor=person.user)
        messages.success(request, _("Undone: comment #%(number)s is as it was.") % {"number": row.comment_id})
    elif act["batch"]:
        outcome = batch_undo(batch=UUID(act["batch"]), actor=person.user)
        said = ngettext("Undone for %(count)d comment.", "Undone for %(count)d comments.", outcome.done)
        messages.success(request, said % {"count": outcome.done})
