"""Fixtures: people, reviewed comments, and a database of the suite's kind for tests with several processes."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection

from archive.models import Comment
from moderation.models import ModelVersion, PolicyVersion, Review, Score
from moderation.scoring import describe
from tests.moderation.services.distribution.fake_broker import FakeBroker

SCRIPT = Path(__file__).with_name("batch_scoring") / "score_process.py"
WAIT_SECONDS = 60


@dataclass
class Scratch:
    """A database and the processes started on it."""

    url: str
    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    script: Path = SCRIPT

    def call(self, *arguments: str) -> None:
        """Runs one mode of the script and waits for it."""
        subprocess.run([sys.executable, str(self.script), *arguments], env=self.env(), check=True, timeout=WAIT_SECONDS)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Starts one mode of the script."""
        command = [sys.executable, str(self.script), *arguments]
        process = subprocess.Popen(
            command, env=self.env() | env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.started.append(process)
        return process

    def start_run(self, name: str, *options: str, go: str = "go", **env: str) -> subprocess.Popen[str]:
        """Starts score_comments, which writes its counts to the file `name` and waits for the file `go` first."""
        return self.start("run", str(self.folder / name), str(self.folder / go), *options, **env)

    def env(self) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": self.url, "MODERATION_THREADS": "1", "LOG_LEVEL": "INFO"}

    def sent(self, name: str) -> list[int]:
        """Returns the number of texts in each call of the run `name`."""
        path = self.folder / name
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    def await_calls(self, name: str, count: int, process: subprocess.Popen[str]) -> None:
        """Waits until the run has sent `count` batches; fails if it ends before that."""
        self.wait_for(lambda: len(self.sent(name)) >= count or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]

    @staticmethod
    def wait_for(condition: Callable[[], bool]) -> None:
        """Waits up to a minute for `condition()` to be true."""
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < end, "it took too long"
            time.sleep(0.005)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query, using a separate connection."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
                return connection.execute(sql).fetchall()
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def grace(db: None) -> User:
    return User.objects.create_user("grace")


@pytest.fixture
def reviewed(make_comment: Callable[..., Comment]) -> Callable[..., Review]:
    """Creates a scored comment with its review: `reviewed("pending", highlighted=True)`."""

    def make(state: str = "pending", **columns: Any) -> Review:
        comment = make_comment(taken_revision=1, **columns.pop("comment", {}))
        model, _ = ModelVersion.objects.get_or_create(
            name="compact", version=describe("compact").version, sha256="0" * 64
        )
        score = Score.objects.create(comment=comment, model=model, revision=1, text_hash="h", toxicity=0.9)
        return Review.objects.create(
            comment=comment,
            source=comment.source,
            article=comment.article,
            created_at=comment.created_at,
            state=state,
            score=score,
            **score.columns(),
            policy=PolicyVersion.objects.get(active=True),
            verdict={"action": "queue", "rule": "flag-toxic", "flagged": True},
            facts={"text_hash": comment.text_hash},
            **{"flagged": True, "review_probability": 0.25, **columns},
        )

    return make


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a migrated database, which is copied for each test that needs one of its own."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('migrated_sqlite')}"
        return
    with _database(tmp_path_factory.mktemp("migrated") / "migrated.sqlite3") as url:
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=django_settings.BASE_DIR, env={**os.environ, "DATABASE_URL": url}, check=True)
        yield url


@pytest.fixture
def scratch(tmp_path: Path, migrated: str) -> Iterator[Scratch]:
    """A migrated database, filled by `call("fill", "300")`; kills processes that are still running afterwards."""
    with _database(tmp_path / "scratch.sqlite3", migrated) as url:
        database = Scratch(url, tmp_path)
        try:
            yield database
        finally:
            for process in database.started:
                process.kill()
                process.communicate()


@contextmanager
def _database(file: Path, template: str = "") -> Iterator[str]:
    """Yields the URL of a database of the suite's kind, empty or a copy of `template`; drops it afterwards."""
    default = django_settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3"):
        if template:
            shutil.copyfile(template.removeprefix("sqlite:///"), file)
        yield f"sqlite:///{file}"
        return
    import psycopg

    name = f"scratch_{uuid.uuid4().hex[:12]}"
    password = f":{quote(default['PASSWORD'])}" if default["PASSWORD"] else ""
    base = f"postgres://{default['USER']}{password}@{default['HOST']}:{default['PORT'] or 5432}"
    copied = f' TEMPLATE "{template.rpartition("/")[2]}"' if template else ""
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{copied}')
        try:
            yield f"{base}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> FakeBroker:
    """Gives the installation a broker that keeps its messages in memory."""
    fake = FakeBroker()
    settings.MODERATION_BROKER = "in memory"
    monkeypatch.setattr("moderation.services.work.broker._opened", lambda _path: fake)
    monkeypatch.setattr("moderation.services.work.nudges._paused_until", 0.0)
    return fake
