"""Alive and ready: asked without a key, answered without details."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext

from moderation.api import health
from moderation.models import ModelVersion
from moderation.scoring import look_in
from moderation.scoring.catalogue.descriptions import MODELS
from moderation.services.accounts.rate_limits import RateLimiter
from moderation.services.model_versions import model_activate


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Lets every test have the parts asked."""
    health.readiness.forget()
    yield
    health.readiness.forget()


def test_alive_needs_neither_key_nor_database(client: Client) -> None:
    # Without the `db` fixture any query would fail this test.
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_database_migrations_and_model_are(client: Client, settings: Any) -> None:
    settings.REDIS_URL = ""
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
    health.readiness.forget()
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_not_ready_without_a_database_and_it_says_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        settings_dict: ClassVar = {"NAME": "gone"}
        vendor = "postgresql"

        def cursor(self) -> Any:
            raise OperationalError("password=hunter2 host=10.0.0.1")

    monkeypatch.setattr(health, "connection", Gone())
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["database"] == "unreachable"
    assert "hunter2" not in response.content.decode()


@pytest.mark.django_db
def test_not_ready_without_the_file_of_sqlite(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(health.connection, "vendor", "sqlite")
    monkeypatch.setitem(health.connection.settings_dict, "NAME", str(tmp_path / "removed.sqlite3"))
    assert client.get("/readyz").json()["parts"]["database"] == "unreachable"


@pytest.fixture
def model(tmp_path: Path, db: None) -> Iterator[Path]:
    """The folder of a model of its own, which is the active one."""
    folder = tmp_path / "spare"
    shutil.copytree(MODELS["compact"], folder)
    fields = json.loads((folder / "model.json").read_text()) | {"name": "spare"}
    (folder / "model.json").write_text(json.dumps(fields))
    look_in(tmp_path)
    model_activate(label="spare")
    yield folder
    look_in(Path(settings.MODERATION_MODELS_FOLDER))


def asked(client: Client) -> str:
    health.readiness.forget()
    response = client.get("/readyz")
    states = response.json()["parts"]
    assert response.status_code == (200 if set(states.values()) == {"ok"} else 503)
    return str(states["model"])


def flip(path: Path) -> None:
    """Changes one bit in the middle, and hides it from whoever looks at size and time."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        *((name, harm) for name in ("model.xml", "model.bin", "tokenizer.json") for harm in (Path.unlink, cut, flip)),
        ("model.json", Path.unlink),
        ("model.json", cut),
    ],
)
def test_not_ready_while_a_file_of_the_model_is_missing_cut_or_flipped(
    client: Client, model: Path, name: str, harm: Callable[[Path], None]
) -> None:
    assert asked(client) == "ok"
    kept = (model / name).read_bytes()
    harm(model / name)
    assert asked(client) == "does not load"
    (model / name).write_bytes(kept)
    assert asked(client) == "ok"


def test_not_ready_with_another_model_under_the_name_of_the_active_one(client: Client, model: Path) -> None:
    ModelVersion.objects.filter(active=True).update(sha256="0" * 64)
    assert asked(client) == "does not load"


@pytest.mark.django_db
def test_what_is_asked_often_costs_neither_queries_nor_reading(
    client: Client, django_assert_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(health, "model_check", lambda: 1 / 0)
    with django_assert_num_queries(0):
        assert {client.get("/readyz").status_code for _ in range(20)} == {200}


@pytest.mark.django_db
def test_a_check_writes_nothing(client: Client, django_assert_num_queries: Callable[..., Any]) -> None:
    ModelVersion.objects.all().delete()
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/readyz").status_code == 200
    assert {query["sql"].split()[0] for query in captured} == {"SELECT"}


def test_while_one_caller_asks_the_others_have_the_last_answer_and_later_none(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(health.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(health.Readiness, "WAIT_SECONDS", 0)
    monkeypatch.setattr(health, "_parts", lambda: {"database": lambda: None})
    readiness = health.Readiness()
    assert readiness.states() == {"database": "ok"}
    with readiness._lock:
        clock[0] = readiness.SECONDS + 1
        assert readiness.states() == {"database": "ok"}
        clock[0] = readiness.STALE_SECONDS + 1
        assert readiness.states() == {"database": "not checked"}


@pytest.mark.django_db
def test_redis_is_asked_and_without_it_the_server_is_degraded_but_ready(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["parts"]["cache"]) == (200, "unreachable")
    assert response.json()["status"] == "degraded"
    health.readiness.forget()
    monkeypatch.setattr(health, "rate_limiter", RateLimiter)
    assert client.get("/readyz").json()["status"] == "ok"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_load_balancer_may_ask_by_address_and_nobody_else_may(client: Client, settings: Any, path: str) -> None:
    settings.ALLOWED_HOSTS = ["news.example"]
    assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/api/v1/comments/", headers={"Host": "10.0.0.7:8000"}).status_code == 400
    assert client.get(f"{path}/", headers={"Host": "10.0.0.7:8000"}).status_code == 400


def test_health_is_read_only(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").status_code == 200
