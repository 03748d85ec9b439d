"""A scratch database of the configured kind, dropped afterwards."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection


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
