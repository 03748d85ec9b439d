"""Shared fixtures: rows, keys, clients, and the real embedded model."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient

from archive.models import Article, Comment, Commenter, Source
from moderation import seeds
from moderation.models import Claim, Review, Score, ledger

ABSENT = Path(__file__).parent / "absent"
NOON = datetime(2021, 11, 16, 12, tzinfo=UTC)

# No deadline, because the time an example takes depends on how busy the machine is. Derandomized, so that a random find
# does not break an unrelated change; `--hypothesis-profile default` searches at random.
settings.register_profile("unhurried", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


# Even where a container says never: the rewritten tests, and what some hundred processes of theirs import.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Processes of tests score with the one model that every test knows, as the tests themselves do.
os.environ["MODERATION_MODELS"] = "compact"
# They start in half the time without packages of linters that an installation does not have.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ABSENT), os.environ.get("PYTHONPATH")]))
# As many processes as cores are at work already: each computes in one thread.
for name in ("MODERATION_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"


# Of what no core may begin last: half a minute or more of it, in one test or in what a module starts.
LONG = ("tests/linear_time/", "tests/moderation/training/", "tests/config/server/", "tests/archive/importers/test_r")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest tests that need no database before all others, so that no process ends with them alone."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """Leaves modules and tests, which stay to the end, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escapes what a test logged on purpose and no process can send to another: halves of a pair."""
    report = yield
    escaped = [(name, text.encode("utf-8", "backslashreplace").decode("utf-8")) for name, text in report.sections]
    report.sections[:] = escaped
    return report


@pytest.fixture(scope="session")
def migrated_sqlite(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every table and the seeds: tests that start processes work on copies of it."""
    path = tmp_path_factory.mktemp("migrated") / "migrated.sqlite3"
    # pytest-django makes no database if none of the chosen tests says that it needs one.
    is_made = str(connection.settings_dict["NAME"]) != str(getattr(django_settings, "SQLITE_FILE", ""))
    if connection.vendor == "sqlite" and is_made:
        # The suite's own database, which the migrations have just made.
        with django_db_blocker.unblock(), closing(sqlite3.connect(path)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
        return path
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment, check=True)
    return path


@pytest.fixture(autouse=True, scope="session")
def ledger_triggers_lifted_for_flush() -> Iterator[None]:
    """Lets Django flush the ledger after tests that commit, which its triggers otherwise refuse."""
    kind = type(connection.ops)
    flush = kind.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        with ledger.triggers_lifted():
            flush(self, sql_list)

    kind.execute_sql_flush = execute_sql_flush
    yield
    kind.execute_sql_flush = flush


@pytest.fixture(autouse=True, scope="session")
def seeds_after_flush() -> Iterator[None]:
    """Adds the migrations' seeds again after each flush, which empties every table."""

    def reseed(**_: Any) -> None:
        if "moderation_reason" in connection.introspection.table_names():
            seeds.seed(apps)

    post_migrate.connect(reseed, sender=apps.get_app_config("moderation"))
    yield
    post_migrate.disconnect(reseed, sender=apps.get_app_config("moderation"))


