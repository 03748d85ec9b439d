"""Requests that the server cannot read: answered as the API answers, and nothing of them is quoted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.config.server.test_worker import asked, gunicorn

POST = "POST /api/v1/comments/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\nAuthorization: Bearer {key}\r\n\r\n"


def manage(database: str, *arguments: str) -> str:
    """What a command says on standard output."""
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, "DATABASE_URL": database}
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[tuple[int, str]]:
    """The port of the product's own server on an empty database, and a key."""
    folder = tmp_path_factory.mktemp("server")
    config = folder / "config.py"
    config.write_text("from config.gunicorn import *\n")
    database = f"sqlite:///{folder}/x.sqlite3"
    shutil.copyfile(migrated_sqlite, folder / "x.sqlite3")
    key = manage(database, "create_api_key", "site", "--scope", "write")
    with gunicorn(config, "config.wsgi:application", PYTHONPATH=".", DATABASE_URL=database) as found:
        yield found, key


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /api/v1/comments/?key=canary" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /api/v1/comments/?key=canary" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"canary" * 2_000 + b"\r\n\r\n", 431),
        (b"canary nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\ncanary\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: canary\r\n\r\n", 501),
    ],
)
def test_a_request_that_cannot_be_read_gets_a_problem(
    server: tuple[int, str], request_bytes: bytes, status: int
) -> None:
    head, _, body = asked(server[0], request_bytes).partition(b"\r\n\r\n")
    assert head.split()[1] == str(status).encode()
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status
    assert b"canary" not in body


@pytest.mark.parametrize("chunks", [b"canary\r\n{}\r\n0\r\n\r\n", b"2\r\n{}canary\r\n0\r\n\r\n", b"-1\r\n{}\r\n"])
def test_a_malformed_chunk_is_a_problem(server: tuple[int, str], chunks: bytes) -> None:
    port, key = server
    head, _, body = asked(port, CHUNKED.format(key=key).encode() + chunks).partition(b"\r\n\r\n")
    assert head.split()[1] == b"400"
    assert b"application/problem+json" in head
    assert json.loads(body)["type"] == "urn:moderato:problem:parse_error"
    assert b"canary" not in body
