"""A run of judging again that is killed half-way, and resumed, gives the rows of one that was not."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from moderation.services.rejudging import chunk

CHUNKS = (
    "import django; django.setup(); from moderation.services.rejudging import chunk; chunk.CHUNK = 100; "
    "from moderation.services.rejudging.run import verdicts_rejudge; "
)
FILL = "import django; django.setup(); from moderation.benchmarks.judging import policy_rows; policy_rows.main()"
WHOLE = f"{CHUNKS}verdicts_rejudge()"
RESUMED = f"{CHUNKS}verdicts_rejudge(resume=True)"
# Killed after the reviews of the fourth chunk are written and before its transaction ends.
KILLED = (
    f"{CHUNKS}import os, signal, itertools; calls = itertools.count(); append = chunk.decisions_append\n"
    "def decisions_append(rows):\n"
    "    append(rows)\n"
    "    if next(calls) == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
    "chunk.decisions_append = decisions_append; verdicts_rejudge()"
)
ROWS = 1_000
TIMES = {"updated_at", "decided_at", "at"}


def run(database: Path, code: str, *arguments: str) -> int:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", code, *arguments]
    process = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=False, capture_output=True)
    return process.returncode


def rows_of(database: Path, table: str) -> list[dict[str, Any]]:
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608
    return [{name: value for name, value in row.items() if name not in TIMES} for row in rows]


def test_a_run_killed_within_a_chunk_and_resumed_gives_the_rows_of_an_uninterrupted_one(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    whole, killed = tmp_path / "whole.sqlite3", tmp_path / "killed.sqlite3"
    shutil.copyfile(migrated_sqlite, whole)
    assert run(whole, FILL, str(ROWS)) == 0
    shutil.copyfile(whole, killed)
    before = rows_of(whole, "moderation_review")
    assert run(whole, WHOLE) == 0
    assert run(killed, KILLED) == -signal.SIGKILL
    (half,) = rows_of(killed, "moderation_rejudging")
    assert (0 < half["position"] < half["last_id"], half["finished_at"]) == (True, None)
    assert rows_of(killed, "moderation_review") not in (before, rows_of(whole, "moderation_review"))
    assert run(killed, RESUMED) == 0
    for table in ("moderation_review", "moderation_decision", "moderation_rejudging"):
        expected = [{**row, "started_at": "", "finished_at": ""} for row in rows_of(whole, table)]
        assert [{**row, "started_at": "", "finished_at": ""} for row in rows_of(killed, table)] == expected
    assert chunk.CHUNK > ROWS
