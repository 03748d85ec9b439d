"""A database that 0.1.0 made is brought up to this version, and loses nothing on the way.

`made-by-0.1.0.*` come from the commit f2dc5d3: its `demo`, then six decisions, an undo, an edit, a withdrawal, a
report, a mute, a webhook and a key; PostgreSQL's through `pg_dump --format=custom --no-owner --no-privileges`.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from moderation.models import ledger
from moderation.services.backup.contents import contents_of
from moderation.services.backup.copies import connected, dump_restore

HERE = Path(__file__).parent
pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS_OF_OLD = (
    "SELECT id, comment_id, kind, action, from_state, to_state, actor_id, rule, text_seal, revision "
    "FROM moderation_decision ORDER BY id"
)
STATES = "SELECT state, count(*) FROM moderation_review GROUP BY state ORDER BY state"
COMMENTS = "SELECT id, external_id, text, revision FROM archive_comment ORDER BY id"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """The database of 0.1.0, of the suite's kind."""
    if connection.vendor == "sqlite":
        path = tmp_path / "old.sqlite3"
        path.write_bytes(gzip.decompress((HERE / "made-by-0.1.0.sqlite3.gz").read_bytes()))
        with connected(connection, "old", str(path)) as own:
            yield own
        return
    name = f"moderato_old_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        with connected(connection, "old", name) as own:
            dump_restore(own, HERE / "made-by-0.1.0.dump")
            yield own
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(database: BaseDatabaseWrapper) -> str:
    said = database.settings_dict
    if database.vendor == "sqlite":
        return f"sqlite:///{said['NAME']}"
    return f"postgres://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT'] or 5432}/{said['NAME']}"


def manage(database: BaseDatabaseWrapper, *arguments: str) -> str:
    database.close()
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, "DATABASE_URL": url_of(database), "MODERATION_THREADS": "1"}
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(database: BaseDatabaseWrapper, query: str) -> list[tuple[object, ...]]:
    with database.cursor() as cursor:
        cursor.execute(query)
        return list(map(tuple, cursor.fetchall()))


def test_a_database_of_0_1_0_keeps_its_comments_states_and_ledger_and_is_served(old: BaseDatabaseWrapper) -> None:
    queries = (COLUMNS_OF_OLD, STATES, COMMENTS)
    before = [rows(old, query) for query in queries]
    assert len(before[0]) == 12
    manage(old, "migrate", "--verbosity=0")
    assert [rows(old, query) for query in queries] == before
    assert ledger.missing_triggers(old) == []
    held = contents_of(old)
    assert (held.seals, held.broken_seals) == (11, 0)
    assert "unscored" in manage(old, "status")
    assert len(manage(old, "export_decisions").splitlines()) == 1 + 12
    manage(old, "score_comments")
    assert [rows(old, query) for query in (COLUMNS_OF_OLD, COMMENTS)] == [before[0], before[2]]
