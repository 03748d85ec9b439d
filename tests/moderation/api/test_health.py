"""Alive and ready: asked without a key, answered without details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from moderation.api import health
from moderation.scoring import ScoringError


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Lets every test look at the migrations itself."""
    health._migrations_applied.cache_clear()
    yield
    health._migrations_applied.cache_clear()


def test_alive_needs_neither_key_nor_database(client: Client) -> None:
    # Without the `db` fixture any query would fail this test.
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_database_migrations_and_model_are(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "parts": {"database": "ok", "migrations": "ok", "model": "ok"}},
    )


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing_and_ready_afterwards(client: Client) -> None:
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("moderation")
    MigrationRecorder(connection).record_unapplied(*newest)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["parts"]["migrations"]) == (503, "missing")
    MigrationRecorder(connection).record_applied(*newest)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_not_ready_without_a_database_and_it_says_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> Any:
            raise OperationalError("password=hunter2 host=10.0.0.1")

    monkeypatch.setattr(health, "connection", Gone())
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["database"] == "unreachable"
    assert "hunter2" not in response.content.decode()


@pytest.mark.django_db
def test_not_ready_while_the_model_does_not_load(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise ScoringError("model_missing", "inside")

    monkeypatch.setattr(health, "scorer_active", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["parts"]["model"]) == (503, "does not load")
    assert response.json()["status"] == "unavailable"


def test_health_is_read_only(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").status_code == 200
