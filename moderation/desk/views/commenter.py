"""A commenter: their record, which is logged when it is looked up, and muting."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from archive.models import Comment, Commenter
from moderation.desk.access import Person, desk_view
from moderation.desk.cards import unscored_read
from moderation.desk.dossier import MAX_SAID, Said
from moderation.desk.finding.paging import Place, page_read
from moderation.desk.finding.queues import EVERYTHING, QUEUES, UNSCORED_ORDER
from moderation.desk.forms import MuteForm, add_service_error
from moderation.desk.responses import address, desk_page, go, part, refused_status
from moderation.desk.wording.labels import STATES, label
from moderation.services.errors import ServiceError, invalid
from moderation.services.review.mutes import CommenterRecord, commenter_mute, commenter_record, commenter_unmute
from moderation.services.states.status import UNSCORED

MUTE = "moderation.mute"
NEWEST = 10
NUMBER = re.compile(r"[0-9]{1,18}")


@desk_view()
def commenter(request: HttpRequest, person: Person, commenter_id: int) -> HttpResponse:
    """Shows a commenter's record; mutes them, or ends that, if it was posted."""
    form = MuteForm(request.POST if "mute" in request.POST else None)
    may_mute, refused = person.user.has_perm(MUTE), None
    if request.method == "POST":
        if not may_mute:
            raise PermissionDenied
        refused = _done(request, person, commenter_id, form)
        if refused is None and not form.errors:
            return go(address("commenter", commenter_id, query=_way_back(request).urlencode()))
    found, way_back = _record(person, commenter_id), _way_back(request)
    newest = page_read(Comment.objects.filter(commenter=found.commenter), None, UNSCORED_ORDER, Place(), size=NEWEST)
    about = way_back.pop("comment", [""])[-1]
    return desk_page(
        request,
        person,
        "commenter",
        title=_("Commenter #%(number)s") % {"number": commenter_id},
        status=refused_status(refused) if refused or not form.errors else 400,
        commenter=found.commenter,
        record=found,
        cards=unscored_read(newest.ids, person, told=False),
        states=_states(found),
        everything=QUEUES[EVERYTHING],
        notes=_notes(found.commenter),
        form=form,
        may_mute=may_mute,
        about=about if NUMBER.fullmatch(about) else "",
        back_query=way_back.urlencode(),
    )


def _way_back(request: HttpRequest) -> QueryDict:
    """Returns the comment that the person came from, and the page of the queue before it."""
    query = request.GET.copy()
    if "comment" not in query and request.POST.get("comment"):
        query["comment"] = request.POST["comment"]
    return query


@desk_view()
def record(request: HttpRequest, person: Person, commenter_id: int) -> HttpResponse:
    """Returns the record alone, for the page of a comment."""
    return part(request, person, "comment_parts/record", record=_record(person, commenter_id))


def _record(person: Person, commenter_id: int) -> CommenterRecord:
    """Returns the record, whose look-up is noted."""
    try:
        return commenter_record(commenter_id=commenter_id, actor=person.user, sources=person.sources)
    except ServiceError as error:
        raise Http404 from error


def _states(found: CommenterRecord) -> list[tuple[str, str, int]]:
    """Returns where the comments of a state are listed, the state in words, and how many of them there are."""
    lists = []
    for state, count in found.states.items():
        queue = UNSCORED if state == UNSCORED else EVERYTHING
        asked = {"commenter": str(found.commenter.pk), "state": "" if state == UNSCORED else state}
        query = urlencode({name: value for name, value in asked.items() if value})
        lists.append((address("queue", queue, query=query), label(STATES, state), count))
    return lists


def _notes(about: Commenter) -> list[Said]:
    rows = about.team_notes.values_list("at", "author__username", "text", "pk")
    return [Said(*row) for row in rows[:MAX_SAID]]


def _done(request: HttpRequest, person: Person, commenter_id: int, form: MuteForm) -> ServiceError | None:
    """Does what was posted; returns what a service refused. What the form refuses is in `form.errors`."""
    try:
        if "unmute" in request.POST:
            commenter_unmute(commenter_id=commenter_id, actor=person.user)
            messages.success(request, _("The mute is ended."))
        elif form.is_valid():
            _mute(person, commenter_id, form, about=request.POST.get("comment", ""))
            messages.success(request, _("Muted: the next comments of this person are held."))
        elif not form.is_bound:
            raise invalid("", _("The form is incomplete."))
    except ServiceError as error:
        if form.is_bound:
            add_service_error(form, error)
        else:
            messages.error(request, error.detail)
        return error
    return None


def _mute(person: Person, commenter_id: int, form: MuteForm, *, about: str) -> None:
    if about and not NUMBER.fullmatch(about):
        raise invalid("/comment", _("The form is incomplete."))
    commenter_mute(
        commenter_id=commenter_id,
        actor=person.user,
        reason=form.cleaned_data["reason"],
        until=form.until_moment,
        comment_id=int(about) if about else None,
    )
