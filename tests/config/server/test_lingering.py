"""Connections that linger: what clients still send is discarded, but only so much of it in a second."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from selectors import DefaultSelector
from typing import Any

import pytest

from config.server import lingering as module
from config.server.lingering import DISCARDED_BYTES, LINGER_SECONDS, Lingering

PIECE = b"a" * 32_768


class Lines:
    """Socket pairs, of which the near ends linger."""

    def __init__(self) -> None:
        self.poller = DefaultSelector()
        self.closed: list[Any] = []
        self.lingering = Lingering(lambda: self.poller, self.closed.append)
        self.sockets: list[socket.socket] = []

    def opened(self) -> tuple[Any, socket.socket]:
        near, far = socket.socketpair()
        self.sockets += [near, far]
        far.setblocking(False)
        conn = type("Connection", (), {"sock": near})()
        self.lingering.begin(conn)
        return conn, far

    def discarded(self, far: socket.socket, most: int) -> int:
        """Sends until nothing is taken any more, or `most` bytes are; returns how many were."""
        taken = 0
        while taken < most:
            try:
                taken += far.send(PIECE)
            except BlockingIOError:
                if not self.turn():
                    break
        return taken

    def turn(self) -> int:
        events = self.poller.select(0)
        for key, _ in events:
            key.data(key.fileobj)
        return len(events)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    monkeypatch.setattr(module, "MAX_LINGER_BYTES", 2**40)
    found = Lines()
    yield found
    for one in found.sockets:
        one.close()
    found.poller.close()


def test_clients_that_send_on_wait_once_the_second_has_had_its_bytes(lines: Lines) -> None:
    (_, first), (_, second) = lines.opened(), lines.opened()
    assert lines.discarded(first, 10 * DISCARDED_BYTES) < DISCARDED_BYTES + 2**20
    # One read finds out for the other one.
    assert lines.discarded(second, 10 * DISCARDED_BYTES) < 2**20
    assert len(lines.lingering.resting) == 2
    lines.lingering.second_over(time.monotonic())
    assert lines.discarded(first, 10 * DISCARDED_BYTES) > DISCARDED_BYTES // 2
    assert lines.closed == []


def test_a_client_that_rests_is_closed_at_its_deadline_and_others_are_read_again(lines: Lines) -> None:
    conn, far = lines.opened()
    lines.discarded(far, 10 * DISCARDED_BYTES)
    assert conn in lines.lingering.resting
    lines.lingering.second_over(time.monotonic() + LINGER_SECONDS + 1)
    assert lines.closed == [conn]
    assert not lines.lingering.resting
    assert not lines.lingering.deadlines
    other, _ = lines.opened()
    assert lines.poller.get_key(other.sock)


def test_a_client_that_closes_ends_at_once(lines: Lines) -> None:
    conn, far = lines.opened()
    far.close()
    lines.turn()
    assert lines.closed == [conn]


def test_what_is_sent_shortens_the_wait(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINGER_BYTES", 100_000)
    conn, far = lines.opened()
    lines.discarded(far, 50_000)
    lines.turn()
    assert lines.closed == []
    lines.discarded(far, 150_000)
    lines.turn()
    assert lines.closed == [conn]
