"""Reads very many rows at once, without what Django does for each value."""

import json
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL


def rows_fetched(rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Returns the rows of a `values_list` as the database gives them: converting each value takes as long again."""
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def ids_in(ids: Collection[int]) -> RawSQL:
    """Returns what a lookup `__in` takes for ids: one parameter however many there are, where Django checks each."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(ids))])
