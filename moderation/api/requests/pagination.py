"""Paginated lists: `{"results", "next", "previous"}` with opaque cursors, no offsets and no counts.

A page is limited by its number of rows and by the total length of their texts.

DRF's CursorPagination loops for ever if more rows than fit on a page share a timestamp, as imported rows may.
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
# The total length of a page's texts; the first row is always included. With default settings a default page fits.
MAX_PAGE_CHARACTERS = 5_242_880
BY_ID: Mapping[str, Key] = {"id": Key("id")}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a list and the direction to read in. `ordering` is the value of the query parameter."""

    ordering: str
    forward: bool
    position: Position


def _signer(path: str) -> Signer:
    # The path in the salt makes a cursor of one list invalid for another.
    return Signer(salt=f"moderato.cursor:{path}")


def cursor_encode(cursor: Cursor, path: str) -> str:
    """Returns the cursor as clients see it: signed, so that they cannot make their own."""
    value = cursor.position.value
    plain = value.isoformat() if hasattr(value, "isoformat") else value
    return _signer(path).sign_object([cursor.ordering, cursor.forward, plain, cursor.position.tie])


def cursor_decode(text: str, path: str, keys: Mapping[str, Key]) -> Cursor:
    """Returns the cursor; raises ServiceError if it is not a cursor of this list."""
    try:
        ordering, forward, plain, tie = _signer(path).unsign_object(text)
        load = keys[ordering.lstrip("-")].load
        return Cursor(ordering, forward, Position(None if plain is None else load(plain), tie))
    except (BadSignature, ValueError, TypeError, KeyError) as error:
        raise invalid("/cursor", "This is not a cursor of this list.") from error


def limit_read(text: str | None, default: int = DEFAULT_LIMIT) -> int:
    """Returns the requested page size; raises ServiceError if it is not from 1 to 500."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise invalid("/limit", f"The limit is a number from 1 to {MAX_LIMIT}.", code="limit", limit=MAX_LIMIT)
    return int(text)


def ordering_read(text: str, keys: Mapping[str, Key]) -> Order:
    """Returns the order for `name` or `-name`; raises ServiceError for a name that the list does not support."""
    key = keys.get(text.removeprefix("-"))
    if key is None:
        raise invalid("/ordering", f"A list is ordered by one of {', '.join(keys)}, or by -NAME to turn it around.")
    return Order(key, text.startswith("-"))


class KeysetPagination(BasePagination):
    """Handles `cursor`, `limit` and `ordering`. The view has `orderings` (name → Key) and a default `ordering`.

    Its `text` is the path to the long text of each row, empty if rows have none.
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
        """Returns the number of rows on the page: the limit, or fewer (at least one) if their texts are too long."""
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
        """Returns the URL of the next page, None on the last."""
        there = self.more if self.forward else self.cursor is not None
        return self._address(self.rows[-1], forward=True) if there and self.rows else None

    def previous_address(self) -> str | None:
        """Returns the URL of the previous page, None on the first."""
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
        cursor = _parameter("cursor", "Where to continue, from `next` or `previous`.", {"type": "string"})
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": self.default_limit}
        found = [cursor, _parameter("limit", "Rows per page.", limit)]
        if len(keys) > 1:
            names = [sign + name for name in keys for sign in ("", "-")]
            enum = {"type": "string", "enum": names, "default": view.ordering}
            found.append(_parameter("ordering", "The order; `-` reverses it. Rows without a value come last.", enum))
        return found


class ThreadPagination(KeysetPagination):
    """Pages of a thread, oldest first, of the maximum size by default."""

    default_limit = MAX_LIMIT


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
