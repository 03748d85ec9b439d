"""Counts several querysets in one query, each up to a cap, without reading everything."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet


def capped_counts(rows: Mapping[str, QuerySet[Any]], *, cap: int, using: str = "default") -> dict[str, int]:
    """Returns name → number of rows in that queryset, `cap` + 1 if there are more than `cap`. One query.

    Each count stops at the cap, so with an index that finds the rows it is cheap however many there are.
    """
    parts, values, names = [], [], []
    for name, queryset in rows.items():
        bounded = queryset.order_by().values("pk")[: cap + 1]
        try:
            sql, parameters = bounded.query.get_compiler(using).as_sql()
        except EmptyResultSet:
            continue
        names.append(name)
        # The ORM made the statement; its values are bound.
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS bounded)")  # noqa: S608
        values.extend(parameters)
    found = _row(f"SELECT {', '.join(parts)}", values, using) if parts else ()
    return {**dict.fromkeys(rows, 0), **dict(zip(names, found, strict=True))}


def _row(sql: str, values: list[Any], using: str) -> tuple[int, ...]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        row: tuple[int, ...] = cursor.fetchone()
    return row
