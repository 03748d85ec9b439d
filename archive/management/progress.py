"""Progress of a long command on standard error: a bar on a terminal, a log line now and then otherwise."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tqdm import tqdm

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 10.0
_MEGABYTE = 1_000_000


class ByteProgress:
    """Counts the bytes read of `total`, and records beside them. A context manager."""

    def __init__(self, *, total: int, terminal: bool | None = None) -> None:
        shown = sys.stderr.isatty() if terminal is None else terminal
        self._bar = tqdm(total=total, unit="B", unit_scale=True, file=sys.stderr, disable=not shown)
        self._total, self._shown = total, shown
        self._before = self._done = self._records = 0
        self._begun = self._told = time.monotonic()

    def __enter__(self) -> "ByteProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    @contextmanager
    def file(self, size: int) -> Iterator[None]:
        """Stands around the reading of one file of `size` bytes."""
        yield
        self._before += size
        self._move(self._before)

    def at(self, done: int) -> None:
        """Says that a record was taken and `done` bytes of the file have been read."""
        self._records += 1
        if self._before + done != self._done:
            self._move(self._before + done)
        if not self._shown and time.monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            self._tell()

    def _move(self, done: int) -> None:
        self._bar.update(done - self._done)
        self._done = done

    def _tell(self) -> None:
        self._told = time.monotonic()
        rate = self._records / (self._told - self._begun)
        read, total = self._done / _MEGABYTE, self._total / _MEGABYTE
        log.info("import: %.1f of %.1f MB read, %d records, %.0f a second", read, total, self._records, rate)
