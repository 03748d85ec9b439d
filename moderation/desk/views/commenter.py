"""A commenter: their record, which is logged when it is looked up, and muting."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.forms import MuteForm, add_service_error
from moderation.desk.responses import address, desk_page, go, part
from moderation.services.errors import ServiceError
from moderation.services.review.mutes import CommenterRecord, commenter_mute, commenter_record, commenter_unmute

MUTE = "moderation.mute"


@desk_view()
def commenter(request: HttpRequest, person: Person, commenter_id: int) -> HttpResponse:
    """Shows a commenter's record; mutes them, or ends that, where it was posted."""
    form = MuteForm(request.POST if "mute" in request.POST else None)
    may_mute = person.user.has_perm(MUTE)
    if request.method == "POST" and may_mute and _done(request, person, commenter_id, form):
        return go(address("commenter", commenter_id))
    found = _record(person, commenter_id)
    about = request.GET.get("comment", "")
    return desk_page(
        request,
        person,
        "commenter",
        title=_("Commenter #%(number)s") % {"number": commenter_id},
        status=400 if form.errors else 200,
        commenter=found.commenter,
        record=found,
        form=form,
        may_mute=may_mute,
        about=about if about.isascii() and about.isdigit() else "",
    )


@desk_view()
def record(request: HttpRequest, person: Person, commenter_id: int) -> HttpResponse:
    """Returns the record alone, for the page of a comment."""
    return part(request, person, "record", record=_record(person, commenter_id))


def _record(person: Person, commenter_id: int) -> CommenterRecord:
    """Returns the record, whose look-up is noted."""
    try:
        return commenter_record(commenter_id=commenter_id, actor=person.user)
    except ServiceError as error:
        raise Http404 from error


def _done(request: HttpRequest, person: Person, commenter_id: int, form: MuteForm) -> bool:
    """Does what was posted; returns False where it was refused, which the form then says."""
    try:
        if "unmute" in request.POST:
            commenter_unmute(commenter_id=commenter_id, actor=person.user)
            messages.success(request, _("The mute is ended."))
            return True
        if not form.is_valid():
            return False
        about = request.POST.get("comment", "")
        commenter_mute(
            commenter_id=commenter_id,
            actor=person.user,
            reason=form.cleaned_data["reason"],
            until=form.until_moment,
            comment_id=int(about[:18]) if about.isascii() and about.isdigit() else None,
        )
    except ServiceError as error:
        add_service_error(form, error)
        return False
    messages.success(request, _("Muted: the next comments of this person are held."))
    return True
