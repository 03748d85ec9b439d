"""Notes that a read records on the side, such as when a key was last used, without waiting for another writer.

On SQLite one connection writes at a time; on PostgreSQL a row may be locked. A note is written if no lock is in the
way; otherwise it is dropped, or written a moment later by a thread.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError, connection, transaction

logger = logging.getLogger(__name__)

LOCK_MILLISECONDS = 20
MAX_WAITING = 1_000
TRIES, PAUSE_SECONDS = 20, 1.0
Note = Callable[[], object]


def note_if_free(note: Note) -> bool:
    """Runs `note`, which writes, unless it would have to wait for a lock; returns whether it was written."""
    try:
        with _without_waiting():
            note()
    except OperationalError:
        return False
    return True


def note_soon(note: Note) -> None:
    """Runs `note`, which writes, now or, if it would have to wait, in a thread that waits for the lock.

    The thread runs it outside the caller's transaction, so `note` must hold ids and no rows. A process that is killed
    in the meantime loses it; one that is asked to stop writes it first.
    """
    if note_if_free(note):
        return
    if not _late.add(note):
        logger.error("a note was lost: %d others wait for the database", MAX_WAITING)


class _LateWriter:
    """Writes notes in order, in a thread that lives as long as there are any."""

    def __init__(self) -> None:
        self._waiting = deque[Note]()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, note: Note) -> bool:
        """Queues the note unless `MAX_WAITING` are queued already; returns whether it was queued."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append(note)
            if self._thread is None or not self._thread.is_alive():
                # Not a daemon: the process waits for it before it exits.
                self._thread = threading.Thread(target=self._write, name="late notes")
                self._thread.start()
            return True

    def join(self) -> None:
        """Waits until all notes are written."""
        while thread := self._thread:
            thread.join()

    def _write(self) -> None:
        while note := self._next():
            _write_one(note)
            connection.close()

    def _next(self) -> Note | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._thread = None
            return None


_late = _LateWriter()


def _write_one(note: Note) -> None:
    for _ in range(TRIES):
        try:
            note()
        except OperationalError:
            time.sleep(PAUSE_SECONDS)
        except DatabaseError as error:
            logger.warning("a note could not be written: %s", type(error).__name__)
            return
        else:
            return
    logger.error("a note was lost: the database was busy or away for too long")


@contextmanager
def _without_waiting() -> Iterator[None]:
    """Makes statements in the block fail instead of waiting for a lock; changes nothing inside a transaction."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with waiting_at_most(0):
            yield
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
            yield


@contextmanager
def waiting_at_most(milliseconds: int) -> Iterator[None]:
    """Limits how long SQLite waits for another writer in the block before it fails; no effect on PostgreSQL."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    # Bypasses Django's cursors, which log queries: these do not belong to the page.
    (before,) = connection.connection.execute("PRAGMA busy_timeout").fetchone()
    connection.connection.execute(f"PRAGMA busy_timeout = {min(int(before), milliseconds)}")
    try:
        yield
    finally:
        # The block may have closed the connection; a new one starts with the settings' value.
        if connection.connection is not None:
            connection.connection.execute(f"PRAGMA busy_timeout = {int(before)}")
