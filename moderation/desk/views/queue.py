"""The queues: lists of comments that wait for a person, or that one has decided on."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.database.keyset import Order, reach
from archive.models import Comment
from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.cards import Card, cards_read, unscored_read
from moderation.desk.dossier import comment_for
from moderation.desk.finding.filters import DeskFilters, filters_of
from moderation.desk.finding.paging import LOOKED_THROUGH, Page, page_read, place_read
from moderation.desk.finding.queues import (
    CAP,
    DEFAULT,
    EVERYTHING,
    QUEUES,
    UNSCORED_ORDER,
    Queue,
    order_of,
    unscored_comments,
)
from moderation.desk.finding.saved_views import queues_counted
from moderation.desk.forms import action_input_read, reason_choices
from moderation.desk.responses import act_remember, address, desk_page, go
from moderation.desk.views.live import ticket_of
from moderation.desk.wording.labels import ACTIONS, DONE, label
from moderation.models import Review, ReviewQuerySet
from moderation.services.accounts.desk_settings import away_from
from moderation.services.errors import ServiceError
from moderation.services.review.decisions import decision_record
from moderation.services.review.holds import review_next
from moderation.services.states.current import review_of
from moderation.services.states.version import VersionToken

NOTHING = Page((), None, None)


@desk_view()
def start(request: HttpRequest, person: Person) -> HttpResponse:
    """Opens the desk at what waits."""
    return go(address("queue", DEFAULT.name))


@desk_view()
def queue(request: HttpRequest, person: Person, name: str) -> HttpResponse:
    """Shows a page of a queue, narrowed by the filters in the address."""
    asked = QUEUES.get(name)
    if asked is None:
        raise Http404
    filters = filters_of(request.GET, person, name)
    return _show(request, person, asked, filters)


@desk_view(DECIDE)
def quick(request: HttpRequest, person: Person, name: str) -> HttpResponse:
    """Does the action of one card's button, and comes back to the same page of the queue."""
    act, _mark, version = request.POST.get("one", "").rpartition("@")
    token = VersionToken.parse(version)
    if name not in QUEUES:
        raise Http404
    back = address("queue", name, query=request.GET.urlencode())
    if request.method != "POST":
        return go(back)
    if token is None:
        raise Http404
    wanted = action_input_read({**request.POST.dict(), "act": act})
    try:
        row = decision_record(comment_id=token.comment_id, actor=person.user, expected=token, **wanted.parts)
    except ServiceError as error:
        # The comment's own page shows how it stands now, and asks again.
        messages.error(request, error.detail)
        query = request.GET.copy()
        query["queue"] = name
        return go(address("comment", token.comment_id, query=query.urlencode()))
    act_remember(request, done_words(wanted.action, token.comment_id), back=back, decision=row.pk)
    return go(back)


@desk_view(DECIDE)
def take_next(request: HttpRequest, person: Person, name: str) -> HttpResponse:
    """Takes the first comment of the queue that nobody holds and opens it."""
    asked = QUEUES.get(name)
    if asked is None or asked.is_unscored:
        raise Http404
    if request.method != "POST":
        return go(address("queue", name, query=request.GET.urlencode()))
    filters = filters_of(request.GET, person, name)
    return go(next_address(person, asked, filters, past=None))


def done_words(action: str, comment_id: int) -> str:
    """Returns what the desk says after an action on one comment."""
    return _("Comment #%(number)s: %(done)s.") % {"number": comment_id, "done": label(DONE, action)}


def next_address(person: Person, asked: Queue, filters: DeskFilters, *, past: Review | None) -> str:
    """Returns the address of the next comment of the queue, held for the person now; the queue's if there is none.

    `past` is the review that was just left: what comes after it in the order is tried first, then the beginning.
    """
    if _has_next(asked, filters):
        rows, order = _waiting(person, asked, filters)
        position = order.position(past) if past else None
        others = rows.exclude(pk=past.pk) if past else rows
        for begin in dict.fromkeys((position, None)):
            ahead = cast("ReviewQuerySet", reach(others, order, begin, forward=True))
            found = review_next(actor=person.user, reviews=ahead)
            if found:
                return address("comment", found.pk, query=filters.query_here(queue=asked.name))
    return address("queue", asked.name, query=filters.query())


