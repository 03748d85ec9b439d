"""Pages of a queue: in constant time at any depth, and within bounds if each comment must be looked at."""

from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet

from archive.database.keyset import Order, Position, reach, until

# Comments that one page looks through at most if a filter has no index.
LOOKED_THROUGH = 5_000
_MARK = "~"
_SIGNER = Signer(salt="moderato.desk.place")


@dataclass(frozen=True, slots=True)
class Page:
    """The ids of a page in the order of the queue, and where the pages around it begin (None: there is none).

    `bounded` says that the search stopped at its bound and not at the end of the queue.
    """

    ids: tuple[int, ...]
    after: str | None
    before: str | None
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: past `position`, in the order of the queue or, for the page before, against it."""

    position: Position | None = None
    forward: bool = True


def position_text(order: Order, position: Position) -> str:
    """Returns a position as an address carries it: signed, so that only values of this order come back."""
    value = position.value
    plain = value.isoformat() if hasattr(value, "isoformat") else repr(value)
    return _SIGNER.sign(_MARK.join((order.key.path, plain, str(position.tie))))


def place_read(order: Order, after: str, before: str) -> Place:
    """Returns the place that an address names; the first page for none, and for what is no place of this order."""
    try:
        path, value, tie = _SIGNER.unsign(after or before).split(_MARK)
    except (BadSignature, ValueError):
        return Place()
    return Place(Position(order.key.load(value), int(tie)), forward=bool(after)) if path == order.key.path else Place()


def page_read(rows: QuerySet[Any], narrowed: QuerySet[Any] | None, order: Order, place: Place, *, size: int) -> Page:
    """Returns a page of `rows`; if `narrowed` is given, of those among the next `LOOKED_THROUGH` that it keeps.

    `narrowed` is `rows` with conditions that no index answers. At most three queries.
    """
    end = _end(rows, order, place) if narrowed is not None else None
    chosen = rows if narrowed is None else narrowed
    found = reach(chosen, order, place.position, forward=place.forward)
    if end is not None:
        found = until(found, order, end, forward=place.forward)
    read = list(found.only(order.key.tie, order.key.path)[: size + 1])
    return _page(order, [order.position(row) for row in read], place, size=size, end=end)


def _end(rows: QuerySet[Any], order: Order, place: Place) -> Position | None:
    """Returns the last position that is looked at; None if the queue ends before the bound."""
    ahead = reach(rows, order, place.position, forward=place.forward).only(order.key.tie, order.key.path)
    last = list(ahead[LOOKED_THROUGH - 1 : LOOKED_THROUGH])
    return order.position(last[0]) if last else None


def _page(order: Order, positions: list[Position], place: Place, *, size: int, end: Position | None) -> Page:
    more = len(positions) > size
    positions = positions[:size]
    bounded = end is not None and not more
    onward = positions[-1] if more else end
    back = positions[0] if positions else place.position
    here = positions if place.forward else positions[::-1]
    onwards = position_text(order, onward) if onward else None
    backwards = position_text(order, back) if place.position and back else None
    after, before = (onwards, backwards) if place.forward else (backwards, onwards)
    return Page(tuple(position.tie for position in here), after, before, bounded)
