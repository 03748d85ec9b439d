"""Keyset windows over a queryset: rows before or after a position, correct for equal and for null keys.

Pure query building; the lists of the API and of the review desk add their URLs. Rows without a value come last in
either direction. They are fetched separately: no index serves an order that moves nulls, but one serves two ranges.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.db.models import Model, Q, QuerySet


def identity(value: Any) -> Any:
    """Returns the value."""
    return value


@dataclass(frozen=True, slots=True)
class Key:
    """What a list is ordered by: a column's `path`, and the unique `tie` that breaks ties.

    `load` turns a value that went through JSON back into the column's type.
    """

    path: str
    tie: str = "id"
    nullable: bool = False
    load: Callable[[Any], Any] = identity


@dataclass(frozen=True, slots=True)
class Position:
    """A row's position in an order: its value (None if it has none) and its tie."""

    value: Any
    tie: int


@dataclass(frozen=True, slots=True)
class Order:
    """A key and its direction."""

    key: Key
    descending: bool

    def position(self, row: Model) -> Position:
        """Returns the position of `row`."""
        return Position(_follow(row, self.key.path), _follow(row, self.key.tie))


def _follow(row: Any, path: str) -> Any:
    return reduce(lambda value, name: None if value is None else getattr(value, name), path.split("__"), row)


def _beyond(order: Order, position: Position, *, forward: bool) -> Q:
    """Rows past `position`. The redundant first bound lets an index seek; without it, equal values are scanned."""
    side = "lt" if order.descending == forward else "gt"
    path, tie = order.key.path, order.key.tie
    later = Q(**{f"{tie}__{side}": position.tie})
    if path == tie:
        return later
    same = Q(**{path: position.value}) & later
    return Q(**{f"{path}__{side}e": position.value}) & (Q(**{f"{path}__{side}": position.value}) | same)


def _sorted(rows: QuerySet[Any], order: Order, *paths: str, forward: bool) -> QuerySet[Any]:
    sign = "-" if order.descending == forward else ""
    return rows.order_by(*(f"{sign}{path}" for path in dict.fromkeys(paths)))


def _with_value(rows: QuerySet[Any], order: Order, position: Position | None, *, forward: bool) -> QuerySet[Any]:
    if order.key.nullable:
        rows = rows.filter(**{f"{order.key.path}__isnull": False})
    if position is not None:
        rows = rows.filter(_beyond(order, position, forward=forward))
    return _sorted(rows, order, order.key.path, order.key.tie, forward=forward)


def _without_value(rows: QuerySet[Any], order: Order, position: Position | None, *, forward: bool) -> QuerySet[Any]:
    rows = rows.filter(**{f"{order.key.path}__isnull": True})
    if position is not None:
        side = "lt" if order.descending == forward else "gt"
        rows = rows.filter(**{f"{order.key.tie}__{side}": position.tie})
    return _sorted(rows, order, order.key.tie, forward=forward)


def _ranges(rows: QuerySet[Any], order: Order, position: Position | None, *, forward: bool) -> Iterator[QuerySet[Any]]:
    """Yields the ranges still to be read, in reading order: rows with a value before those without one."""
    among_nulls = position is not None and position.value is None
    if forward:
        if not among_nulls:
            yield _with_value(rows, order, position, forward=True)
        if order.key.nullable:
            yield _without_value(rows, order, position if among_nulls else None, forward=True)
        return
    if order.key.nullable and (position is None or among_nulls):
        yield _without_value(rows, order, position, forward=False)
    yield _with_value(rows, order, None if among_nulls else position, forward=False)


def reach(rows: QuerySet[Any], order: Order, position: Position | None, *, forward: bool) -> QuerySet[Any]:
    """Returns the rows past `position`, sorted in reading order, for an order by a column that is never null."""
    return _with_value(rows, order, position, forward=forward)


def until(rows: QuerySet[Any], order: Order, position: Position, *, forward: bool) -> QuerySet[Any]:
    """Returns the rows up to and including `position` in reading order, for a column that is never null."""
    side = "gt" if order.descending == forward else "lt"
    path, tie = order.key.path, order.key.tie
    same = Q(**{path: position.value, f"{tie}__{side}e": position.tie})
    # The redundant first bound lets an index stop there.
    return rows.filter(Q(**{f"{path}__{side}e": position.value}) & (Q(**{f"{path}__{side}": position.value}) | same))


def window(rows: QuerySet[Any], order: Order, position: Position | None, *, forward: bool, count: int) -> list[Any]:
    """Returns up to `count` rows past `position` in reading order: forward along the order, or backward against it.

    At most two queries, whatever `count` is.
    """
    found: list[Any] = []
    for part in _ranges(rows, order, position, forward=forward):
        found.extend(part[: count - len(found)])
        if len(found) >= count:
            break
    return found
