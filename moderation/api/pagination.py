"""Lists in pages: `{"results", "next", "previous"}` with opaque cursors, no offsets and no counts.

A page is bounded by its rows and by their texts: texts come in one query only where they fit.

DRF's CursorPagination loops for ever where more rows than a page share one timestamp, and imports have such rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.db.models.functions import Length
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from archive.database.keyset import Key, Order, Position, window
from moderation.services.errors import ServiceError, invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
# Of the texts of a page together; the first is in it whatever its length. A default page of the longest comments fits.
MAX_PAGE_CHARACTERS = 5_242_880
BY_ID: Mapping[str, Key] = {"id": Key("id")}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list and the way to read from it. `ordering` is the name the order has in the address."""

    ordering: str
    forward: bool
    position: Position


def _signer(path: str) -> Signer:
    # The path in the salt makes a cursor of one list worthless at another.
    return Signer(salt=f"moderato.cursor:{path}")


def cursor_encode(cursor: Cursor, path: str) -> str:
    """Returns the cursor as clients carry it: signed, so that nobody makes their own."""
    value = cursor.position.value
    plain = value.isoformat() if hasattr(value, "isoformat") else value
    return _signer(path).sign_object([cursor.ordering, cursor.forward, plain, cursor.position.tie])


def cursor_decode(text: str, path: str, keys: Mapping[str, Key]) -> Cursor:
    """Returns the cursor; raises ServiceError where it is not one of ours for this list."""
    try:
        ordering, forward, plain, tie = _signer(path).unsign_object(text)
        load = keys[ordering.lstrip("-")].load
        return Cursor(ordering, forward, Position(None if plain is None else load(plain), tie))
    except (BadSignature, ValueError, TypeError, KeyError) as error:
        raise invalid("/cursor", "This is not a cursor of this list.") from error


def limit_read(text: str | None, default: int = DEFAULT_LIMIT) -> int:
    """Returns the page size that was asked for; raises ServiceError where it is not from 1 to 500."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise invalid("/limit", f"The limit is a number from 1 to {MAX_LIMIT}.", code="limit", limit=MAX_LIMIT)
    return int(text)


def ordering_read(text: str, keys: Mapping[str, Key]) -> Order:
    """Returns the order of `name` or `-name`; raises ServiceError for a name the list does not have."""
    key = keys.get(text.removeprefix("-"))
    if key is None:
        raise invalid("/ordering", f"A list is ordered by one of {', '.join(keys)}, or by -NAME to turn it around.")
    return Order(key, text.startswith("-"))


class KeysetPagination(BasePagination):
    """Reads `cursor`, `limit` and `ordering`. The view names its `orderings` (name → Key) and its `ordering`.

    Its `text` is the path to a text that each row shows, empty for rows without a long one.
    """

    default_limit = DEFAULT_LIMIT

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Returns the rows of the page in the list's order."""
        self.request = request
        keys: Mapping[str, Key] = view.orderings
        self.ordering = request.query_params.get("ordering") or view.ordering
        self.order = ordering_read(self.ordering, keys)
        self.text = view.text
        self.limit = limit_read(request.query_params.get("limit"), self.default_limit)
        self.cursor = self._cursor(request, keys)
        self.rows = self._rows(queryset)
        return self.rows

    def _cursor(self, request: Request, keys: Mapping[str, Key]) -> Cursor | None:
        text = request.query_params.get("cursor")
        cursor = cursor_decode(text, request.path, keys) if text else None
        if cursor and cursor.ordering != self.ordering:
            raise ServiceError("validation_error", f"The cursor belongs to ordering={cursor.ordering}.")
        return cursor

    def _rows(self, queryset: QuerySet[Any]) -> list[Any]:
        self.forward = self.cursor is None or self.cursor.forward
        position = self.cursor.position if self.cursor else None
        limit = self._limit(queryset, position)
        rows = window(queryset, self.order, position, forward=self.forward, count=limit + 1)
        self.more = len(rows) > limit
        rows = rows[:limit]
        return rows if self.forward else rows[::-1]

    def _limit(self, queryset: QuerySet[Any], position: Position | None) -> int:
        """Returns how many rows make a page: the limit, or as many, at least one, as have texts that fit."""
        if not self.text or self.limit * settings.MODERATION_MAX_TEXT_BYTES <= MAX_PAGE_CHARACTERS:
            return self.limit
        measured = queryset.annotate(text_length=Length(self.text)).values_list("text_length", flat=True)
        sizes = window(measured, self.order, position, forward=self.forward, count=self.limit)
        fit = sum(total <= MAX_PAGE_CHARACTERS for total in accumulate(size or 0 for size in sizes))
        return self.limit if fit == len(sizes) else max(1, fit)

    def _address(self, row: Any, *, forward: bool) -> str:
        cursor = Cursor(self.ordering, forward, self.order.position(row))
        here = self.request.build_absolute_uri()
        return replace_query_param(here, "cursor", cursor_encode(cursor, self.request.path))

    def next_address(self) -> str | None:
        """Returns the address of the page after this one, None on the last."""
        there = self.more if self.forward else self.cursor is not None
        return self._address(self.rows[-1], forward=True) if there and self.rows else None

    def previous_address(self) -> str | None:
        """Returns the address of the page before this one, None on the first."""
        there = self.cursor is not None if self.forward else self.more
        return self._address(self.rows[0], forward=False) if there and self.rows else None

    def get_paginated_response(self, data: Any) -> Response:
        """Returns the page as JSON."""
        return Response({"results": data, "next": self.next_address(), "previous": self.previous_address()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Returns the OpenAPI schema of a page."""
        address = {"type": ["string", "null"], "format": "uri"}
        fields = {"results": schema, "next": address, "previous": address}
        return {"type": "object", "required": ["results", "next", "previous"], "properties": fields}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Returns the OpenAPI description of the query parameters read here."""
        keys: Mapping[str, Key] = view.orderings
        cursor = _parameter("cursor", "Where to go on, from `next` or `previous`.", {"type": "string"})
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": self.default_limit}
        found = [cursor, _parameter("limit", "Rows a page.", limit)]
        if len(keys) > 1:
            names = [sign + name for name in keys for sign in ("", "-")]
            enum = {"type": "string", "enum": names, "default": view.ordering}
            found.append(
                _parameter("ordering", "The order; `-` turns it around. Rows without a value come last.", enum)
            )
        return found


class ThreadPagination(KeysetPagination):
    """Pages of a thread, oldest first: as many comments as a page of a list may have, unless asked for fewer."""

    default_limit = MAX_LIMIT


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
