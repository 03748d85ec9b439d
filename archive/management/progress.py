"""A command's progress on standard error: a bar on a terminal, a line every ten seconds elsewhere."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ClassVar, Self, TextIO

from tqdm import tqdm

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 10.0
_MEGABYTE = 1_000_000


class Progress:
    """Shows how many of a total are done, the rate and the time left. A context manager."""

    _scaled: ClassVar[bool] = False

    def __init__(self, *, unit: str, stream: TextIO | None = None, terminal: bool | None = None) -> None:
        """Starts the clock; shows nothing yet.

        Args:
            unit: What is counted, in the singular.
            stream: Where to show it; standard error by default.
            terminal: Whether the stream is a terminal; detected by default.
        """
        self._unit, self._stream = unit, stream or sys.stderr
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._bar: tqdm[Any] | None = None
        self._started = self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def show(self, done: int, total: int) -> None:
        """Updates the bar, or writes a line if the last one is ten seconds old."""
        if self._terminal:
            self._move_bar(done, total)
        elif time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self._write_line(done, total, max(self._last - self._started, 1e-9))

    def close(self) -> None:
        """Closes the bar, if there is one."""
        if self._bar is not None:
            self._bar.close()

    def _move_bar(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=total, unit=self._unit, unit_scale=self._scaled, file=self._stream, dynamic_ncols=True
            )
        self._bar.total = max(total, done)
        if done != self._bar.n:
            self._bar.update(done - self._bar.n)

    def _write_line(self, done: int, total: int, seconds: float) -> None:
        rate = done / seconds
        left = f"{(total - done) / rate:,.0f} s left" if rate else "time left unknown"
        self._stream.write(f"{done:,} of {total:,} {self._unit}s, {rate:,.1f}/s, {left}\n")
        self._stream.flush()


class ByteProgress(Progress):
    """Counts the bytes read of a `total` over several files, and their records; writes its lines to the log."""

    _scaled = True

    def __init__(self, *, total: int, terminal: bool | None = None) -> None:
        super().__init__(unit="B", terminal=terminal)
        self._total = total
        self._before = self._records = 0

    @contextmanager
    def file(self, size: int) -> Iterator[None]:
        """Wraps the reading of one file of `size` bytes."""
        yield
        self._before += size
        self.show(self._before, self._total)

    def at(self, done: int) -> None:
        """Counts a record; `done` bytes of the current file have been read."""
        self._records += 1
        self.show(self._before + done, self._total)

    def _write_line(self, done: int, total: int, seconds: float) -> None:
        read, size, rate = done / _MEGABYTE, total / _MEGABYTE, self._records / seconds
        log.info("import: %.1f of %.1f MB read, %d records, %.0f a second", read, size, self._records, rate)
