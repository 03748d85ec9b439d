"""Finds rows by very many ids at once, always along an index."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, Model
from django.db.models.sql.compiler import SQLCompiler

from archive.models import Source

_Sql = tuple[str, tuple[str | int, ...]]


class BulkLookup(Lookup[Any]):
    """`external_id` is one of `keys`, among the rows of `model` that belong to `source`.

    Forces each database to look up every key: left alone, they take any index that begins with the source (PostgreSQL
    as long as it has no statistics) and compare each of the source's rows with each key. `CROSS JOIN` makes SQLite
    join in the order written; `OFFSET 0` keeps PostgreSQL from flattening the subquery. The keys are one parameter,
    however many there are.
    """

    lookup_name = "known"
    prepare_rhs = False
    column = "external_id"
    also = ""

    def __init__(self, model: type[Model], source: Source, keys: Iterable[str]) -> None:
        super().__init__(F(self.column), list(keys))
        self.table, self.source_id = model._meta.db_table, source.pk

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Returns the condition for SQLite."""
        keyed = f'"{self.table}" AS keyed ON {self._is_wanted()}'
        ids = f"SELECT keyed.id FROM json_each(%s) AS wanted CROSS JOIN {keyed}"  # noqa: S608
        return f"{self._id(compiler, connection)} IN ({ids})", (json.dumps(self.rhs), self.source_id)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Returns the condition for PostgreSQL."""
        keyed = f'SELECT id FROM "{self.table}" AS keyed WHERE {self._is_wanted()} OFFSET 0'  # noqa: S608
        ids = f"SELECT found.id FROM unnest(%s::text[]) AS wanted(value) CROSS JOIN LATERAL ({keyed}) AS found"  # noqa: S608
        return f"{self._id(compiler, connection)} = ANY(ARRAY({ids}))", (_array(self.rhs), self.source_id)

    def _is_wanted(self) -> str:
        return f"keyed.source_id = %s AND keyed.{self.column} = wanted.value{self.also}"

    def _id(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> str:
        return f"{_alias(self.process_lhs(compiler, connection)[0])}.id"


class Wanting(BulkLookup):
    """A reply of `source` that waits for one of `keys`. Repeats the partial index's condition, or SQLite ignores it."""

    column = "parent_external_id"
    also = " AND keyed.parent_id IS NULL AND keyed.parent_external_id > ''"


class Past(Lookup[Any]):
    """`(column, id)` is greater than `last`: where a walk along an index continues.

    Compared as a pair, so that the index seeks there. With separate comparisons, every step would scan again the rows
    before it that have the same value.
    """

    lookup_name = "past"
    prepare_rhs = False

    def __init__(self, column: str, last: tuple[str, int]) -> None:
        super().__init__(F(column), last)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Returns the condition."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"({column}, {_alias(column)}.id) > (%s, %s)", (*parameters, *self.rhs)


def _alias(column: str) -> str:
    """Returns the alias of a column's table in a statement."""
    return column.rsplit(".", 1)[0]


def _array(keys: list[str]) -> str:
    """Returns a PostgreSQL array literal: the driver's own adaptation takes ten times as long."""
    quoted = (key.replace("\\", "\\\\").replace('"', '\\"') for key in keys)
    return '{"' + '","'.join(quoted) + '"}' if keys else "{}"
