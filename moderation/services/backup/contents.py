"""Counts what a database holds, through one connection that sees one moment of it."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from moderation.models.ledger import TABLE
from moderation.services.backup.manifest import Contents

CHUNK = 5_000
# Tables that SQLite keeps for its search index: how many rows they have depends on how they were filled.
SEARCH_INDEX = "archive_comment_words"
SEALED = f"""
    SELECT d.id, d.text_seal, c.text, c.seal_key FROM {TABLE} d JOIN archive_comment c ON c.id = d.comment_id
    WHERE d.id > %s AND d.text_seal <> '' AND c.revision = d.revision ORDER BY d.id LIMIT {CHUNK}"""  # noqa: S608


def tables_of(database: BaseDatabaseWrapper) -> list[str]:
    """Returns the names of the tables, sorted; none if the database is empty."""
    return sorted(name for name in database.introspection.table_names() if not name.startswith(SEARCH_INDEX))


def migrations_of(database: BaseDatabaseWrapper) -> tuple[str, ...]:
    """Returns the applied migrations as `app.name`, sorted."""
    with database.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return tuple(sorted(f"{app}.{name}" for app, name in cursor.fetchall()))


def contents_of(database: BaseDatabaseWrapper) -> Contents:
    """Returns what the database holds. Reads every row of the ledger and every text that it judged, in batches."""
    seals, broken = _seals(database)
    return Contents(
        rows={name: _count(database, name) for name in tables_of(database)},
        migrations=migrations_of(database),
        decisions=_decisions_digest(database),
        seals=seals,
        broken_seals=broken,
    )


def differences(expected: Contents, found: Contents) -> list[str]:
    """Returns a sentence for each thing in which `found` is not as `expected`."""
    names = sorted({*expected.rows, *found.rows})
    said = [
        f"{name} has {found.rows.get(name, 0):,} rows, not {expected.rows.get(name, 0):,}"
        for name in names
        if expected.rows.get(name) != found.rows.get(name)
    ]
    if expected.migrations != found.migrations:
        said.append("the applied migrations are others")
    if expected.decisions != found.decisions:
        said.append("the ledger's rows or their order are others")
    if (expected.seals, expected.broken_seals) != (found.seals, found.broken_seals):
        said.append(f"{found.broken_seals:,} of {found.seals:,} seals do not fit their texts")
    return said


def _count(database: BaseDatabaseWrapper, table: str) -> int:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {database.ops.quote_name(table)}")  # noqa: S608 - the database's own name
        return int(cursor.fetchone()[0])


def _decisions_digest(database: BaseDatabaseWrapper) -> str:
    digest = hashlib.sha256()
    query = f"SELECT * FROM {TABLE} WHERE id > %s ORDER BY id LIMIT {CHUNK}"  # noqa: S608
    for row in _rows(database, query):
        digest.update(json.dumps(row, default=str).encode())
    return digest.hexdigest()


def _seals(database: BaseDatabaseWrapper) -> tuple[int, int]:
    """Returns how many seals can be checked, and how many of them are broken. An erased comment has no key."""
    checked = broken = 0
    for _, seal, text, key in _rows(database, SEALED):
        if not key:
            continue
        checked += 1
        made = hmac.new(bytes(key), text.encode(), hashlib.sha256).hexdigest()
        broken += not hmac.compare_digest(made, seal)
    return checked, broken


def _rows(database: BaseDatabaseWrapper, query: str) -> Iterator[tuple[Any, ...]]:
    """Yields rows by ascending id, their first column, which the query compares with its one parameter."""
    last = 0
    while True:
        with database.cursor() as cursor:
            cursor.execute(query, [last])
            found = cursor.fetchall()
        yield from found
        if len(found) < CHUNK:
            return
        last = found[-1][0]
