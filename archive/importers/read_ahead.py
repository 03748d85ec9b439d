"""Reads a large file in a process of its own, a little ahead of what is stored: parsing is half of an import's work.

Stands where `items_read` does, between the command and the parsers. The pipe holds the reader back: it is never more
than two batches ahead, whatever the file's size.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from operator import attrgetter
from typing import Any

from archive.database.gc_pause import gc_threshold_raised
from archive.importers.files import ImportFile, ImportOptions, items_read
from archive.importers.records import CommentRecord, FormatError, Item, StoppedError

# Below this a second process is not worth its start.
LARGE_BYTES = 4_000_000
# As many as are stored at once: the next ones are being parsed meanwhile.
BATCH_RECORDS = 4000
# The first ones are smaller, so that storing begins while the second process has hardly started.
FIRST_RECORDS = 500
BATCH_CHARACTERS = 8 * 1024 * 1024

_NAMES = tuple(field.name for field in fields(CommentRecord))
_values = attrgetter(*_NAMES)

Batch = list[tuple[Item, int]]


def is_large(file: ImportFile) -> bool:
    """Says whether a file is worth a process of its own, on this machine."""
    return file.path.stat().st_size >= LARGE_BYTES and (os.cpu_count() or 1) > 1


@contextmanager
def items_ahead(
    file: ImportFile, how: ImportOptions, at: Callable[[int], None] | None = None
) -> Iterator[Iterator[Item]]:
    """Does what `items_read` does, with the parsing in another process, which ends with the context.

    Raises, while the items are taken, what `items_read` raises, and StoppedError where that process dies.
    """
    # Spawned, not forked: it must not share the database connections of this one.
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    reader = context.Process(target=_read, args=(file, how, sender), daemon=True)
    with _interrupts_kept():
        reader.start()
    sender.close()
    try:
        yield _received(receiver, at)
    finally:
        receiver.close()
        reader.terminate()
        reader.join()


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Stands around the start of a process that an interrupt must not reach, for it reaches this one, which ends it.

    The new process takes over what is kept back, and never lets go of it; here it comes once this has passed.
    """
    # The first process that is started brings a tracker with it, which would let interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _record(*values: Any) -> CommentRecord:
    return CommentRecord(**dict(zip(_NAMES, values, strict=True)))


# A frozen dataclass pickles itself five times as slowly.
ForkingPickler.register(CommentRecord, lambda record: (_record, _values(record)))


def _received(receiver: "Connection[Any, Any]", at: Callable[[int], None] | None) -> Iterator[Item]:
    while (batch := _next_batch(receiver)) is not None:
        if isinstance(batch, FormatError | StoppedError):
            raise batch
        for item, done in batch:
            if at:
                at(done)
            yield item


def _next_batch(receiver: "Connection[Any, Any]") -> Any:
    try:
        return receiver.recv()
    except (EOFError, OSError) as error:  # The end of the pipe between two batches, and in the middle of one.
        raise StoppedError("it cannot be read further: the process that reads it has died") from error


def _read(file: ImportFile, how: ImportOptions, sender: "Connection[Any, Any]") -> None:
    """Runs in the other process: sends batches, then None or the error that ended the file."""
    with suppress(BrokenPipeError), gc_threshold_raised():
        try:
            for batch in _batches(file, how):
                sender.send(batch)
        except (FormatError, StoppedError) as error:
            sender.send(error)
        else:
            sender.send(None)


def grown(records: int, most: int) -> int:
    """How many records the next batch holds, after one of so many."""
    return min(2 * records, most)


def _batches(file: ImportFile, how: ImportOptions) -> Iterator[Batch]:
    """Yields items with the bytes of the file that were read by then; the last ones before an error come before it."""
    batch: Batch = []
    done = size = 0
    most = FIRST_RECORDS

    def at(position: int) -> None:
        nonlocal done
        done = position

    with items_read(file, how, at) as items:
        try:
            for item in items:
                batch.append((item, done))
                size += len(item.raw) if isinstance(item, CommentRecord) else 0
                if len(batch) >= most or size >= BATCH_CHARACTERS:
                    yield batch
                    batch, size, most = [], 0, grown(most, BATCH_RECORDS)
        except StoppedError:
            yield batch
            raise
    yield batch
