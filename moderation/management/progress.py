"""How a long command shows that it moves and how it is stopped: a bar on a terminal, a line now and then elsewhere."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

from tqdm import tqdm

LINE_SECONDS = 10.0


class Progress:
    """Shows how many of `total` are done, with the rate and the time left, on `stream` (standard error)."""

    def __init__(self, *, unit: str, stream: TextIO) -> None:
        self._unit, self._stream = unit, stream
        self._bar: tqdm[Any] | None = None
        self._started = self._last = time.monotonic()

    def show(self, done: int, total: int) -> None:
        """Moves the bar, or writes a line where the last one is ten seconds old."""
        if self._stream.isatty():
            self._move_bar(done, total)
        elif time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            self._stream.write(self._line(done, total) + "\n")
            self._stream.flush()

    def close(self) -> None:
        """Leaves the terminal's line."""
        if self._bar is not None:
            self._bar.close()

    def _move_bar(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = tqdm(total=total, unit=self._unit, file=self._stream, dynamic_ncols=True)
        self._bar.total = max(total, done)
        self._bar.update(done - self._bar.n)

    def _line(self, done: int, total: int) -> str:
        rate = done / max(time.monotonic() - self._started, 1e-9)
        left = f"{(total - done) / rate:,.0f} s left" if rate else "time left unknown"
        return f"{done:,} of {total:,} {self._unit}s, {rate:,.1f}/s, {left}"


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether SIGTERM or SIGINT came; a second one ends the process as usual."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
