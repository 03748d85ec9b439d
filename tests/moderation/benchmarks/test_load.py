"""The load generator, against a small server of its own kind."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from moderation.benchmarks.load import LoadPlan, load, main, percentile


class Handler(BaseHTTPRequestHandler):
    """Answers by the body: a status; `close` ends the connection after it, `break` before it."""

    protocol_version = "HTTP/1.1"
    seen: list[str]

    def do_GET(self) -> None:
        self.answer("200")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def answer(self, word: str) -> None:
        self.server.seen.append(f"{self.client_address[1]} {self.path} {word}")  # type: ignore[attr-defined]
        if word == "break":
            self.close_connection = True
            return
        self.send_response(200 if word == "close" else int(word))
        if word == "close":
            self.send_header("Connection", "close")
        if word == "503":
            self.send_header("Retry-After", "100000")
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[tuple[int, list[str]]]:
    """A server's port, and what it has seen."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen: list[str] = []
    server.seen = seen  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def plan(port: int, *bodies: str, clients: int = 1) -> LoadPlan:
    return LoadPlan("127.0.0.1", port, "/path", clients, 0.2, bodies)


def test_every_client_is_answered_and_what_was_begun_is_waited_for() -> None:
    with serving() as (port, seen):
        report = load(plan(port, clients=3))
    assert list(report.latencies) == [200]
    assert len(report.latencies[200]) == len(seen) >= 3
    assert len({line.split()[0] for line in seen}) == 3
    assert report.latencies[200] == sorted(report.latencies[200])
    assert 0 < report.latencies[200][-1] <= report.seconds


def test_bodies_go_out_in_turn_and_replies_are_told_apart_by_status() -> None:
    with serving() as (port, seen):
        report = load(plan(port, "200", "404"))
    assert [line.split()[2] for line in seen] == [("200", "404")[n % 2] for n in range(len(seen))]
    assert sum(len(found) for found in report.latencies.values()) == len(seen)


def test_a_closed_connection_is_opened_again_and_a_broken_one_is_counted() -> None:
    with serving() as (port, seen):
        closed = load(plan(port, "close"))
        assert len({line.split()[0] for line in seen}) == len(closed.latencies[200]) == len(seen)
        broken = load(plan(port, "break"))
    assert (broken.latencies, broken.broken > 0) == ({}, True)


def test_a_client_that_is_told_to_come_back_later_does_so() -> None:
    with serving() as (port, seen):
        report = load(plan(port, "503", clients=4))
    # Each is refused once and rests until the time is over, or never had its turn before that.
    assert 1 <= len(report.latencies[503]) == len(seen) <= 4


def test_nobody_there_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = json.dumps({"host": "127.0.0.1", "port": 9, "path": "/", "clients": 1, "seconds": 0.2})
    monkeypatch.setattr(sys, "stdin", io.StringIO(asked))
    with pytest.raises(SystemExit, match="the load broke off"):
        main()


@pytest.mark.parametrize(("values", "share", "found"), [([], 0.5, 0), ([1], 0.99, 1), ([1, 2, 3, 4], 0.5, 3)])
def test_a_percentile_is_one_of_the_values(values: list[float], share: float, found: float) -> None:
    assert percentile(values, share) == found


def test_a_connection_that_ended_between_two_requests_is_no_fault() -> None:
    with serving() as (port, seen):
        report = load(plan(port, "200", "break"))
    # Bodies go out in turn. The second request of a connection met its end: nothing was answered, and nothing was lost.
    assert report.broken == 0
    assert len(report.latencies[200]) == len([line for line in seen if line.endswith("200")])
