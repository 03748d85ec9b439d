"""Lines on standard error that tell how far a run is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

LINE_SECONDS = 20.0


def say(line: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


def progress_of(what: str, total: int) -> Callable[[int], None]:
    """A function that tells how many are done, now and then."""
    told = time.monotonic()

    def show(done: int) -> None:
        nonlocal told
        if time.monotonic() - told >= LINE_SECONDS:
            told = time.monotonic()
            say(f"{what}: {done:,} of {total:,}")

    return show