def _has_next(asked: Queue, filters: DeskFilters) -> bool:
    """Says whether one comment leads to the next: of all comments only those that were searched for are a list."""
    if asked.is_unscored or not filters.valid:
        return False
    return asked.name != EVERYTHING or "q" in filters.chosen


def comment_asked(person: Person, comment_id: int) -> Comment:
    """Returns the comment that an address names; raises Http404 for one that the person may not see."""
    found = comment_for(person, comment_id)
    if found is None:
        raise Http404
    return found


def queue_asked(request: HttpRequest) -> Queue:
    """Returns the queue that a comment was opened from."""
    return QUEUES.get(request.GET.get("queue", ""), DEFAULT)


def back_to(request: HttpRequest, person: Person) -> str:
    """Returns the page of the queue that the person came from."""
    asked = queue_asked(request)
    return address("queue", asked.name, query=filters_of(request.GET, person, asked.name).query_here())


def next_of(request: HttpRequest, person: Person, found: Comment) -> str:
    """Returns the address of the comment after `found` in the queue that it was opened from, as `next_address` does."""
    asked = queue_asked(request)
    return next_address(person, asked, filters_of(request.GET, person, asked.name), past=review_of(found))


def _waiting(person: Person, asked: Queue, filters: DeskFilters) -> tuple[ReviewQuerySet, Order]:
    rows = filters.found_fast(asked.reviews(person))
    narrowed = filters.looked_through(rows)
    ahead = away_from(rows if narrowed is None else narrowed, person.settings)
    return ahead, _order(asked, filters)


def matching(person: Person, asked: Queue, filters: DeskFilters) -> ReviewQuerySet:
    """Returns all reviews of a queue that its filters leave, in no order."""
    rows = filters.found_fast(asked.reviews(person).current())
    narrowed = filters.looked_through(rows)
    return rows if narrowed is None else narrowed


def _order(asked: Queue, filters: DeskFilters) -> Order:
    return order_of(asked, filters.order(asked.order), searched="q" in filters.chosen)


def _show(request: HttpRequest, person: Person, asked: Queue, filters: DeskFilters) -> HttpResponse:
    valid = filters.valid
    page, cards = _page(request, person, asked, filters) if valid else (NOTHING, [])
    counts, views = queues_counted(person)
    return desk_page(
        request,
        person,
        "queue",
        title=str(asked.label),
        status=200 if valid else 400,
        queue=asked,
        filters=filters,
        chips=filters.chips(cards[0].comment if cards else None) if valid else [],
        page=page,
        cards=cards,
        tabs=_tabs(counts),
        views=views,
        words=filters.chosen.get("q", "") if valid else "",
        everything=EVERYTHING,
        order=filters.order(asked.order) if valid else asked.order,
        ordered=not asked.is_unscored,
        has_next=_has_next(asked, filters),
        may_act=person.may_decide and not asked.is_unscored,
        reasons=reason_choices() if person.may_decide else [],
        actions=ACTIONS.items(),
        query=filters.query(),
        query_here=filters.query_here(),
        back_query=request.GET.urlencode(),
        looked_through=LOOKED_THROUGH,
        ticket=ticket_of(person, asked) if valid else "",
        done=DONE.items(),
    )


def _page(request: HttpRequest, person: Person, asked: Queue, filters: DeskFilters) -> tuple[Page, list[Card]]:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    size = person.settings.page_size
    if asked.is_unscored:
        comments = filters.comments(unscored_comments(person))
        place = place_read(UNSCORED_ORDER, after, before)
        page = page_read(comments, None, UNSCORED_ORDER, place, size=size)
        return page, unscored_read(page.ids, person)
    order = _order(asked, filters)
    rows = filters.found_fast(asked.reviews(person).current())
    page = page_read(rows, filters.looked_through(rows), order, place_read(order, after, before), size=size)
    return page, cards_read(page.ids, person)


def _tabs(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"queue": queue, "count": min(count, CAP), "more": count > CAP}
        for name, queue in QUEUES.items()
        for count in (counts[name],)
    ]
