"""Values that no clock and no database holds end in one line that names the option, with status 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> str:
    """The address of an empty database with its tables."""
    path = tmp_path_factory.mktemp("commands") / "x.sqlite3"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


def manage(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )


LONG = "99999999999999999999"


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("score_comments --since 9999-12-31T23:59:59-14:00", "--since"),
        ("score_comments --since 0001-01-01T00:00:00+14:00", "--since"),
        ("score_comments --since 2024-13-45", "--since"),
        (f"score_comments --shard 1/{LONG}", "--shard"),
        (f"score_comments --shard {LONG}/{LONG}", "--shard"),
        ("score_comments --shard 0/4", "shard"),
        (f"score_comments --limit {LONG}", "--limit"),
        ("score_comments --limit ten", "--limit"),
        (f"score_comments --batch-size {LONG}", "--batch-size"),
        ("create_api_key z --scope read --expires 9999-12-31T23:59:59-14:00", "--expires"),
        ("create_api_key z --scope read --expires 2024-13-45", "--expires"),
        (f"create_api_key z --scope read --rate {LONG}", "--rate"),
        (f"export_decisions --after {LONG}", "--after"),
        (f"webhook rotate {LONG}", "id"),
        (f"webhook rotate 1 --overlap {LONG}", "--overlap"),
    ],
)
def test_a_value_beyond_all_bounds_is_one_line_that_names_the_option(database: str, line: str, option: str) -> None:
    run = manage(database, *line.split())
    assert (run.returncode, run.stdout) == (2, ""), run.stderr
    assert run.stderr.count("\n") == 1
    assert option in run.stderr


def test_output_that_nobody_reads_to_its_end_is_no_traceback(tmp_path: Path) -> None:
    # More than a pipe holds.
    printing = "[print(number) for number in range(100_000)]"
    command = f"{sys.executable} manage.py shell --no-imports -c '{printing}'; echo $? >{tmp_path}/status"
    run = subprocess.run(
        ["bash", "-c", f"({command}) | head -1"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == "Standard output was closed before its end.\n"
    assert (tmp_path / "status").read_text().strip() == "141"
