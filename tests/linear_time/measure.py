"""Measures patterns and functions on texts that grow, in a process of its own with a limit of processor time.

Processor time does not depend on how busy the machine is, and the limit ends what would never end.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

SIZES = (2_000, 20_000, 100_000)
# Of all texts at the first size so many are made longer: those that took most time.
KEPT = (None, 5, 2)
# Of processor time, for one pattern or function with all its texts.
LIMIT_SECONDS = 60
# So many seconds for a character are too slow, however they grow: 100 KB in four, on a busy machine.
MAX_SECONDS_A_CHARACTER = 4 / 100_000
# Below this a time says nothing of growth.
FLOOR_SECONDS = 0.05
# What is linear grows as the text does; by more than so many times that it is not. Quadratic is 10 and 5 times that.
MAX_GROWTH = 2.5
REPEATS = 3
# A clock of processor time may tick so seldom.
COARSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured: processor seconds of the worst text at the last size reached, and at the one before."""

    name: str
    text: str
    size: int
    seconds: float
    before: float | None

    @property
    def fault(self) -> str:
        """What is wrong with it, or nothing."""
        told = f"{self.name}: {self.seconds * 1000:.0f} ms on {self.size} characters of {self.text}"
        if self.seconds > max(FLOOR_SECONDS, MAX_SECONDS_A_CHARACTER * self.size):
            return told
        if self.before is None or self.seconds <= FLOOR_SECONDS:
            return ""
        before = SIZES[SIZES.index(self.size) - 1]
        grown = self.seconds > MAX_GROWTH * max(self.before, COARSE_SECONDS / 10) * self.size / before
        return f"{told}, and {self.before * 1000:.1f} ms on {before}" if grown else ""


def measured(name: str, run: Callable[[Any], Any], texts: Sequence[tuple[str, Callable[[int], Any]]]) -> Row:
    """Runs on each text at growing sizes and returns the first that is too slow, else the worst at the last size."""
    kept = [(told, text, None) for told, text in texts]
    for size, keep in zip(SIZES, KEPT, strict=True):
        rows = []
        for told, text, before in kept[:keep]:
            # Once at the last size, which takes longest; only what looks like a fault is worth the best of a few times.
            row = Row(name, told, size, _seconds(run, text(size), REPEATS if size < SIZES[-1] else 1), before)
            if row.fault:
                row = Row(name, told, size, _seconds(run, text(size), REPEATS), before)
            rows.append((row, text))
            if row.fault:
                return row
        rows.sort(key=lambda one: -one[0].seconds)
        kept = [(row.text, text, row.seconds) for row, text in rows]
    return rows[0][0]


def _seconds(run: Callable[[Any], Any], text: Any, times: int) -> float:
    """The best of so many times: of processor time, whose clock may be coarse, or by the wall if that says less."""
    best = float("inf")
    for _ in range(times):
        begun, by_wall = time.process_time(), time.perf_counter()
        run(text)
        wall = time.perf_counter() - by_wall
        best = min(best, wall if wall < COARSE_SECONDS else min(wall, time.process_time() - begun))
        if best < FLOOR_SECONDS / 50:
            break
    return best


def rows_measured(kind: str) -> tuple[list[Row], list[str]]:
    """Measures everything of a kind in processes of their own; returns the rows, and what had to be killed."""
    rows: list[Row] = []
    killed: list[str] = []
    while True:
        command = [sys.executable, "-W", "ignore", "-m", "tests.linear_time", kind, "--json", "--begin"]
        ran = subprocess.run(
            [*command, str(len(rows) + len(killed))],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        told = [json.loads(line) for line in ran.stdout.splitlines()]
        rows += [Row(**one) for one in told if isinstance(one, dict)]
        if ran.returncode == 0:
            return rows, killed
        if not told or isinstance(told[-1], dict):
            raise RuntimeError(f"measuring {kind} ended with {ran.returncode}")
        killed.append(told[-1])
