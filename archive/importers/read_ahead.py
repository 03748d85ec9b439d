"""Parses a large file in a child process, slightly ahead of storing: parsing is half of an import's work.

A drop-in for `items_read`. The pipe limits the child, which is never more than two batches ahead, whatever the file's
size.
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

# Below this a second process is not worth starting.
LARGE_BYTES = 4_000_000
# As many as are stored at once; meanwhile the next ones are parsed.
BATCH_RECORDS = 4000
# The first batches are smaller, so that storing begins early.
FIRST_RECORDS = 500
BATCH_CHARACTERS = 8 * 1024 * 1024

_NAMES = tuple(field.name for field in fields(CommentRecord))
_values = attrgetter(*_NAMES)

Batch = list[tuple[Item, int]]


def is_large(file: ImportFile) -> bool:
    """Says whether a file is worth a child process on this machine."""
    return file.path.stat().st_size >= LARGE_BYTES and (os.cpu_count() or 1) > 1


@contextmanager
def items_ahead(
    file: ImportFile, how: ImportOptions, at: Callable[[int], None] | None = None
) -> Iterator[Iterator[Item]]:
    """Does what `items_read` does, but parses in a child process, which ends with the context.

    Raises, while the items are taken, what `items_read` raises, and StoppedError if the child dies.
    """
    # Spawned, not forked: the child must not share this process's database connections.
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    reader = context.Process(target=_read, args=(file, how, sender), daemon=True)
    with _interrupts_blocked():
        reader.start()
    sender.close()
    try:
        yield _received(receiver, at)
    finally:
        receiver.close()
        reader.terminate()
        reader.join()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Starts the child with SIGINT blocked: Ctrl-C reaches only the parent, which terminates the child.

    The child inherits the mask and keeps it; in the parent, a pending SIGINT arrives after the block.
    """
    # Starting the first child also starts the resource tracker, which would unblock SIGINT.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _record(*values: Any) -> CommentRecord:
    return CommentRecord(**dict(zip(_NAMES, values, strict=True)))


# A frozen dataclass takes five times as long to pickle by itself.
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
    except (EOFError, OSError) as error:  # The pipe ended between two batches, or in the middle of one.
        raise StoppedError("it cannot be read further: the process that reads it has died") from error


def _read(file: ImportFile, how: ImportOptions, sender: "Connection[Any, Any]") -> None:
    """Runs in the child: sends batches, then None or the error that ended the file."""
    with suppress(BrokenPipeError), gc_threshold_raised():
        try:
            for batch in _batches(file, how):
                sender.send(batch)
        except (FormatError, StoppedError) as error:
            sender.send(error)
        else:
            sender.send(None)


def grown(records: int, most: int) -> int:
    """Returns the size of the next batch after one of `records`: double, at most `most`."""
    return min(2 * records, most)


def _batches(file: ImportFile, how: ImportOptions) -> Iterator[Batch]:
    """Yields batches of items, each item with the bytes read by then; yields the last batch before raising an error."""
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
