"""A closed-loop load generator: N clients, each of which sends its next request when the last one is answered.

`python -m moderation.benchmarks.load < PLAN`: JSON in (`LoadPlan`), JSON out (`LoadReport`). It is a process of its
own, without Django and threads: a request costs it less than a tenth of a millisecond, so that it measures the server
and not itself. Connections stay open. Clients start spread over a second. One that is refused with `Retry-After` waits
that long plus a random share of it, so that refused clients do not return all at once.
"""

import json
import random
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Any

# Clients start within this time, and within a tenth of a short load.
SPREAD_SECONDS = 1.0
# Open requests are awaited; a server that is silent for this long has failed.
SILENCE_SECONDS = 300.0
RECEIVED_AT_ONCE = 65_536
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to do: POST the `bodies` to `path` in turn; without any, GET `path`. A client may rest after each."""

    host: str
    port: int
    path: str
    clients: int
    seconds: float
    bodies: tuple[str, ...] = ()
    rest: float = 0.0
    headers: tuple[str, ...] = ()


@dataclass(slots=True)
class LoadReport:
    """The outcome of the requests.

    Attributes:
        seconds: From the first request to the last reply.
        latencies: Status → seconds from a request's first byte to its reply's last, in ascending order.
        broken: Requests whose connection ended without a whole reply.
    """

    seconds: float = 0.0
    latencies: dict[int, list[float]] = field(default_factory=dict)
    broken: int = 0


class _Client:
    """A connection and its open request."""

    def __init__(self, plan: LoadPlan, requests: Iterator[bytes], rest_until: float) -> None:
        self._address = plan.host, plan.port
        self._rest = plan.rest
        self._requests = requests
        self.socket: socket.socket | None = None
        self.begun = 0.0
        self.rest_until = rest_until
        self._received = b""
        self._replies = 0

    @property
    def was_idle(self) -> bool:
        """Whether the connection ended between two requests, as a server may end it: nothing is lost then."""
        return not self._received and self._replies > 0

    def send(self) -> socket.socket:
        """Sends the next request, on a new connection if the last one has ended."""
        if self.socket is None:
            self.socket = socket.create_connection(self._address, timeout=SILENCE_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._replies = 0
        self._received = b""
        self.begun = time.perf_counter()
        # What cannot be sent is not answered either: the end of the connection is met in `receive`.
        with suppress(ConnectionError):
            self.socket.sendall(next(self._requests))
        return self.socket

    def receive(self) -> int | None:
        """Reads what has arrived; returns the status once the reply is complete, 0 if the connection ended before."""
        assert self.socket  # noqa: S101 - for the type checker: only what was sent is received
        try:
            part = self.socket.recv(RECEIVED_AT_ONCE)
        except OSError:
            part = b""
        self._received += part
        head, end, body = self._received.partition(_END_OF_HEAD)
        if not part or (end and len(body) >= _number(head, b"content-length:")):
            return self._finished(head, whole=bool(part))
        return None

    def _finished(self, head: bytes, *, whole: bool) -> int:
        if not whole or b"connection: close" in head.lower():
            self.close()
        if not whole:
            return 0
        self._replies += 1
        longer = 1 + random.random()  # noqa: S311 - no secret
        self.rest_until = time.perf_counter() + max(self._rest, longer * _number(head, b"retry-after:"))
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        """Ends the connection."""
        if self.socket:
            self.socket.close()
            self.socket = None


def _number(head: bytes, name: bytes) -> int:
    """Returns the integer in a header; 0 if the header is missing."""
    place = head.lower().find(b"\r\n" + name)
    line = head[place + 2 + len(name) :].split(b"\r\n", 1)[0] if place >= 0 else b""
    return int(line) if line.strip().isdigit() else 0


def load(plan: LoadPlan) -> LoadReport:
    """Runs a plan to its end.

    Raises:
        OSError: The server cannot be reached, or is silent for five minutes.
    """
    run = _Run(plan)
    try:
        return run.whole()
    finally:
        run.close()


class _Run:
    def __init__(self, plan: LoadPlan) -> None:
        requests = cycle(_requests(plan))
        self.selector = selectors.DefaultSelector()
        self.first = time.perf_counter()
        step = min(SPREAD_SECONDS, plan.seconds / 10) / plan.clients
        self.resting = [_Client(plan, requests, self.first + number * step) for number in range(plan.clients)]
        self.last = self.first + plan.seconds
        self.report = LoadReport()

    def whole(self) -> LoadReport:
        """Sends and receives until the time is over and every reply is there."""
        while True:
            self.wake()
            waiting = bool(self.selector.get_map())
            if not waiting and not self.resting:
                break
            self.receive(self.pause() if self.resting else SILENCE_SECONDS, waiting=waiting)
        self.report.seconds = time.perf_counter() - self.first
        for latencies in self.report.latencies.values():
            latencies.sort()
        return self.report

    def wake(self) -> None:
        """Has clients that have rested send; closes them when the time is over."""
        now = time.perf_counter()
        ready = [client for client in self.resting if client.rest_until <= now or now >= self.last]
        self.resting = [client for client in self.resting if client not in ready]
        for client in ready:
            # Each begins once, however slow the machine is.
            if now < self.last or not client.begun:
                self.selector.register(client.send(), selectors.EVENT_READ, client)
            else:
                client.close()

    def pause(self) -> float:
        """Seconds until the next client has rested."""
        return max(0.0, min(self.last, *(client.rest_until for client in self.resting)) - time.perf_counter())

    def receive(self, seconds: float, *, waiting: bool) -> None:
        """Handles replies that arrive within these seconds."""
        events = self.selector.select(seconds)
        if waiting and not events and not self.resting:
            raise TimeoutError(f"no reply within {SILENCE_SECONDS:.0f} seconds")
        for event, _ in events:
            client: _Client = event.data
            status = client.receive()
            if status is not None:
                self.selector.unregister(event.fileobj)
                self.note(client, status)
                self.resting.append(client)

    def note(self, client: _Client, status: int) -> None:
        """Counts a reply."""
        if status:
            self.report.latencies.setdefault(status, []).append(time.perf_counter() - client.begun)
        elif not client.was_idle:
            self.report.broken += 1

    def close(self) -> None:
        """Ends every connection."""
        for key in list(self.selector.get_map().values()):
            key.data.close()
        for client in self.resting:
            client.close()
        self.selector.close()


def _requests(plan: LoadPlan) -> list[bytes]:
    host = "".join(f"{line}\r\n" for line in (f"Host: {plan.host}:{plan.port}", *plan.headers))
    if not plan.bodies:
        return [f"GET {plan.path} HTTP/1.1\r\n{host}\r\n".encode()]
    head = f"POST {plan.path} HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
    return [f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode() for body in plan.bodies]


def percentile(ascending: list[float], share: float) -> float:
    """Returns the value that this share of the values does not exceed; 0 for no values."""
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))] if ascending else 0.0


def main() -> None:
    """Reads a plan from standard input and writes the report to standard output."""
    given: dict[str, Any] = json.load(sys.stdin)
    try:
        report = load(LoadPlan(**given))
    except OSError as error:
        sys.exit(f"the load broke off: {error}")
    json.dump(asdict(report), sys.stdout)


if __name__ == "__main__":
    main()
