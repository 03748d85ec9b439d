"""Progress of a run, as lines on standard error.

The commands' display is in the archive, which the training does not import.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

LINE_SECONDS = 20.0


def say(line: str) -> None:
    """Write a line, with the time, to standard error."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


def progress_of(what: str, total: int) -> Callable[[int], None]:
    """A function that takes how many are done, and writes a line every 20 seconds."""
    last = time.monotonic()

    def show(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_SECONDS:
            last = time.monotonic()
            say(f"{what}: {done:,} of {total:,}")

    return show