@pytest.fixture(autouse=True, scope="session")
def fast_clients_and_passwords() -> Iterator[None]:
    """Saves each test client a scan of all static files, and each password half a second of hashing.

    Static files are looked up on request instead. Django tests its own password hashing.
    """
    with override_settings(
        WHITENOISE_AUTOREFRESH=True, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def english_model_alone() -> Iterator[None]:
    """Has `compact` alone serve, whichever models come with the project; `second` adds another one."""
    with override_settings(MODERATION_MODELS=["compact"]):
        yield


@pytest.fixture(autouse=True, scope="session")
def cache_per_worker(worker_id: str) -> Iterator[None]:
    """Gives each xdist worker its own keys in a shared cache, as it has its own database."""
    caches = {name: {**cache, "KEY_PREFIX": worker_id} for name, cache in django_settings.CACHES.items()}
    with override_settings(CACHES=caches):
        yield


@pytest.fixture(autouse=True)
def english() -> None:
    """Starts each test in English: a request of an earlier one may have left its thread in Turkish."""
    translation.activate("en")


@pytest.fixture(autouse=True)
def caches_cleared() -> None:
    """Clears the process's caches, so that no test sees rows of another test's database."""
    from moderation.services.accounts.api_keys import keys_forget
    from moderation.services.online_scoring.request_queue import request_queues_forget
    from moderation.services.team.live import live_forget

    request_queues_forget()
    keys_forget()
    live_forget()


@pytest.fixture
def cache_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The TTL caches' clock, in seconds, which stands still unless a test sets `cache_clock[0]`."""
    from moderation.services import ttl_cache

    clock = [0.0]
    monkeypatch.setattr(ttl_cache, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return clock


@pytest.fixture(autouse=True)
def database_clock_is_django_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the database's clock follow `timezone.now`, so that a test that travels in time moves both."""
    from archive.database.clock import _DatabaseClock

    monkeypatch.setattr(_DatabaseClock, "now", lambda _: timezone.now())


@pytest.fixture(scope="session")
def missing() -> Callable[[str], None]:
    """Skips a test for lack of a tool: `missing("Node")`. With CI=true it fails instead, because CI has every tool."""

    def end(what: str) -> None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{what} is missing, and under CI=true nothing is skipped for that.", pytrace=False)
        pytest.skip(f"{what} is missing")

    return end


@pytest.fixture(scope="session")
def scorer() -> Any:
    """The embedded model, opened once."""
    from moderation.scoring import open_scorer

    return open_scorer("compact", threads=1)


@pytest.fixture(scope="session")
def second_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a second real model, `second@1`: compact's own files, for other languages."""
    from moderation.scoring.catalogue.descriptions import MODELS

    folder = tmp_path_factory.mktemp("models") / "second"
    shutil.copytree(MODELS["compact"], folder)
    fields = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    languages = {"languages": ["tr", "ru", "es", "de"], "experimental_languages": ["hi", "hi-Latn", "ko"]}
    (folder / "model.json").write_text(json.dumps({**fields, **languages, "name": "second", "version": 1}))
    return folder


@pytest.fixture
def second(second_folder: Path, settings: Any) -> Iterator[str]:
    """Installs the second model, which comes after compact: its label."""
    from moderation.scoring import look_in
    from moderation.services.online_scoring.request_queue import request_queues_forget

    settings.MODERATION_MODELS = ["compact", "second"]
    look_in(second_folder.parent)
    request_queues_forget()
    yield "second@1"
    look_in(Path(settings.MODERATION_MODELS_FOLDER))
    request_queues_forget()


@pytest.fixture
def source(db: None) -> Source:
    """A newsroom."""
    return Source.objects.create(slug="harbor-times", name="Harbor Times", default_language="en")


@pytest.fixture
def article(source: Source) -> Article:
    """An article of that newsroom."""
    return Article.objects.create(
        source=source, external_id="a1", title="A second battery", section="Politics", published_at=NOON
    )


@pytest.fixture
def commenter(source: Source) -> Commenter:
    """A reader."""
    return Commenter.objects.create(source=source, external_id="name:ada", name="Ada")


@pytest.fixture
def make_comment(article: Article, commenter: Commenter) -> Callable[..., Comment]:
    """Creates unscored comments, a minute apart: `make_comment("text", external_id="c9", parent=other)`."""
    numbers = count(1)

    def make(text: str = "A calm remark.", **columns: Any) -> Comment:
        number = next(numbers)
        defaults: dict[str, Any] = {
            "source": article.source,
            "article": article,
            "commenter": commenter,
            "external_id": f"c{number}",
            "raw": text,
            "text": text,
            "text_hash": hashlib.sha256(text.encode()).hexdigest(),
            "created_at": NOON + timedelta(minutes=number),
        }
        return Comment.objects.create(**{**defaults, **columns})

    return make


@pytest.fixture
def api_key(db: None) -> Callable[..., str]:
    """Creates keys: `api_key("read", "write")` returns the secret."""
    from moderation.services.accounts.api_keys import api_key_create

    numbers = count(1)

    def make(*scopes: str, **options: Any) -> str:
        return api_key_create(name=f"key {next(numbers)}", scopes=scopes, **options)[1]

    return make


@pytest.fixture
def client_with(api_key: Callable[..., str]) -> Callable[..., APIClient]:
    """Creates API clients with a key that has these scopes: `client_with("read")`."""

    def make(*scopes: str, **options: Any) -> APIClient:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key(*scopes, **options)}")
        return client

    return make


@dataclass
class Arrivals:
    """Comments that come and are judged in one batch, from scores that they have: `arrive(0.9, 0.1)`, toxicity each.

    `queries` is how many the last batch took.
    """

    make_comment: Callable[..., Comment]
    queries: int = 0

    def __call__(self, *toxicity: float, **columns: Any) -> list[Review]:
        from moderation.services.batch_scoring.chunk import ScoreRun
        from moderation.services.batch_scoring.inference import Inference
        from moderation.services.batch_scoring.options import ScoreReport
        from moderation.services.model_versions import models_in_use

        models = models_in_use()
        model = models.rows[0]
        run = ScoreRun(Inference(None), models, True, "me", ScoreReport(models.label, active=True))  # type: ignore[arg-type]
        comments = [self.make_comment(f"Remark {uuid.uuid4()}.", **columns) for _ in toxicity]
        for comment, value in zip(comments, toxicity, strict=True):
            scored = {"comment": comment, "model": model, "revision": 1, "text_hash": comment.text_hash}
            Score.objects.create(**scored, language="en", toxicity=value)
            Claim.objects.create(comment=comment, worker="me")
        loaded = run.load([comment.pk for comment in comments])
        with CaptureQueriesContext(connection) as captured:
            run.batch(loaded)
        self.queries = len(captured)
        return list(Review.objects.filter(pk__in=[comment.pk for comment in comments]).order_by("pk"))


@pytest.fixture
def arrive(make_comment: Callable[..., Comment]) -> Arrivals:
    """Comments that come and are judged: see `Arrivals`."""
    return Arrivals(make_comment)


@pytest.fixture
def write_policy(db: None) -> Callable[..., int]:
    """Saves a policy as a draft and returns its version: `write_policy(("r", "reject", 0.5), author=ada)`."""
    from moderation.services.policies.versions import policy_create

    def make(*rules: tuple[str, str, float], author: User | None = None, audit_share: float = 0.0) -> int:
        written = [
            {"id": name, "when": {"any": [{"attribute": "toxicity", "gte": gte}]}, "action": action}
            for name, action, gte in rules
        ]
        # A name of its own: the newest version is not saved again.
        body = {"schema": 2, "name": str(uuid.uuid4()), "rules": written, "audit_share": audit_share}
        return policy_create(body=body, actor=author).version.version

    return make
