"""A word that one reader wrote is nowhere once the reader is erased: not in the database's bytes, logs or metrics."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("canary_process.py")


def lived(scratch: Any, word: str, folder: Path) -> str:
    """Runs the reader's life and returns what was logged."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), word, str(folder)],
        env=scratch.env() | {"MODERATION_WEBHOOKS_PRIVATE": "true"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout + done.stderr


def files_of(scratch: Any) -> Iterator[bytes]:
    """Yields the bytes of a SQLite database after VACUUM, with its log, or PostgreSQL's rows as pg_dump writes them."""
    if scratch.url.startswith("sqlite"):
        file = Path(scratch.url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("VACUUM")
        yield from (path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        return
    # With its statistics: the planner keeps samples of a column's values.
    subprocess.run(["psql", scratch.url, "-c", "VACUUM (FULL, ANALYZE)"], capture_output=True, check=True)
    yield str(scratch.query("SELECT * FROM pg_stats")).encode()
    yield subprocess.run(["pg_dump", scratch.url], capture_output=True, check=True).stdout


def test_a_readers_word_is_nowhere_after_the_erasure(
    scratch: Any, tmp_path: Path, missing: Callable[[str], None]
) -> None:
    if not scratch.url.startswith("sqlite") and not shutil.which("pg_dump"):
        missing("pg_dump")
    word = f"zq{uuid.uuid4().hex}"
    folder = tmp_path / "out"
    folder.mkdir()
    logged = lived(scratch, word, folder)
    assert (folder / "export").read_text(encoding="utf-8").count(word) > 6
    metrics = (folder / "metrics").read_text()
    found = list(files_of(scratch))
    assert sum(map(len, found)) > 100_000
    assert "RuntimeError" in logged
    assert "moderation_" in metrics or "django_" in metrics
    for place in (logged, metrics, *(data.decode("utf-8", "replace") for data in found)):
        assert word not in place.lower()
    # PostgreSQL's and SQLite's own forms of the text: hexadecimal of bytes, and UTF-16.
    assert not [1 for data in found if word.encode("utf-16-le") in data or word.encode().hex().encode() in data]
