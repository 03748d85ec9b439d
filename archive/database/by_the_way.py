"""Notes that a read makes by the way, such as when a key was last used: the reader never waits for another's write.

On SQLite one connection writes at a time, on PostgreSQL a row may be locked. A note is written if that takes no
waiting; else it is left out, or written a moment later by a thread.
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
    """Runs `note`, which writes, unless it would have to wait; returns whether it was written."""
    try:
        with _without_waiting():
            note()
    except OperationalError:
        return False
    return True


def note_soon(note: Note) -> None:
    """Runs `note`, which writes, now or, where it would have to wait, in a thread that waits for the lock.

    The thread runs it outside the caller's transaction, so that `note` holds ids and no rows. A process that is killed
    meanwhile loses it; one that is asked to end writes it first.
    """
    if note_if_free(note):
        return
    if not _late.add(note):
        logger.error("a note was lost: %d others wait for the database", MAX_WAITING)


class _LateWriter:
    """Writes notes in their order, in a thread that is there while there are any."""

    def __init__(self) -> None:
        self._waiting = deque[Note]()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, note: Note) -> bool:
        """Takes the note, unless too many wait already."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append(note)
            if self._thread is None or not self._thread.is_alive():
                # No daemon: a process that ends waits for it.
                self._thread = threading.Thread(target=self._write, name="late notes")
                self._thread.start()
            return True

    def join(self) -> None:
        """Waits until all is written."""
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
    """Has statements of the block fail that would wait for a lock; inside a transaction nothing is changed."""
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
    """Has SQLite wait for another's write for so long in the block, and then fail; PostgreSQL as ever."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    # Past Django's cursors, which keep a record of queries: these are none of the page's.
    (before,) = connection.connection.execute("PRAGMA busy_timeout").fetchone()
    connection.connection.execute(f"PRAGMA busy_timeout = {min(int(before), milliseconds)}")
    try:
        yield
    finally:
        # The block may have closed the connection; another one begins with what the settings say.
        if connection.connection is not None:
            connection.connection.execute(f"PRAGMA busy_timeout = {int(before)}")
