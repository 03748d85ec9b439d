"""Saved views as the desk lists them: each with its address and how many comments it holds, up to a bound."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from archive.database.counting import capped_counts
from archive.models import Source
from moderation.desk.access import Person
from moderation.desk.finding.filters import NAMED, DeskFilters, FilterForm
from moderation.desk.finding.lookups import LookupResult
from moderation.desk.finding.queues import CAP, ORDERS, QUEUES, counted_rows, unscored_comments
from moderation.desk.responses import address
from moderation.models import Review, SavedView

# Views that are listed with their counts, and comments that each looks through if its filters have no index.
MAX_SHOWN, LOOKED_THROUGH = 12, 1_000


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view: where it leads, what it holds, and whether the person may take it away."""

    view: SavedView
    to: str
    count: int
    more: bool
    own: bool


def chosen_stored(filters: DeskFilters) -> dict[str, Any]:
    """Returns the filters that are on as JSON, with ids for what their words mean now."""
    stored = {name: value for name, value in filters.chosen.items() if name != "order"}
    for name in NAMED:
        if name in stored:
            stored[name] = {"words": stored[name].words, "ids": list(stored[name].ids), "number": stored[name].number}
    return {**stored, **({"source": stored["source"].pk} if "source" in stored else {})}


def queues_counted(person: Person) -> tuple[dict[str, int], list[ViewLink]]:
    """Returns queue → how many comments it has, and the saved views with theirs. Two queries, all bounded."""
    views = list(SavedView.objects.shown_to(person.user).select_related("owner")[:MAX_SHOWN])
    rows = {f"view {view.pk}": _rows(view, person) for view in views if view.queue in QUEUES}
    counts = capped_counts({**counted_rows(person), **rows}, cap=CAP)
    return counts, [_link(view, counts.get(f"view {view.pk}", 0), person) for view in views]


def _link(view: SavedView, count: int, person: Person) -> ViewLink:
    to = address("queue", view.queue, query=view.query)
    return ViewLink(view, to, min(count, CAP), count > CAP, own=view.owner_id == person.user.pk)


def _rows(view: SavedView, person: Person) -> QuerySet[Any]:
    queue, stored = QUEUES[view.queue], dict(view.chosen)
    for name in NAMED:
        if name in stored:
            stored[name] = LookupResult(stored[name]["words"], tuple(stored[name]["ids"]), stored[name]["number"])
    if "source" in stored:
        stored["source"] = Source(pk=stored["source"])
    filters = DeskFilters(FilterForm({}, person=person), person, view.queue, stored=stored)
    if queue.is_unscored:
        return filters.comments(unscored_comments(person))
    rows = filters.found_fast(queue.reviews(person))
    if filters.looked_through(rows) is None:
        return rows
    order = ORDERS[queue.order]
    first = rows.order_by(f"{'-' if order.descending else ''}{order.key.path}").values("pk")[:LOOKED_THROUGH]
    narrowed = filters.looked_through(Review.objects.filter(pk__in=first))
    return rows if narrowed is None else narrowed
