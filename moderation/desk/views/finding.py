"""Finding again: people and articles by the words of a search, and views that are saved under a name."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Article, Commenter
from moderation.desk.access import Person, desk_view
from moderation.desk.finding.filters import filters_of
from moderation.desk.finding.lookups import Finder, articles_named, commenters_named
from moderation.desk.finding.queues import DEFAULT, QUEUES
from moderation.desk.finding.saved_views import chosen_stored
from moderation.desk.responses import address, go, part
from moderation.services.errors import ServiceError
from moderation.services.team.saved_views import view_read, view_remove, view_save

MAX_NAMES = 8


@desk_view()
def names(request: HttpRequest, person: Person) -> HttpResponse:
    """Returns the people and articles that the words of a search name, for the page of its comments."""
    words = request.GET.get("q", "").strip()[:200]
    people = Commenter.objects.in_bulk(_named(commenters_named, person, words))
    articles = Article.objects.only("title", "external_id").in_bulk(_named(articles_named, person, words))
    return part(request, person, "frame/names", people=people.values(), articles=articles.values(), words=words)


def _named(find: Finder, person: Person, words: str) -> tuple[int, ...]:
    try:
        return find(person, words)[:MAX_NAMES] if words else ()
    except ValidationError:
        # Nothing is named so: a search need not be a name.
        return ()


@desk_view()
def save_view(request: HttpRequest, person: Person) -> HttpResponse:
    """Saves the queue and the filters of the address under a name."""
    name = request.GET.get("queue", "")
    if request.method != "POST":
        return go(address("queue", DEFAULT.name))
    filters = filters_of(request.GET, person, name)
    if name not in QUEUES or not filters.valid:
        raise Http404
    try:
        view = view_save(
            owner=person.user,
            name=request.POST.get("name", ""),
            queue=name,
            query=filters.query(),
            chosen=chosen_stored(filters),
            shared="shared" in request.POST,
        )
    except ServiceError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return go(address("queue", name, query=filters.query()))


@desk_view()
def remove_view(request: HttpRequest, person: Person, view_id: int) -> HttpResponse:
    """Takes a saved view away."""
    try:
        view = view_read(view_id=view_id, actor=person.user)
    except ServiceError as error:
        raise Http404 from error
    if request.method == "POST":
        try:
            view_remove(view=view, actor=person.user)
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("The view “%(name)s” is gone.") % {"name": view.name})
    return go(address("queue", DEFAULT.name))
