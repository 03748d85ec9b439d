"""The settings fail loudly, and what production needs is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.secret import development_secret_key


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


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    run = manage("makemigrations", "--check", "--dry-run")
    assert run.returncode == 0, run.stdout
