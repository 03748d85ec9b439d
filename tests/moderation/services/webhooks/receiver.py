"""A real HTTP server that receives webhooks: it keeps what came and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """What came, in order, and the answers that are still to be given; after them each request is a 204.

    While `gate` is closed, requests that came wait for it, so that a sender can be met in the middle.
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    def answer(self, status: int, **headers: str) -> None:
        """Lets the next request that has no answer yet have this one."""
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}))

    def take(self, request: Received) -> tuple[int, dict[str, str]]:
        with self.lock:
            self.received.append(request)
            answer = self.answers.pop(0) if self.answers else (204, {})
        self.came.set()
        self.gate.wait(60)
        return answer


class Handler(BaseHTTPRequestHandler):
    """Passes each POST to the receiver of its server."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, more = self.server.receiver.take(Received(self.path, headers, body))  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        # A redirect that was followed would come here: nothing else does.
        self.server.receiver.take(Received(self.path, {}, "GET"))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """A server whose senders may die without a word."""

    daemon_threads = True
    receiver: Receiver

    def handle_error(self, *_: Any) -> None:
        """Says nothing: a sender that was killed is what some tests want."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Runs a receiver on a free port of this machine."""
    receiver = Receiver()
    receiver.gate.set()
    with Server(("127.0.0.1", 0), Handler) as server:
        server.receiver, receiver.port = receiver, server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.gate.set()
            server.shutdown()
            thread.join()
