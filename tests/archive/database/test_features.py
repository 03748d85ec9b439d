"""What SQLite can do is asked without a lock."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.models import JSONField


@pytest.mark.django_db
def test_a_new_connection_knows_of_json_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "busy.sqlite3"
    options = {"timeout": 0.1, "transaction_mode": "IMMEDIATE"}
    described = {**connections.settings["default"], "ENGINE": "django.db.backends.sqlite3", "NAME": path}
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        connection = DatabaseWrapper({**described, "OPTIONS": options}, "busy")
        with closing(connection):
            connection.ensure_connection()
            assert connection.features.__dict__["supports_json_field"]
            assert JSONField().db_type(connection)
