"""One action on all comments that match a queue's filters: previewed, confirmed, and done in parts."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.cards import cards_read
from moderation.desk.finding.filters import DeskFilters, filters_of
from moderation.desk.finding.queues import QUEUES, Queue
from moderation.desk.forms import DEFER, ActionInput, action_input_read, reason_choices
from moderation.desk.responses import act_remember, address, desk_page, go, refused_status
from moderation.desk.views.queue import matching as matching_rows
from moderation.desk.wording.labels import ACTIONS, DONE, STATES, label
from moderation.models import BulkAct
from moderation.services.bulk_acts.acts import NOT_ALLOWED, bulk_act_begin, bulk_act_run, until_in
from moderation.services.bulk_acts.matching import MatchPreview, matching_preview
from moderation.services.errors import ServiceError
from moderation.services.review.actions import ACTION_RULES
from moderation.services.review.previews import PreviewTerms
from moderation.services.review.transitions import ActionRefusal

SHOWN = 12
# How long a request goes on with an act: the page asks again at once.
STEP_SECONDS = 2.0


@desk_view(DECIDE)
def matching(request: HttpRequest, person: Person, name: str) -> HttpResponse:
    """Shows what an action would be done to; begins it once that is confirmed."""
    asked = QUEUES.get(name)
    if asked is None or asked.is_unscored:
        raise Http404
    filters = filters_of(request.GET, person, name)
    if not filters.valid:
        return go(address("queue", name, query=request.GET.urlencode()))
    wanted = action_input_read(request.POST.dict() if request.method == "POST" else request.GET.dict())
    if request.method != "POST":
        return _show(request, person, asked, filters, wanted)
    terms, note = _terms(person, asked, filters, wanted), request.POST.get("note", "")
    try:
        act = bulk_act_begin(terms=terms, signature=request.POST.get("preview", ""), note=note)
    except ServiceError as error:
        return _show(request, person, asked, filters, wanted, refused=error)
    return begun(request, act, back=address("queue", name, query=filters.query()))


@desk_view(DECIDE)
def bulk_act(request: HttpRequest, person: Person, batch: UUID) -> HttpResponse:
    """Shows how far an act of the person is; a posted form goes on with it for a moment."""
    act = BulkAct.objects.filter(batch=batch, actor=person.user).first()
    if act is None:
        raise Http404
    if request.method == "POST" and not act.ended_at:
        act = bulk_act_run(act=act, stop=until_in(STEP_SECONDS))
    return desk_page(
        request,
        person,
        "bulk_act",
        title=_("Action on many comments"),
        act=act,
        act_label=_("Undo") if act.undoes else label(ACTIONS, act.action),
        refusals=[{"words": _why(why), "count": count} for why, count in act.refused.items()],
    )


def begun(request: HttpRequest, act: BulkAct, *, back: str) -> HttpResponse:
    """Does the first of an act, remembers it for an undo, which comes back to `back`, and leads to its page."""
    act = bulk_act_run(act=act, stop=until_in(STEP_SECONDS))
    if not act.undoes:
        words = ngettext("%(count)d comment: %(done)s.", "%(count)d comments: %(done)s.", act.total)
        act_remember(request, words % {"count": act.total, "done": label(DONE, act.action)}, back=back, batch=act.batch)
    return go(address("bulk-act", act.batch))


def _terms(person: Person, asked: Queue, filters: DeskFilters, wanted: ActionInput) -> PreviewTerms:
    scope = f"matching:{asked.name}:{filters.query()}"
    return PreviewTerms(actor=person.user, scope=scope, action=wanted.action, reason=wanted.reason, until=wanted.until)


def _previewed(person: Person, asked: Queue, filters: DeskFilters, wanted: ActionInput) -> MatchPreview:
    terms = _terms(person, asked, filters, wanted)
    return matching_preview(reviews=matching_rows(person, asked, filters), terms=terms, sample=SHOWN)


def _show(
    request: HttpRequest,
    person: Person,
    asked: Queue,
    filters: DeskFilters,
    wanted: ActionInput,
    *,
    refused: ServiceError | None = None,
) -> HttpResponse:
    preview, reasons = None, reason_choices()
    try:
        preview = _previewed(person, asked, filters, wanted)
    except ServiceError as error:
        refused = refused or error
    cards = cards_read(preview.sample, person) if preview else []
    rule = ACTION_RULES.get(wanted.action)
    return desk_page(
        request,
        person,
        "matching",
        title=_("With all that match"),
        status=refused_status(refused),
        queue=asked,
        preview=preview,
        cards=cards,
        more=max(0, preview.count - len(cards)) if preview else 0,
        chips=filters.chips(cards[0].comment if cards else None),
        fields=_fields(filters),
        wanted=wanted,
        actions=ACTIONS.items(),
        reasons=reasons,
        reason=next((one for one in reasons if one.code == wanted.reason), None),
        defers=DEFER.items(),
        act_label=label(ACTIONS, wanted.action) if rule else "",
        becomes=label(STATES, rule.leads_to) if rule else "",
        lacks_reason=bool(rule and rule.takes_reason and not wanted.reason and settings.MODERATION_REASON_REQUIRED),
        lacks_until=bool(rule and rule.takes_until and not wanted.until),
        refused=refused,
        back=address("queue", asked.name, query=filters.query()),
    )


def _fields(filters: DeskFilters) -> list[tuple[str, Any]]:
    data = filters.form.data
    return [(name, data[name]) for name in filters.form.fields if data.get(name)]


def _why(code: str) -> str:
    return _("you may no longer decide") if code == NOT_ALLOWED else str(ActionRefusal(code).label)
