"""Connections that are closed once their clients have read the response: closing at once could lose it."""

import socket
import time
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ, BaseSelector

from gunicorn.workers.gthread import TConn

from config.server.connections import received

LINGER_SECONDS = 2.0
MAX_LINGER_BYTES = 1024 * 1024
# Over all lingering connections in a second: beyond that nothing is discarded before it is over, and clients wait.
DISCARDED_BYTES = 4 * 1024 * 1024


class Lingering:
    """Connections shut for writing, of which the event loop discards what still arrives.

    Attributes:
        deadlines: Connection → until when it may linger.
        resting: Those of which nothing more is read in this second.
    """

    def __init__(self, poller: Callable[[], BaseSelector], drop: Callable[[TConn], None]) -> None:
        """Starts empty. `drop` closes a connection."""
        self.poller, self.drop = poller, drop
        self.deadlines: dict[TConn, float] = {}
        self.resting: set[TConn] = set()
        self.discarded = 0

    def begin(self, conn: TConn) -> None:
        """Shuts down writing and waits for the client to close."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self._listen(conn)
        except (OSError, ValueError):
            self.drop(conn)
        else:
            self.deadlines[conn] = time.monotonic() + LINGER_SECONDS

    def _listen(self, conn: TConn) -> None:
        self.poller().register(conn.sock, EVENT_READ, partial(self.discard, conn))

    def discard(self, conn: TConn, client: socket.socket) -> None:
        """Discards what has arrived, up to 1 MiB of a connection: the more arrives, the shorter the wait."""
        data = received(client) if conn in self.deadlines else None
        if data is None:
            return
        self.deadlines[conn] -= LINGER_SECONDS * len(data) / MAX_LINGER_BYTES
        self.discarded += len(data)
        if not data or self.deadlines[conn] < time.monotonic():
            self.end(conn)
        elif self.discarded > DISCARDED_BYTES:
            self.poller().unregister(client)
            self.resting.add(conn)

    def end(self, conn: TConn) -> None:
        """Closes a connection."""
        del self.deadlines[conn]
        if conn in self.resting:
            self.resting.discard(conn)
        else:
            self.poller().unregister(conn.sock)
        self.drop(conn)

    def second_over(self, now: float) -> None:
        """Ends those past their deadline, and begins another second of discarding."""
        for conn in [conn for conn, last in self.deadlines.items() if last < now]:
            self.end(conn)
        self.discarded = 0
        resting, self.resting = self.resting, set()
        for conn in resting:
            self._listen(conn)
