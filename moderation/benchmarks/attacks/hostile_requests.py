"""Hostile requests, side by side: a plan in, counts of replies out.

`python -m moderation.benchmarks.attacks.hostile_requests` talks with its starter by lines.
A plan is one line of JSON. Once the requests are made, which takes a while, `ready` is written, and they are sent when
another line comes. Each kind is sent once by so many connections at the same moment, or, where it is slow, a byte a
second until the time is over. Only 127.0.0.1 is ever asked, at most `MAX_CLIENTS` at once and for at most
`MAX_SECONDS`.
"""

import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field

HOST = "127.0.0.1"
MAX_CLIENTS = 200
MAX_SECONDS = 120.0
MEGABYTE = 1_000_000
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/{}; boundary=x"
ANALYZE = "/v1alpha1/comments:analyze?key="
LOGIN = "/admin/login/"
PART = b"--x\r\nContent-Type: application/http\r\n"


@dataclass(frozen=True, slots=True)
class HostilePlan:
    """What to send. `key` is a valid one: much that is hostile comes from whoever has a key."""

    kind: str
    port: int
    clients: int
    seconds: float
    key: str = ""
    session: str = ""
    comments: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HostileRequest:
    """What is sent at once, and whether more follows a byte a second."""

    data: bytes
    is_slow: bool = False


