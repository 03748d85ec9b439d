"""Inserts rows in bulk by the fastest way each database offers: COPY on PostgreSQL, large multi-row INSERTs on SQLite.

`bulk_create` builds and parses a statement for every few dozen rows, which takes half the time of an import. All of
the model's columns are written; each value is prepared by its field unless the field stores it unchanged.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, islice
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.models.base import ModelState

_LOG_PAGES = 16_384
# Rows per INSERT on SQLite, largest first. Only a few sizes: each statement stays prepared, and a large one takes 2 MB.
_ROWS_A_STATEMENT = (512, 32, 1)

Row = TypeVar("Row", bound=models.Model)

_AS_THEY_ARE = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.BinaryField,
    models.ForeignKey,
)


def blank_values(model: type[models.Model]) -> dict[str, Any]:
    """Returns the default of every column of `model`, in column order."""
    return {field.attname: field.get_default() for field in model._meta.concrete_fields}


def build_row(model: type[Row], values: Mapping[str, Any]) -> Row:
    """Returns an unsaved row from the values of all its columns, ten times as fast as `model()`: as unpickling does."""
    row = model.__new__(model)
    row.__dict__ = {"_state": ModelState(), **values}
    return row


def allocate_ids(model: type[models.Model], count: int) -> list[int]:
    """Allocates ids from the table's own sequence, so that rows that refer to each other can go into one INSERT.

    On SQLite the caller holds the write lock (transactions begin IMMEDIATE), so nobody else can take the next ids.
    """
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            series = "SELECT nextval(counter) FROM pg_get_serial_sequence(%s, 'id') AS counter, generate_series(1, %s)"
            cursor.execute(series, [table, count])
            return [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone()
    return list(range(last + 1, last + 1 + count))


@contextmanager
def bulk_write() -> Iterator[None]:
    """Wraps many large writes: SQLite then checkpoints its write-ahead log every 64 MB instead of every 4."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
        cursor.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA wal_autocheckpoint = {before}")


@contextmanager
def chunk_write() -> Iterator[None]:
    """Wraps one of those writes in a transaction. PostgreSQL does not wait for the commit to reach the disk.

    It gets there within 3 × wal_writer_delay (0.6 seconds by default). A killed process loses nothing; a machine that
    fails may lose the last of these transactions as a whole, and running the import again restores it.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
        yield


def rows_insert(rows: Sequence[models.Model]) -> None:
    """Inserts rows of one model with their ids already set. Reads nothing back; runs in the caller's transaction.

    Raises:
        django.db.IntegrityError: a row breaks a constraint; none of the rows is stored.
    """
    if not rows:
        return
    options = type(rows[0])._meta
    fields = options.concrete_fields
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    into = f"{connection.ops.quote_name(options.db_table)} ({names})"
    if connection.vendor == "postgresql":
        _copy(f"COPY {into} FROM STDIN", _values(rows, fields))
        return
    _insert(into, list(_values(rows, fields)))


def _insert(into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts many rows per statement, because FTS5 flushes its index before each statement.

    Row by row, that takes four fifths of the time. Bypasses Django's cursor, which would scan the statement each time.
    """
    database: sqlite3.Connection = connection.connection
    columns = len(rows[0])
    most = database.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // columns
    left = iter(rows)
    with connection.wrap_database_errors:
        for size in _sizes(len(rows), most):
            database.execute(_statement(into, columns, size), list(chain.from_iterable(islice(left, size))))


def _sizes(count: int, most: int) -> Iterator[int]:
    """Yields the number of rows for each statement, `count` in all."""
    for size in _ROWS_A_STATEMENT:
        while size <= min(count, most):
            yield size
            count -= size


@lru_cache(maxsize=16)
def _statement(into: str, columns: int, rows: int) -> str:
    marks = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {', '.join([marks] * rows)}"  # noqa: S608


def _copy(statement: str, values: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in values:
            copy.write_row(row)


def _values(rows: Sequence[models.Model], fields: Sequence[models.Field[Any, Any]]) -> Iterator[tuple[Any, ...]]:
    """Yields the values of each row in the order of `fields`, prepared for the database."""
    columns = [[row.__dict__[field.attname] for row in rows] for field in fields]
    return zip(*map(_prepared, fields, columns), strict=True)


def _prepared(field: models.Field[Any, Any], column: list[Any]) -> list[Any]:
    if isinstance(field, _AS_THEY_ARE):
        return column
    if isinstance(field, models.DateTimeField):
        # Many rows share a time: that of their import, or None.
        return _each_once(lambda value: value and str(connection.ops.adapt_datetimefield_value(value)), column)
    if isinstance(field, models.JSONField):
        return ["{}" if value == {} else json.dumps(value, cls=field.encoder) for value in column]
    return [field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS]) for value in column]


def _each_once(prepare: Callable[[Any], Any], column: list[Any]) -> list[Any]:
    known = {value: prepare(value) for value in set(column)}
    return [known[value] for value in column]
