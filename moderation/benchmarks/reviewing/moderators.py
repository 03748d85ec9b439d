"""`benchmark moderators`: many people who decide on one queue at once, and what is wrong afterwards.

`moderation.benchmarks.reviewing.moderator_shift` is what each of them does, in its own processes on a scratch database.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection

from moderation.benchmarks.scratch import BenchmarkError, scratch_database

PROCESSES = 2
CHILD = "import django; django.setup(); from moderation.benchmarks.reviewing.moderator_shift import main; main()"
POLL_SECONDS = 0.01
END_SECONDS = 900

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModeratorRange:
    """What one process does: moderators number `first` to `last`, the last one left out."""

    first: int
    last: int
    file: str


def moderators_measured(*, moderators: int, pending: int) -> Figures:
    """Has `moderators` moderators decide on `pending` comments, on a scratch database of the configured kind.

    Raises:
        BenchmarkError: a comment was decided twice, was lost or stays held, or a process failed.
    """
    with TemporaryDirectory(prefix="moderato-benchmark-") as folder, scratch_database(Path(folder)) as url:
        _run(url, "fill", str(moderators), str(pending))
        begun, worked = _work(url, Path(folder), moderators)
        seconds = max(part["ended"] for part in worked) - begun
        found = json.loads(_run(url, "count"))
    decided: Counter[str] = sum((Counter(part["decided"]) for part in worked), Counter())
    wrong = {name: count for name, count in found.items() if count}
    if wrong or decided.total() != pending:
        raise BenchmarkError(f"{decided.total()} of {pending} comments were decided; wrong: {wrong or 'the sum'}")
    return {
        "database": connection.vendor,
        "moderators": moderators,
        "comments": pending,
        **found,
        "refused": sum(part["refused"] for part in worked),
        "most_and_least_by_one": [max(decided.values()), min(decided.values())],
        "seconds": round(seconds, 2),
        "decisions_per_second": round(pending / seconds, 1),
    }


def _work(url: str, folder: Path, moderators: int) -> tuple[float, list[Figures]]:
    """Starts the processes together; returns the time of the start and what each did."""
    processes = min(PROCESSES, moderators)
    bounds = [moderators * at // processes for at in range(processes + 1)]
    parts = [ModeratorRange(first, last, str(folder / f"part-{first}.json")) for first, last in pairwise(bounds)]
    go = folder / "go"
    started = [_start(url, "work", str(part.first), str(part.last), part.file, str(go)) for part in parts]
    try:
        _wait(lambda: all(Path(f"{part.file}.ready").exists() for part in parts), started)
        begun = time.time()
        go.touch()
        for process in started:
            if process.wait(END_SECONDS):
                raise BenchmarkError(f"a process ended with status {process.returncode}")
    finally:
        for process in started:
            process.kill()
            process.communicate()
    return begun, [json.loads(Path(part.file).read_text(encoding="utf-8")) for part in parts]


def _wait(ready: Callable[[], bool], started: list[subprocess.Popen[str]]) -> None:
    end = time.monotonic() + END_SECONDS
    while not ready():
        if any(process.poll() is not None for process in started) or time.monotonic() > end:
            raise BenchmarkError("a process did not begin")
        time.sleep(POLL_SECONDS)


def _start(url: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, *arguments]
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(  # noqa: S603 - this very program
        command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )


def _run(url: str, *arguments: str) -> str:
    process = _start(url, *arguments)
    said, _ = process.communicate(timeout=END_SECONDS)
    if process.returncode:
        raise BenchmarkError(f"{arguments[0]} ended with status {process.returncode}")
    return said
