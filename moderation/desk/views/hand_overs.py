"""Having a comment open, and handing it over to a colleague until they decide on it or give it back."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Comment
from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.responses import address, desk_page, go, part, refused_status
from moderation.desk.views.queue import comment_asked, next_of
from moderation.services.errors import ServiceError
from moderation.services.review.holds import review_hold
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import hand_over_begin, hand_over_end, people_to_hand_to

MAX_MODERATORS = 200


@desk_view(DECIDE)
def hold(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Takes the comment, or keeps it: pages that stay open ask again and again. Says who holds it."""
    found = comment_asked(person, comment_id)
    if request.method != "POST":
        return go(address("comment", comment_id, query=request.GET.urlencode()))
    try:
        review = review_hold(
            comment_id=comment_id, actor=person.user, expected=VersionToken.parse(request.POST.get("seen", ""))
        )
    except ServiceError as error:
        return part(request, person, "holder", refused=error, comment=found)
    return part(request, person, "holder", review=review, comment=found, query=request.GET.urlencode())


@desk_view(DECIDE)
def hand_over(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Asks to whom the comment goes, and gives it to them."""
    found, refused = comment_asked(person, comment_id), None
    people, note = people_to_hand_to(comment=found, actor=person.user), request.POST.get("note", "")
    if request.method == "POST":
        to = people.filter(username=request.POST.get("to", "")).first()
        refused = _handed_over(person, found, to, note)
        if refused is None and to:
            said = _("Comment #%(number)s was handed to %(name)s.")
            messages.success(request, said % {"number": found.pk, "name": to.get_username()})
            return go(next_of(request, person, found))
    return desk_page(
        request,
        person,
        "hand_over",
        title=_("Hand over comment #%(number)s") % {"number": found.pk},
        status=refused_status(refused),
        comment=found,
        people=people[:MAX_MODERATORS],
        note=note,
        refused=refused,
        back=address("comment", found.pk, query=request.GET.urlencode()),
    )


@desk_view(DECIDE)
def end_hand_over(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Gives a handed comment back, takes it back, or ends what stands between two others."""
    comment_asked(person, comment_id)
    here = address("comment", comment_id, query=request.GET.urlencode())
    if request.method != "POST":
        return go(here)
    try:
        row = hand_over_end(comment_id=comment_id, actor=person.user)
    except ServiceError as error:
        messages.error(request, error.detail)
    else:
        said = _("The hand-over of comment #%(number)s to %(name)s is over: %(how)s.")
        words = {"number": comment_id, "name": row.taker.get_username(), "how": row.get_ending_display()}
        messages.success(request, said % words)
    return go(here)


def _handed_over(person: Person, found: Comment, to: User | None, note: str) -> ServiceError | None:
    if to is None:
        return ServiceError("validation_error", _("Choose who takes the comment."))
    try:
        hand_over_begin(comment_id=found.pk, actor=person.user, to=to, note=note)
    except ServiceError as error:
        return error
    return None
