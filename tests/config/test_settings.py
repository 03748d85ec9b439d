"""The settings fail loudly, and what production needs is there."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from config.installation.environment import Environment
from config.installation.private_files import sqlite_close
from config.installation.secret import development_secret_key
from moderation.checks import SETTINGS


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", "ALLOWED_HOSTS"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_without_a_secret_key_does_not_start() -> None:
    run = manage("check", MODERATO_ENV="production", ALLOWED_HOSTS="example.org")
    assert run.returncode != 0
    assert "SECRET_KEY" in run.stderr


def test_production_with_an_empty_secret_key_does_not_start() -> None:
    run = manage("check", MODERATO_ENV="production", ALLOWED_HOSTS="example.org", SECRET_KEY="")
    assert (run.returncode, run.stderr) == (1, "Set the SECRET_KEY environment variable\n")


def test_an_unknown_environment_is_named() -> None:
    run = manage("check", MODERATO_ENV="staging")
    assert "MODERATO_ENV is 'staging'" in run.stderr


def test_the_deployment_check_is_clean() -> None:
    secret = "k3y-" + "".join(chr(97 + number * 7 % 26) for number in range(60))
    run = manage(
        "check", "--deploy", "--fail-level", "WARNING",
        MODERATO_ENV="production", SECRET_KEY=secret, ALLOWED_HOSTS="example.org",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def test_the_development_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = development_secret_key(tmp_path)
    assert len(first) >= 50
    assert development_secret_key(tmp_path) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_an_empty_key_is_made_anew_and_a_cut_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.touch()
    assert len(development_secret_key(tmp_path)) >= 50
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("half a key")
    with pytest.raises(ImproperlyConfigured, match=f"{path} holds 10 characters .* remove the file"):
        development_secret_key(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ImproperlyConfigured, match=f"{path} cannot be read or made: Is a directory"):
        development_secret_key(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["secret_key"]


def environment(**variables: str) -> Environment:
    found = Environment()
    found.ENVIRON = variables
    return found


@pytest.mark.parametrize("url", ["foo", "", "mysql://a@b/c", "postgres://u:hunter2@h:port/x", "postgres://h/", "://"])
def test_an_address_that_leads_to_no_database_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL must be sqlite:///PATH or postgres://") as refused:
        environment(DATABASE_URL=url).db_url("DATABASE_URL")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("sqlite:///var/db.sqlite3", "sqlite3", "var/db.sqlite3"),
        ("sqlite:////srv/db.sqlite3", "sqlite3", "/srv/db.sqlite3"),
        ("sqlite://:memory:", "sqlite3", ":memory:"),
        ("postgres://ada@127.0.0.1:5432/news", "postgresql", "news"),
        ("postgresql://ada:p%40ss@db/news", "postgresql", "news"),
    ],
)
def test_addresses_of_databases_are_read(url: str, engine: str, name: str) -> None:
    found = environment(DATABASE_URL=url).db_url("DATABASE_URL")
    assert (found["ENGINE"].rpartition(".")[2], found["NAME"]) == (engine, name)


def test_what_is_no_number_and_no_truth_is_named() -> None:
    env = environment(THREADS="many", PROXY="ture", SURE="True", NONE="", NAME="$hunter2")
    with pytest.raises(ImproperlyConfigured, match=r"^THREADS must be a whole number\.$"):
        env.int("THREADS", default=1)
    with pytest.raises(ImproperlyConfigured, match=r"^PROXY must be true or false\.$"):
        env.bool("PROXY", default=False)
    assert (env.bool("SURE"), env.bool("NONE"), env.bool("ABSENT", default=True)) == (True, False, True)
    with pytest.raises(ImproperlyConfigured, match=r"^NAME begins with \$") as refused:
        env.str("NAME")
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ImproperlyConfigured, match="ABSENT"):
        env.str("ABSENT")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MODERATION_THREADS", "many", "MODERATION_THREADS must be a whole number."),
        ("DATABASE_URL", "foo", "DATABASE_URL must be sqlite:///PATH or"),
        ("MODERATION_RETENTION", "notes=soon", "MODERATION_RETENTION: 'notes=soon' is not KIND=DAYS"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of DEBUG, "),
        ("REDIS_URL", "foo", "REDIS_URL must be redis://"),
        ("REDIS_URL", "redis://127.0.0.1:port/0", "REDIS_URL must be redis://"),
        ("CORS_ALLOWED_ORIGINS", "news.example", "CORS_ALLOWED_ORIGINS: news.example must be https://HOST"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://news.example/page",
            "CORS_ALLOWED_ORIGINS: https://news.example/page must be",
        ),
    ],
)
def test_a_variable_that_makes_no_sense_ends_a_command_in_one_line(name: str, value: str, said: str) -> None:
    run = manage("check", **{name: value})
    assert run.returncode == 1
    assert run.stderr.startswith(said)
    assert run.stderr.count("\n") == 1


BOUNDS = [
    ("MODERATION_THREADS", -1), ("WEB_THREADS", 0), ("MODERATION_WAIT_SECONDS", 0), ("MODERATION_WAIT_SECONDS", -3),
    ("MODERATION_QUEUE_SECONDS", -1), ("MODERATION_QUEUE_SECONDS", 51), ("MODERATION_LEASE_SECONDS", 0),
    ("MODERATION_LEASE_SECONDS", 10**12), ("MODERATION_HOLD_SECONDS", 10**12),
    ("MODERATION_MAX_TEXT_BYTES", 0), ("MODERATION_MAX_BODY_BYTES", -1), ("SECURE_HSTS_SECONDS", -1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BOUNDS)
def test_a_limit_that_makes_no_sense_is_e002(settings: Any, name: str, value: int) -> None:
    setattr(settings, name, value)
    (message,) = run_checks(tags=[SETTINGS])
    assert (message.id, name in message.msg, message.is_serious()) == ("moderation.E002", True, True)


@pytest.mark.parametrize("key", ["short", "a" * 64, "abcd" * 20])
def test_a_secret_key_of_production_that_can_be_guessed_is_e003(settings: Any, key: str) -> None:
    settings.PRODUCTION, settings.SECRET_KEY = True, key
    assert [message.id for message in run_checks(tags=[SETTINGS])] == ["moderation.E003"]
    settings.SECRET_KEY = "k3y-" + "".join(chr(97 + number * 7 % 26) for number in range(60))
    assert run_checks(tags=[SETTINGS]) == []
    settings.PRODUCTION, settings.SECRET_KEY = False, key
    assert run_checks(tags=[SETTINGS]) == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"MODERATO_ENV": "production", "SECRET_KEY": "short", "ALLOWED_HOSTS": "a"}, "moderation.E003"),
        ({"DATABASE_URL": "foo"}, "DATABASE_URL must be"),
        ({"WEB_THREADS": "-1"}, "WEB_THREADS must be a whole number from 1 on."),
    ],
)
def test_a_server_does_not_start_with_settings_that_make_no_sense(variables: dict[str, str], said: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "BIND": "127.0.0.1:0", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode != 0
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_the_files_of_sqlite_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "db.sqlite3"
    assert manage("check", DATABASE_URL=f"sqlite:///{path}").returncode == 0
    with closing(sqlite3.connect(path)) as beside:
        beside.executescript("PRAGMA journal_mode=WAL; CREATE TABLE one (id)")
        modes = {one.name: S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert set(modes) == {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"}
    assert set(modes.values()) == {0o600}
    assert S_IMODE(path.parent.stat().st_mode) == 0o700


def test_files_that_all_could_read_are_closed_to_them_and_a_group_that_may_write_stays(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    for suffix, mode in (("", 0o644), ("-wal", 0o644), ("-shm", 0o664)):
        other = tmp_path / f"db.sqlite3{suffix}"
        other.touch()
        other.chmod(mode)
    sqlite_close(path)
    assert [S_IMODE((tmp_path / f"db.sqlite3{suffix}").stat().st_mode) for suffix in ("", "-wal", "-shm")] == [
        0o600,
        0o600,
        0o664,
    ]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    run = manage("makemigrations", "--check", "--dry-run")
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"CELERY_BROKER_URL": "amqp://h/"}, "CELERY_BROKER_URL must be redis://HOST:PORT/NUMBER or rediss://…."),
        (
            {"CELERY_BROKER_URL": "redis://127.0.0.1:6379/8", "DATABASE_URL": "sqlite:///var/x.sqlite3"},
            "CELERY_BROKER_URL needs PostgreSQL: set DATABASE_URL to postgres://…, or unset it.",
        ),
        ({"DATABASE_POOL": "101"}, "DATABASE_POOL is 101: it must be 0 to 100."),
        ({"DATABASE_POOL": "many"}, "DATABASE_POOL must be a whole number."),
    ],
)
def test_a_broker_or_a_pool_that_makes_no_sense_is_named(given: dict[str, str], said: str) -> None:
    run = manage("check", **{"DATABASE_URL": "postgres://postgres@127.0.0.1:5432/x", **given})
    assert (run.returncode, run.stderr) == (1, f"{said}\n")