def _posted(path: str, kind: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", f"Content-Type: {kind}", *headers]
    head = "\r\n".join([*lines, f"Content-Length: {len(body) if length is None else length}", "", ""])
    return head.encode() + body


def _nested() -> bytes:
    parts = [b"--x%d\r\nContent-Type: multipart/mixed; boundary=x%d\r\n\r\n" % (one, one + 1) for one in range(400)]
    begin = b"--x\r\nContent-Type: multipart/mixed; boundary=x0\r\n\r\n"
    return (begin + b"".join(parts)).ljust(MEGABYTE, b"\n")


def _fields(count: int) -> bytes:
    return json.dumps({f"unknown{number}": 1 for number in range(count)}).encode()


def _nested_batch(_plan: HostilePlan, _number: int) -> HostileRequest:
    return HostileRequest(_posted("/batch", MULTIPART.format("mixed"), _nested()))


def _nested_batch_with_key(plan: HostilePlan, _number: int) -> HostileRequest:
    header = f"X-Goog-Api-Key: {plan.key}"
    return HostileRequest(_posted("/batch", MULTIPART.format("mixed"), _nested(), header))


def _parameters_batch(_plan: HostilePlan, _number: int) -> HostileRequest:
    body = PART + b"A: b/c" + b"; a*0*=b" * 100_000
    return HostileRequest(_posted("/batch", MULTIPART.format("mixed"), body))


def _deep_json(plan: HostilePlan, _number: int) -> HostileRequest:
    return HostileRequest(_posted(ANALYZE + plan.key, JSON, b'{"context":{"entries":[' * 40_000))


def _deep_json_without_key(_plan: HostilePlan, _number: int) -> HostileRequest:
    return HostileRequest(_posted("/api/v1/analyze/", JSON, b"[" * 10 * MEGABYTE))


def _long_languages(plan: HostilePlan, _number: int) -> HostileRequest:
    body = b'{"comment":{"text":"a"},"requestedAttributes":{"TOXICITY":{}},"languages":[%s1]}'
    return HostileRequest(_posted(ANALYZE + plan.key, JSON, body % (b"1," * 5 * MEGABYTE)))


def _languages_of_a_megabyte(plan: HostilePlan, _number: int) -> HostileRequest:
    body = b'{"comment":{"text":"a"},"requestedAttributes":{"TOXICITY":{}},"languages":[%s1]}'
    return HostileRequest(_posted(ANALYZE + plan.key, JSON, body % (b"1," * 500_000)))


def _unknown_fields(plan: HostilePlan, _number: int) -> HostileRequest:
    body = b"[" + b",".join([_fields(900)] * 500) + b"]"
    return HostileRequest(_posted("/api/v1/comments/", JSON, body, f"Authorization: Bearer {plan.key}"))


def _login_multipart(_plan: HostilePlan, _number: int) -> HostileRequest:
    begin = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
    return HostileRequest(_posted(LOGIN, MULTIPART.format("form-data"), begin + b"a" * 8 * MEGABYTE))


def _slow_head(_plan: HostilePlan, _number: int) -> HostileRequest:
    return HostileRequest(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode(), is_slow=True)


def _slow_body(_plan: HostilePlan, number: int) -> HostileRequest:
    length = (1_000, 8_000, MEGABYTE, 9 * MEGABYTE)[number % 4]
    path = (LOGIN, "/batch", "/api/v1/comments/", ANALYZE + "wrong")[number // 4 % 4]
    return HostileRequest(_posted(path, FORM, b"a", length=length), is_slow=True)


def _slur_bombs(plan: HostilePlan, number: int) -> HostileRequest:
    path = f"/admin/desk/comment/{plan.comments[number % len(plan.comments)]}/"
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", f"Cookie: sessionid={plan.session}", "Connection: close", "", ""]
    return HostileRequest("\r\n".join(lines).encode())


KINDS: dict[str, Callable[[HostilePlan, int], HostileRequest]] = {
    "nested_batch": _nested_batch,
    "nested_batch_with_key": _nested_batch_with_key,
    "parameters_batch": _parameters_batch,
    "deep_json": _deep_json,
    "deep_json_without_key": _deep_json_without_key,
    "long_languages": _long_languages,
    "languages_of_a_megabyte": _languages_of_a_megabyte,
    "unknown_fields": _unknown_fields,
    "login_multipart": _login_multipart,
    "slow_head": _slow_head,
    "slow_body": _slow_body,
    "slur_bombs": _slur_bombs,
}


def requests_made(plan: HostilePlan) -> list[HostileRequest]:
    """Returns a request a client.

    Raises:
        ValueError: There are more clients or seconds than this sends.
    """
    if plan.clients > MAX_CLIENTS or plan.seconds > MAX_SECONDS:
        raise ValueError(f"at most {MAX_CLIENTS} clients and {MAX_SECONDS:.0f} seconds")
    return [KINDS[plan.kind](plan, number) for number in range(plan.clients)]


def attack(plan: HostilePlan, requests: list[HostileRequest]) -> dict[str, int]:
    """Sends all and returns status → replies; `closed` is a connection that ended without one, `silent` neither."""
    last = time.monotonic() + plan.seconds
    with ThreadPoolExecutor(plan.clients) as pool:
        return dict(Counter(pool.map(lambda request: _sent(plan.port, request, last), requests)))


def _sent(port: int, request: HostileRequest, last: float) -> str:
    try:
        with closing(socket.create_connection((HOST, port), timeout=MAX_SECONDS)) as client:
            return _slowly(client, request, last) if request.is_slow else _at_once(client, request, last)
    except TimeoutError:
        return "silent"
    except OSError:
        return "closed"


def _at_once(client: socket.socket, request: HostileRequest, last: float) -> str:
    client.settimeout(max(1.0, last - time.monotonic()))
    # Refused before it had sent everything, it may have its reply all the same.
    with suppress(ConnectionError):
        client.sendall(request.data)
    return _status(client)


def _slowly(client: socket.socket, request: HostileRequest, last: float) -> str:
    client.sendall(request.data)
    client.settimeout(1.0)
    while time.monotonic() < last:
        try:
            return _status(client)
        except TimeoutError:
            client.sendall(b"a")
    return "silent"


def _status(client: socket.socket) -> str:
    reply = client.recv(65_536)
    return reply[9:12].decode("latin-1") if reply else "closed"


def main() -> None:
    """Reads a plan from standard input, and, at the next line, sends it and writes the counts to standard output."""
    plan = HostilePlan(**json.loads(sys.stdin.readline()))
    made = requests_made(plan)
    print("ready", flush=True)  # noqa: T201 - to the process that started this one
    sys.stdin.readline()
    json.dump(attack(plan, made), sys.stdout)


if __name__ == "__main__":
    main()
