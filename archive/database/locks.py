"""Locks that the ORM has no name for: of rows' identity, and of a turn."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def turn_take(key: int) -> None:
    """Waits until no other transaction has the turn of this key, and has it until this transaction ends.

    PostgreSQL's advisory lock; SQLite has a single writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def rows_share(model: type[models.Model], ids: Sequence[int], **still: Any) -> set[int]:
    """Returns those of the ids whose rows are `still` so, and keeps their identity until the transaction ends.

    PostgreSQL's FOR KEY SHARE, for which Django has no name: as foreign keys take it, and any number of transactions at
    once. SQLite has one writer, and nothing moves meanwhile.
    """
    if connection.vendor != "postgresql" or not ids:
        return set(ids)
    rows = model._default_manager.filter(pk__in=ids, **still).order_by("pk").values_list("pk")
    statement, values = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} FOR KEY SHARE", values)
        return {pk for (pk,) in cursor.fetchall()}
