"""Searches comments by their words, behind one function: PostgreSQL's full text search or SQLite's FTS5.

Both indexes are maintained by the database: an expression GIN index on PostgreSQL, triggers on SQLite. SQLite
drops a table's triggers when it rebuilds it, so a migration that alters `archive_comment` ends with
`InstallCommentSearch()`.
"""

import re
import sqlite3
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection, connections, migrations, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Substr

from archive.models import CommentQuerySet

WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 16
# A tsvector holds at most 1 MB, and a very long comment is not worth indexing whole.
INDEXED_CHARACTERS = 100_000
# Pages of the index that one step of `search_purge` writes, about 2 MB.
PURGE_PAGES = 500
# FTS5 counts one change for the command itself.
NOTHING_MERGED = 2

SQLITE_INSTALL = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS archive_comment_words USING fts5(
        text, content='archive_comment', content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER IF NOT EXISTS archive_comment_words_insert AFTER INSERT ON archive_comment BEGIN
        INSERT INTO archive_comment_words(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER IF NOT EXISTS archive_comment_words_delete AFTER DELETE ON archive_comment BEGIN
        INSERT INTO archive_comment_words(archive_comment_words, rowid, text) VALUES ('delete', old.id, old.text);
        END""",
    """CREATE TRIGGER IF NOT EXISTS archive_comment_words_update AFTER UPDATE OF text ON archive_comment BEGIN
        INSERT INTO archive_comment_words(archive_comment_words, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO archive_comment_words(rowid, text) VALUES (new.id, new.text); END""",
)
SQLITE_REMOVE = (
    "DROP TRIGGER IF EXISTS archive_comment_words_insert",
    "DROP TRIGGER IF EXISTS archive_comment_words_delete",
    "DROP TRIGGER IF EXISTS archive_comment_words_update",
    "DROP TABLE IF EXISTS archive_comment_words",
)
POSTGRES_INSTALL = (
    f"""CREATE INDEX IF NOT EXISTS archive_comment_words ON archive_comment USING gin
        (to_tsvector('simple'::regconfig, coalesce(substring(text, 1, {INDEXED_CHARACTERS}), '')))""",
)
POSTGRES_REMOVE = ("DROP INDEX IF EXISTS archive_comment_words",)


def search_comments(comments: CommentQuerySet, query: str) -> CommentQuerySet:
    """Returns the comments that contain every word of `query`, in any order; punctuation is ignored.

    A query without a single word matches nothing. At most 16 words count.
    """
    words = WORD.findall(query)[:MAX_WORDS]
    if not words:
        return comments.none()
    if connections[comments.db].vendor == "postgresql":
        return _search_postgres(comments, words)
    return _search_sqlite(comments, words)


def _search_postgres(comments: CommentQuerySet, words: list[str]) -> CommentQuerySet:
    # This is the index's expression as Django writes it; any other would scan the table.
    vector = SearchVector(Substr(F("text"), 1, Value(INDEXED_CHARACTERS)), config="simple")
    return comments.alias(words=vector).filter(words=SearchQuery(" ".join(words), config="simple"))


def _search_sqlite(comments: CommentQuerySet, words: list[str]) -> CommentQuerySet:
    phrase = " ".join(f'"{word}"' for word in words)
    found = RawSQL("SELECT rowid FROM archive_comment_words WHERE archive_comment_words MATCH %s", [phrase])
    return comments.filter(pk__in=found)


def search_purge() -> None:
    """Takes words that were erased out of SQLite's index, in steps that each hold the lock for a moment.

    FTS5 only notes that an entry is deleted; its words stay in the file until the parts of the index are merged. The
    first step asks for that, and the others go on until a step changes nothing. PostgreSQL's VACUUM does it by itself.
    """
    if connection.vendor != "sqlite":
        return
    connection.ensure_connection()
    pages = -PURGE_PAGES
    while _merged(connection.connection, pages):
        pages = PURGE_PAGES


def _merged(database: sqlite3.Connection, pages: int) -> bool:
    """Merges so many pages of the index; returns whether there may be more to merge."""
    before = database.total_changes
    merge = "INSERT INTO archive_comment_words(archive_comment_words, rank) VALUES ('merge', %s)"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(merge, [pages])
    return database.total_changes - before >= NOTHING_MERGED


def _run(database: BaseDatabaseWrapper, statements: dict[str, tuple[str, ...]]) -> None:
    with database.cursor() as cursor:
        for statement in statements[database.vendor]:
            cursor.execute(statement)


class InstallCommentSearch(migrations.RunPython):
    """The migration operation that (re)installs the full-text index of comments."""

    def __init__(self) -> None:
        super().__init__(
            lambda _apps, editor: _run(editor.connection, {"sqlite": SQLITE_INSTALL, "postgresql": POSTGRES_INSTALL}),
            lambda _apps, editor: _run(editor.connection, {"sqlite": SQLITE_REMOVE, "postgresql": POSTGRES_REMOVE}),
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Returns the operation without its functions: it takes no arguments."""
        return (self.__class__.__qualname__, [], {})
