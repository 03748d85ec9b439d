"""gunicorn's threaded worker, with slow clients kept out of its threads.

gunicorn gives a connection to a thread at its first byte, so N clients that each send a byte a second occupy N threads
and stop the server. Here a request is buffered in the worker's event loop, without a thread, until its head and the
first 64 KiB of its body have arrived. Waiting requests are bounded in number, bytes and time; past a bound the
connection that has waited longest is closed. At most a fortieth of the threads read and serve longer bodies; calls
that wait for scores get the rest of four fifths; other requests are served one at a time for one key or session,
however many it sends, and a second beside one that takes long. Further ones wait in their lane, without a thread.
Neither a thread nor the loop waits for a client to close its connection, and no request outlives `timeout`.

TLS is left to a proxy: the loop reads plain bytes.
"""

import errno
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.errors import ConfigError
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.server import arriving as arrivals
from config.server.arriving import Arriving, BodyUnreader
from config.server.connections import is_gone, received
from config.server.lanes import Lane, caller_lane, long_body_threads, scoring_threads
from config.server.lingering import Lingering
from config.server.unread_requests import problem_bytes

# A thread that has served a long body rests for as long as that took of the processor, at most so long.
MAX_REST_SECONDS = 0.25
# A client that accepts nothing of its response for this long is gone, for the kernel too.
UNREAD_SECONDS = 10.0
# Over all waiting requests.
MAX_WAITING_BYTES = 64 * 1024 * 1024
# How long a call may wait for one of the threads that wait for scores, unless `config/gunicorn.py` says otherwise.
QUEUE_SECONDS = 5.0
NO_MORE_FILES = {errno.EMFILE, errno.ENFILE}
TOO_LARGE = problem_bytes(431, "Request Header Fields Too Large")


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """See the module."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Starts without connections."""
        super().__init__(*args, **kwargs)
        # All in order of their deadlines.
        self.waiting: dict[TConn, Arriving] = {}
        self.waiting_bytes = 0
        self.serving: dict[TConn, float] = {}
        self.lingering = Lingering(lambda: self.poller, self.drop)
        self.long_bodies = Lane[TConn](long_body_threads(self.cfg.threads), arrivals.BODY_SECONDS)
        self.scored = Lane[TConn](scoring_threads(self.cfg.threads), QUEUE_SECONDS)
        # Key or session → the lane of its other requests, while there are any.
        self.callers: dict[bytes, Lane[TConn]] = {}
        self.lanes: dict[TConn, Lane[TConn]] = {}

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuses TLS."""
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise ConfigError("config.server.worker.BufferingWorker does not speak TLS: a proxy in front of it does.")

    # -- a request arrives

    def accept(self, listener: socket.socket) -> None:
        """Accepts a connection; if there are too many, closes the one that has waited longest."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in NO_MORE_FILES:
                self.close_longest()
            return
        self.nr_conns += 1
        if hasattr(socket, "TCP_USER_TIMEOUT") and client.family != socket.AF_UNIX:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * UNREAD_SECONDS))
        self.wait(TConn(self.cfg, client, address, listener.getsockname()))
        if self.nr_conns >= self.worker_connections:
            self.close_longest()

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Starts the next request of a kept-alive connection."""
        if self.end_keeping(conn):
            self.wait(conn)

    def end_keeping(self, conn: TConn) -> bool:
        """Removes a connection from the kept-alive ones; returns False if it was just closed."""
        if conn not in self.keepalived_conns:
            return False
        self.keepalived_conns.remove(conn)
        self.poller.unregister(conn.sock)
        return True

    def wait(self, conn: TConn, data: bytes = b"") -> None:
        """Starts to buffer a request, of which `data` has arrived already."""
        conn.sock.setblocking(False)
        arriving = self.waiting[conn] = Arriving(time.monotonic())
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_arriving, conn))
        if data:
            self.take(conn, arriving, data)
        else:
            self.on_arriving(conn, conn.sock)

    def on_arriving(self, conn: TConn, client: socket.socket) -> None:
        """Receives available bytes of a request."""
        # The connection may have been closed since, for another event in the same round.
        data = received(client) if conn in self.waiting else None
        if data is None:
            return
        if data:
            self.take(conn, self.waiting[conn], data)
        else:
            self.forget(conn)
            self.drop(conn)

    def take(self, conn: TConn, arriving: Arriving, data: bytes) -> None:
        """Adds bytes to a request, and hands it over once it is ready."""
        arriving.add(data)
        self.waiting_bytes += len(data)
        if arriving.is_too_large:
            self.forget(conn)
            self.refuse(conn)
        elif arriving.is_ready:
            self.forget(conn)
            self.hand_over(conn, arriving)
        elif self.waiting_bytes > MAX_WAITING_BYTES:
            self.close_longest()

    def refuse(self, conn: TConn) -> None:
        """Sends a 431 for a head that is too large."""
        try:
            conn.sock.send(TOO_LARGE)
        except OSError:
            self.drop(conn)
        else:
            self.lingering.begin(conn)

    def forget(self, conn: TConn) -> None:
        """Stops waiting for a request."""
        self.waiting_bytes -= len(self.waiting.pop(conn).data)
        self.poller.unregister(conn.sock)

    def close_longest(self) -> None:
        """Closes an idle connection, else the one that has waited longest: normal ones wait for milliseconds."""
        if self.keepalived_conns:
            conn = self.keepalived_conns[0]
            self.end_keeping(conn)
            self.drop(conn)
        elif conn := next(iter(self.waiting), None):
            self.forget(conn)
            self.drop(conn)

    # -- a thread serves it

    def hand_over(self, conn: TConn, arriving: Arriving) -> None:
        """Gives a request to a thread, or to its lane."""
        if not conn.initialized:
            conn.init()
            conn.parser.unreader = BodyUnreader(conn.sock)
        conn.parser.unreader.unread(bytes(arriving.data))
        if lane := self.lane(arriving):
            self.lanes[conn] = lane
            lane.add(conn)
            self.begin(lane)
        else:
            self.serve(conn)

    def lane(self, arriving: Arriving) -> Lane[TConn] | None:
        """Returns the lane of a request; None, which is a thread at once, if it names neither key nor session."""
        if arriving.is_long:
            return self.long_bodies
        if arriving.is_scored:
            return self.scored
        if not arriving.caller:
            return None
        return self.callers.setdefault(arriving.caller, caller_lane(arriving.caller, self.cfg.timeout))

    def begin(self, lane: Lane[TConn]) -> None:
        """Gives connections of a lane to its threads, as many as it has."""
        while conn := lane.next():
            if is_gone(conn.sock):
                self.leave(conn)
                self.drop(conn)
            else:
                self.serve(conn)

    def leave(self, conn: TConn) -> Lane[TConn] | None:
        """Takes a connection out of its lane, and returns that; a caller's lane ends with the last one in it."""
        lane = self.lanes.pop(conn, None)
        if lane:
            lane.served.pop(conn, None)
            if lane.is_empty:
                self.callers.pop(lane.caller, None)
        return lane

    def serve(self, conn: TConn) -> None:
        """Gives a connection to a thread."""
        self.serving[conn] = time.monotonic() + self.cfg.timeout
        self.enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Serves a request, in a thread; then rests if its body was long, so that others get the processor."""
        began = time.thread_time()
        try:
            return super().handle(conn)
        finally:
            if self.lanes.get(conn) is self.long_bodies:
                time.sleep(min(MAX_REST_SECONDS, time.thread_time() - began))

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether the connection can be kept: never if a thread would have to wait for the rest of a body."""
        reader = conn.parser.mesg.body.reader
        buffered = conn.parser.unreader.buf.getbuffer().nbytes
        missing = getattr(reader, "length", 0) - buffered
        if missing > 0 or getattr(reader, "parser", None):
            return False
        return bool(super()._keepalive_after(conn, keepalive))

    def finish_request(self, conn: TConn, done: Future[bool]) -> None:
        """Keeps or closes a connection after its request has been served."""
        self.serving.pop(conn, None)
        if lane := self.leave(conn):
            self.begin(lane)
        if done.cancelled() or done.exception() or not done.result():
            self.lingering.begin(conn)
        elif data := conn.parser.unreader.take_buffered():
            self.wait(conn, data)
        else:
            super().finish_request(conn, done)

    # -- a connection ends

    def drop(self, conn: TConn) -> None:
        """Closes a connection that is in none of the collections."""
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Closes what is past its deadline; gunicorn's loop calls this once a second."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn, arriving in self.waiting.items() if arriving.last < now or self.is_idle(arriving)]:
            self.forget(conn)
            self.drop(conn)
        for lane in (self.long_bodies, *tuple(self.callers.values())):
            for conn in lane.over(now):
                self.leave(conn)
                self.drop(conn)
        for lane in tuple(self.callers.values()):
            # Of one that is served a second may be over, and nothing else happens that would begin the next.
            self.begin(lane)
        for conn in self.scored.over(now):
            # The threads that are kept free refuse it, in the form that its client reads.
            self.leave(conn)
            self.serve(conn)
        self.lingering.second_over(now)
        for conn in _over(self.serving, now):
            # Its thread reads end of file or fails to write, and so finishes by itself.
            del self.serving[conn]
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)

    def is_idle(self, arriving: Arriving) -> bool:
        """Whether a stopping worker need not wait for a request, because nothing of it has arrived."""
        return not self.alive and not arriving.data


def _over(times: dict[TConn, float], now: float) -> list[TConn]:
    return [conn for conn, last in times.items() if last < now]
