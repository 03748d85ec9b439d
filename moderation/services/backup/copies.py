"""The copy itself: SQLite's online backup, or `pg_dump` and `pg_restore`."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.client import DatabaseClient

from moderation.services.errors import ServiceError, conflict

# Of a copy in SQLite: how many pages between two reports of progress, 4 KiB each.
PAGES = 10_000
BEGIN = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
Told = Callable[[int, int], None]


class _Dump(DatabaseClient):
    executable_name: ClassVar[str] = "pg_dump"  # type: ignore[misc]


class _Restore(DatabaseClient):
    executable_name: ClassVar[str] = "pg_restore"  # type: ignore[misc]


@contextmanager
def connected(database: BaseDatabaseWrapper, alias: str, name: str | None = None) -> Iterator[BaseDatabaseWrapper]:
    """Gives a connection of its own, to the same database or to the one called `name` beside it."""
    own = database.copy(alias)
    own.settings_dict["OPTIONS"].pop("pool", None)
    own.settings_dict["NAME"] = name or own.settings_dict["NAME"]
    try:
        yield own
    finally:
        own.close()


@contextmanager
def one_moment(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Within the block, the connection sees the database as it was at its beginning. Others write on."""
    with database.cursor() as cursor:
        cursor.execute(BEGIN[database.vendor])
        # SQLite takes its snapshot at the first read.
        cursor.execute("SELECT count(*) FROM django_migrations")
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("ROLLBACK")


def copy_make(database: BaseDatabaseWrapper, path: Path, told: Told) -> None:
    """Copies the moment that the connection sees to a new file; raises ServiceError."""
    with private(path):
        if database.vendor == "sqlite":
            _sqlite_copy(database, path, told)
        else:
            _postgresql_dump(database, path)


@contextmanager
def private(path: Path) -> Iterator[None]:
    """Creates the file for its owner alone before it is filled."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    yield


def _sqlite_copy(database: BaseDatabaseWrapper, path: Path, told: Told) -> None:
    source: sqlite3.Connection = database.connection
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        source.backup(target, pages=PAGES, progress=lambda _, left, total: told(total - left, total))
        # Pages that are free still hold what was erased; and the copy is one file, without a log beside it.
        target.execute("PRAGMA journal_mode=DELETE")
        target.execute("VACUUM")


def _postgresql_dump(database: BaseDatabaseWrapper, path: Path) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}"]
    _client_run(_Dump, database.settings_dict, options)


def dump_restore(database: BaseDatabaseWrapper, path: Path) -> None:
    """Fills an empty PostgreSQL database from a dump, wholly or not at all; raises ServiceError."""
    settings = {**database.settings_dict, "NAME": ""}
    target = f"--dbname={database.settings_dict['NAME']}"
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", target, str(path)]
    _client_run(_Restore, settings, options)


def _client_run(client: type[DatabaseClient], settings: dict[str, Any], options: Sequence[str]) -> None:
    """Runs a program of PostgreSQL. Its password goes through the environment, which others cannot read."""
    arguments, environment = client.settings_to_cmd_args_env(settings, list(options))
    if not settings["NAME"]:
        arguments = arguments[:-1]  # the database that Django adds where none is named
    try:
        done = subprocess.run(arguments, env={**os.environ, **(environment or {})}, capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError:
        name = client.executable_name
        raise conflict(f"{name} is not installed: it comes with PostgreSQL's client programs.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise ServiceError("backup_failed", f"{client.executable_name}: {said[0]}", retryable=True)
