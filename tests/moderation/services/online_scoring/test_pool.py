"""A server whose threads share a pool: more callers than connections, and never more connections than the pool has."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from archive.database.pooling import connection_release
from tests.config.server.test_worker import gunicorn

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no pool")

POOL, CALLERS = 6, 40
TEXTS = [f"The ferry of {hour} o'clock was late again, and nobody said why." for hour in range(8)]


def test_callers_who_wait_for_scores_hold_no_connection(scratch: Any, tmp_path: Path) -> None:
    environment = scratch.env() | {"DATABASE_POOL": str(POOL), "WEB_THREADS": "80", "MODERATION_QUEUE_SECONDS": "20"}
    key = subprocess.run(
        [sys.executable, "manage.py", "create_api_key", "load", "--scope", "analyze", "--rate", "100000"],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    config = tmp_path / "config.py"
    config.write_text((settings.BASE_DIR / "config" / "gunicorn.py").read_text(encoding="utf-8"))
    with gunicorn(config, "config.wsgi:application", **environment) as port, Sampler(scratch) as sampler:
        assert answer(port, key) == 200
        with ThreadPoolExecutor(CALLERS) as callers:
            found = Counter(callers.map(lambda _: answer(port, key), range(2 * CALLERS)))
    assert found == {200: 2 * CALLERS}
    assert 1 <= sampler.most <= POOL


def test_a_connection_stays_in_a_transaction_and_without_a_pool(transactional_db: None, settings: Any) -> None:
    connection.ensure_connection()
    before = connection.connection
    connection_release()
    assert connection.connection is before


def answer(port: int, key: str) -> int:
    """The status of one call with eight texts."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    client.request("POST", "/api/v1/analyze/", json.dumps({"texts": TEXTS}), headers)
    status = client.getresponse().status
    client.close()
    return status


class Sampler:
    """Counts the database's connections, but its own, until it is left."""

    def __init__(self, scratch: Any) -> None:
        self.most = 0
        self._scratch, self._ended = scratch, threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while not self._ended.wait(0.05):
            ((found,),) = self._scratch.query(sql)
            self.most = max(self.most, found)
