"""A comment becomes a test of a draft, by one button on its page."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Comment
from moderation.desk.access import Person, desk_view
from moderation.desk.dossier import comment_for
from moderation.desk.responses import address, go
from moderation.desk.views.policies.access import WRITE, may_write
from moderation.services.errors import ServiceError
from moderation.services.policies.additions import policy_add_test


@desk_view(WRITE)
def add_test(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Adds the comment as a test with the action that was chosen, and goes back to its page."""
    if not may_write(person):
        raise PermissionDenied
    found = comment_for(person, comment_id)
    if found is None:
        raise Http404
    if request.method == "POST":
        _added(request, person, found)
    return go(address("comment", comment_id, query=request.GET.urlencode()))


def _added(request: HttpRequest, person: Person, found: Comment) -> None:
    try:
        saved = policy_add_test(comment=found, expect=request.POST.get("expect", ""), actor=person.user)
    except ServiceError as error:
        messages.error(request, error.detail)
        return
    said = _("The comment is a test of version %(number)d of the policy, a draft.")
    messages.success(request, said % {"number": saved.version.version})
