"""Notes between moderators, on a comment and on a commenter: written and taken away."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Comment, Commenter
from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.responses import address, go
from moderation.desk.views.queue import comment_asked
from moderation.services.errors import ServiceError
from moderation.services.team.notes import note_read, note_remove, note_write


@desk_view(DECIDE)
def comment_note(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Writes a note on a comment."""
    about = comment_asked(person, comment_id)
    return _written(request, person, about, address("comment", comment_id, query=request.GET.urlencode()))


@desk_view(DECIDE)
def commenter_note(request: HttpRequest, person: Person, commenter_id: int) -> HttpResponse:
    """Writes a note on a commenter."""
    about = person.within(Commenter.objects.filter(pk=commenter_id)).first()
    if about is None:
        raise Http404
    return _written(request, person, about, address("commenter", commenter_id, query=request.GET.urlencode()))


@desk_view(DECIDE)
def remove_note(request: HttpRequest, person: Person, note_id: int) -> HttpResponse:
    """Takes a note away."""
    try:
        note = note_read(note_id=note_id, actor=person.user)
    except ServiceError as error:
        raise Http404 from error
    if request.method == "POST":
        try:
            note_remove(note=note, actor=person.user)
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("The note is gone."))
    about = ("comment", note.comment_id) if note.comment_id else ("commenter", note.commenter_id)
    return go(address(*about, query=request.GET.urlencode()))


def _written(request: HttpRequest, person: Person, about: Comment | Commenter, back: str) -> HttpResponse:
    if request.method == "POST":
        try:
            note_write(about=about, author=person.user, text=request.POST.get("text", ""))
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("The note is written. Colleagues see it here."))
    return go(back)
