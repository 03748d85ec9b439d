"""A pause after severe comments in a row: the next severe one waits until its person goes on."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Comment
from moderation.desk.access import Person, desk_view
from moderation.desk.cards import severity
from moderation.desk.responses import address, desk_page, go
from moderation.desk.views.queue import comment_asked
from moderation.services.accounts.desk_settings import calm_seen, severe_in_a_row
from moderation.services.states.current import current_review


def pause_due(person: Person, found: Comment) -> bool:
    """Says whether the person asked for a pause before one more severe comment."""
    after = person.settings.pause_after
    if not after or severe_in_a_row(person.stored) < after:
        return False
    return severity(current_review(found)) >= person.settings.severe_from


def pause_page(request: HttpRequest, person: Person, found: Comment) -> HttpResponse:
    """Returns the page of the pause in place of the comment's."""
    return desk_page(
        request,
        person,
        "wellbeing/pause",
        title=_("A pause"),
        comment=found,
        in_a_row=severe_in_a_row(person.stored),
        query=request.GET.urlencode(),
    )


@desk_view()
def pause_end(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Ends the pause and goes on to the comment."""
    found = comment_asked(person, comment_id)
    if request.method == "POST":
        calm_seen(user=person.user, stored=person.stored)
    return go(address("comment", found.pk, query=request.GET.urlencode()))
