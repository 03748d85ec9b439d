"""The triggers that make the ledger and the audit trail append-only, on SQLite and on PostgreSQL.

SQLite rebuilds a table for most schema changes and drops its triggers with the old one, so any migration that touches
one of them ends with `InstallLedgerTriggers()`. If one forgets, `migrate` reinstalls them at its end
(`moderation.apps`), and a system check reports missing ones in `check --database default` and in the server's log at
startup.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, migrations
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "moderation_decision"
# Table → what it says when somebody changes or removes one of its rows.
GUARDED = {
    TABLE: "the decision ledger is append-only",
    "moderation_auditentry": "the audit trail is append-only",
}


def _sqlite_triggers(table: str, message: str) -> dict[str, str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    return {
        f"{table}_no_update": f"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"{table}_no_delete": f"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE deletes the existing row, and SQLite fires no DELETE trigger for that unless the pragma
        # `recursive_triggers` is on, which each connection sets for itself.
        f"{table}_no_replace": f"""
            CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
            WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}""",  # noqa: S608
    }


def _postgresql_triggers(table: str, message: str) -> dict[str, str]:
    function = f"""
        CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation'; END $$;"""
    return {
        f"{table}_no_change": f"""{function}
            CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_refuse()""",
        f"{table}_no_truncate": f"""{function}
            CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
    }


def triggers_of(database: BaseDatabaseWrapper) -> dict[str, str]:
    """Returns name → CREATE statement of the triggers of the guarded tables that exist.

    Raises:
        NotImplementedError: The vendor is unknown.
    """
    kinds = {"sqlite": _sqlite_triggers, "postgresql": _postgresql_triggers}
    if database.vendor not in kinds:
        raise NotImplementedError(f"The ledger has no triggers for {database.vendor}: use SQLite or PostgreSQL.")
    made: dict[str, str] = {}
    for table in _guarded(database):
        made |= kinds[database.vendor](table, GUARDED[table])
    return made


def _guarded(database: BaseDatabaseWrapper) -> list[str]:
    """Returns the guarded tables that exist: an early migration comes before the later ones."""
    present = set(database.introspection.table_names())
    return [table for table in GUARDED if table in present]


def install_triggers(database: BaseDatabaseWrapper) -> None:
    """Installs the triggers; existing ones are kept or replaced."""
    with database.cursor() as cursor:
        for statement in triggers_of(database).values():
            cursor.execute(statement)


def remove_triggers(database: BaseDatabaseWrapper) -> None:
    """Removes the triggers: for migrating back past the ledger, and for tests that empty tables."""
    with database.cursor() as cursor:
        for name in triggers_of(database):
            table = name.rpartition("_no_")[0]
            suffix = f" ON {table}" if database.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def missing_triggers(database: BaseDatabaseWrapper) -> list[str]:
    """Returns the names of the missing triggers; none for a table that does not exist yet."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled <> 'D'",
    }[database.vendor]
    present: set[str] = set()
    for table in _guarded(database):
        with database.cursor() as cursor:
            cursor.execute(query, [table])
            present |= {row[0] for row in cursor.fetchall()}
    return sorted(set(triggers_of(database)) - present)


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """Runs a block without the triggers. For tests only."""
    remove_triggers(connection)
    try:
        yield
    finally:
        install_triggers(connection)


class InstallLedgerTriggers(migrations.RunPython):
    """The migration operation that (re)installs the triggers."""

    def __init__(self) -> None:
        super().__init__(
            lambda _apps, editor: install_triggers(editor.connection),
            lambda _apps, editor: remove_triggers(editor.connection),
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Returns the operation without its functions: it takes no arguments."""
        return (self.__class__.__qualname__, [], {})
