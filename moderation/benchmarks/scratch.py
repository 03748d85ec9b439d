"""A scratch database of the configured kind, dropped afterwards, and processes that run on it."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

CHILD = "import django; django.setup(); from moderation.benchmarks.{module} import main; main()"


class BenchmarkError(Exception):
    """The thing measured did not do its work; the message is one line for a person."""


@contextmanager
def scratch_database(folder: Path) -> Iterator[str]:
    """Gives the DATABASE_URL of an empty database of the configured kind, which is gone afterwards."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'benchmark.sqlite3'}"
        return
    name = f"moderato_benchmark_{secrets.token_hex(4)}"
    quoted = connection.ops.quote_name(name)
    # PostgreSQL makes and drops databases outside transactions and from another one only.
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {quoted}")
    try:
        yield _url(name)
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {quoted}")


def _url(name: str) -> str:
    parts = {key: quote(str(connection.settings_dict[key]), safe="") for key in ("USER", "PASSWORD", "HOST", "PORT")}
    port = f":{parts['PORT']}" if parts["PORT"] else ""
    return f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}{port}/{name}"


def child_run(url: str, module: str, *arguments: str) -> str:
    """Runs a module of the benchmarks on the scratch database and returns its output; raises BenchmarkError.

    `module` is named with its room, as `reviewing.desk_rows`.
    """
    command = [sys.executable, "-c", CHILD.format(module=module), *arguments]
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
    process = subprocess.run(  # noqa: S603 - this very program
        command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=False
    )
    if process.returncode:
        raise BenchmarkError(f"{module} ended with status {process.returncode}")
    return process.stdout
