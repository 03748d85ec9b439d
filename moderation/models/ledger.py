"""The triggers that make the ledger append-only, on SQLite and on PostgreSQL.

SQLite rebuilds a table for most schema changes and drops its triggers with the old one, so any migration that touches
the ledger ends with `InstallLedgerTriggers()`. If one forgets, `migrate` reinstalls them at its end
(`moderation.apps`), and a system check reports missing ones in `check --database default` and in the server's log at
startup.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, migrations
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "moderation_decision"
MESSAGE = "the decision ledger is append-only"

SQLITE_TRIGGERS = {
    "moderation_decision_no_update": f"""
        CREATE TRIGGER IF NOT EXISTS moderation_decision_no_update BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    "moderation_decision_no_delete": f"""
        CREATE TRIGGER IF NOT EXISTS moderation_decision_no_delete BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    # INSERT OR REPLACE deletes the existing row, and SQLite fires no DELETE trigger for that unless the pragma
    # `recursive_triggers` is on, which each connection sets for itself.
    "moderation_decision_no_replace": f"""
        CREATE TRIGGER IF NOT EXISTS moderation_decision_no_replace BEFORE INSERT ON {TABLE}
        WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",  # noqa: S608
}
POSTGRES_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION moderation_decision_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$"""
POSTGRES_TRIGGERS = {
    "moderation_decision_no_change": f"""
        CREATE OR REPLACE TRIGGER moderation_decision_no_change BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION moderation_decision_refuse()""",
    "moderation_decision_no_truncate": f"""
        CREATE OR REPLACE TRIGGER moderation_decision_no_truncate BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION moderation_decision_refuse()""",
}


def triggers_of(database: BaseDatabaseWrapper) -> dict[str, str]:
    """Returns name → CREATE statement of the triggers for this vendor; raises NotImplementedError if it is unknown."""
    kinds = {"sqlite": SQLITE_TRIGGERS, "postgresql": POSTGRES_TRIGGERS}
    if database.vendor not in kinds:
        raise NotImplementedError(f"The ledger has no triggers for {database.vendor}: use SQLite or PostgreSQL.")
    return kinds[database.vendor]


def install_triggers(database: BaseDatabaseWrapper) -> None:
    """Installs the triggers; existing ones are kept or replaced."""
    triggers = triggers_of(database)
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
        for statement in triggers.values():
            cursor.execute(statement)


def remove_triggers(database: BaseDatabaseWrapper) -> None:
    """Removes the triggers: for migrating back past the ledger, and for tests that empty tables."""
    suffix = f" ON {TABLE}" if database.vendor == "postgresql" else ""
    with database.cursor() as cursor:
        for name in triggers_of(database):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def missing_triggers(database: BaseDatabaseWrapper) -> list[str]:
    """Returns the names of the missing triggers; none if the ledger's table does not exist yet."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled <> 'D'",
    }[database.vendor]
    if TABLE not in database.introspection.table_names():
        return []
    with database.cursor() as cursor:
        cursor.execute(query, [TABLE])
        present = {row[0] for row in cursor.fetchall()}
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
