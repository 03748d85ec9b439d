"""Finding rows by very many ids at once, each time along an index."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, Model
from django.db.models.sql.compiler import SQLCompiler

from archive.models import Source

_Sql = tuple[str, tuple[str | int, ...]]


class OneOf(Lookup[Any]):
    """`column` is one of `keys`: one parameter, however many keys there are, and none that a database takes badly.

    PostgreSQL gets them as an array that it reads once and takes for ten keys when it plans: a set of unknown size it
    looks through for each row of a table that was empty a moment ago, and a constant of thousands makes it read all
    the rows of a source (both seen on tables without statistics).
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def __init__(self, column: str, keys: Iterable[str]) -> None:
        super().__init__(F(column), list(keys))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Returns the condition for SQLite."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each(%s))", (*parameters, json.dumps(self.rhs))  # noqa: S608

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Returns the condition for PostgreSQL."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY((SELECT %s::text[])::text[])", (*parameters, _array(self.rhs))


class Known(OneOf):
    """`external_id` is one of `keys`, among the rows of `model` that belong to `source`.

    SQLite is made to go from each key to its row: left to itself it takes any index that begins with the source for a
    narrow one, and reads all of the source's rows. `CROSS JOIN` is its word for a join in the order that is written.
    """

    def __init__(self, model: type[Model], source: Source, keys: Iterable[str]) -> None:
        super().__init__("external_id", keys)
        self.table, self.source_id = model._meta.db_table, source.pk

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Returns the condition for SQLite."""
        alias = self._alias(compiler, connection)
        rows = f'json_each(%s) CROSS JOIN "{self.table}" AS keyed ON keyed.source_id = %s AND keyed.external_id = value'
        return f"{alias}.id IN (SELECT keyed.id FROM {rows})", (json.dumps(self.rhs), self.source_id)  # noqa: S608

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Returns the condition for PostgreSQL."""
        condition, parameters = super().as_postgresql(compiler, connection)
        return f"{self._alias(compiler, connection)}.source_id = %s AND {condition}", (self.source_id, *parameters)

    def _alias(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> str:
        column, _ = self.process_lhs(compiler, connection)
        return str(column).rsplit(".", 1)[0]


def _array(keys: list[str]) -> str:
    """Returns a PostgreSQL array as it is written: the driver's own way takes ten times as long."""
    quoted = (key.replace("\\", "\\\\").replace('"', '\\"') for key in keys)
    return '{"' + '","'.join(quoted) + '"}' if keys else "{}"
