"""A real gunicorn with few threads, and clients that are slow, greedy or gone."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from config.server.arriving import BUFFERED_BODY_BYTES, MAX_HEAD_BYTES, Arriving

THREADS = 4
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CONFIG = f"""
from config.server import arriving, worker
arriving.HEAD_SECONDS = arriving.BODY_SECONDS = worker.UNREAD_SECONDS = 0.5
worker.QUEUE_SECONDS = 60
worker_class = worker.BufferingWorker
threads = {THREADS}
worker_connections = 30
timeout = 2
graceful_timeout = 1
keepalive = 5
"""


@contextmanager
def gunicorn(config: Path, application: str, **environment: str) -> Iterator[int]:
    """A server on a free port, which its socket is bound to before it starts."""
    with closing(socket.socket()) as listener, (config.parent / "server.log").open("wb") as log:
        listener.bind(("127.0.0.1", 0))
        listener.listen(200)
        command = [sys.executable, "-m", "gunicorn", "-c", str(config), "-b", f"fd://{listener.fileno()}", application]
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, pass_fds=[listener.fileno()], stdout=log, stderr=log
        )
        try:
            yield listener.getsockname()[1]
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server of four threads whose limits are short."""
    config = tmp_path_factory.mktemp("gunicorn") / "config.py"
    config.write_text(CONFIG)
    with gunicorn(config, "tests.config.echo:application", PYTHONPATH=".") as found:
        assert asked(found, GET).startswith(b"HTTP/1.1 200")
        yield found


def connected(port: int, data: bytes = b"") -> socket.socket:
    """A connection that has sent this much."""
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(data)
    return client


def asked(port: int, request: bytes) -> bytes:
    """The reply to a request."""
    with closing(connected(port, request)) as client:
        return received(client)


def received(client: socket.socket) -> bytes:
    """One whole reply."""
    head, _, body = client.recv(65_536).partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


def posted(length: int, body: bytes = b"", path: str = "/") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + body


def is_closed(client: socket.socket) -> bool:
    """Waits until the server ends the connection."""
    try:
        while client.recv(65_536):
            pass
    except ConnectionError:
        pass
    return True


@contextmanager
def many(port: int, data: bytes, count: int = 2 * THREADS) -> Iterator[list[socket.socket]]:
    """So many clients who send this and then nothing."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(connected(port, data))) for _ in range(count)]


SLOW = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: ",
    "a body that does not come": posted(1000),
    "a form that does not come": posted(BUFFERED_BODY_BYTES, b"a=1"),
    "a long body that does not come": posted(1_000_000),
    "a long body that comes halfway": posted(1_000_000, b"a" * 500_000),
    "a body of chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a body that waits to be asked for": posted(1000).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
    "a body that nobody reads": posted(1_000_000, path="/unread"),
    "no end after the reply": GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
def test_more_slow_clients_than_threads_hold_nobody_up(port: int, name: str) -> None:
    with many(port, SLOW[name]):
        for _ in range(3):
            assert asked(port, GET).startswith(b"HTTP/1.1 200")


def test_more_connections_than_there_may_be_close_those_that_have_waited_longest(port: int) -> None:
    with many(port, b"GET / HTTP", count=40) as clients:
        assert asked(port, GET).startswith(b"HTTP/1.1 200")
        assert is_closed(clients[0])


def test_what_does_not_come_in_time_is_not_waited_for(port: int) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(connected(port, data))) for data in SLOW.values()]
        assert all(map(is_closed, clients))


def test_a_client_that_does_not_read_is_left(port: int) -> None:
    with many(port, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"):
        # Each thread is at a reply that its client does not take, until `timeout`.
        assert asked(port, GET).startswith(b"HTTP/1.1 200")


def test_bodies_of_every_kind_arrive_whole(port: int) -> None:
    for length in (0, 10, BUFFERED_BODY_BYTES, BUFFERED_BODY_BYTES + 1, 3_000_000):
        assert asked(port, posted(length, b"a" * length)).endswith(b"\r\n\r\n%d" % length)
    chunks = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3\r\nabc\r\n" * 1000 + b"0\r\n\r\n"
    assert asked(port, chunks).endswith(b"\r\n\r\n3000")


def test_a_body_that_ends_before_its_length_is_an_error_not_a_shorter_body(port: int) -> None:
    with closing(connected(port, posted(1_000_000, b"a" * 500_000))) as client:
        client.shutdown(socket.SHUT_WR)
        assert received(client).endswith(b"broken")


def test_a_long_body_whose_client_has_gone_while_it_waited_is_not_served(port: int) -> None:
    begin, end = posted(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"), b"0\r\n\r\n"
    number = GET.replace(b"/ ", b"/served ")
    with closing(connected(port, begin)) as first, closing(connected(port, begin + end)) as gone:
        # Answered after both were taken: the loop takes them in their order.
        before = int(asked(port, number).rpartition(b"\n")[2])
        gone.close()
        last = connected(port, begin + end)
        first.sendall(end)
        assert [received(first)[-1:], received(last)[-1:]] == [b"0", b"0"]
        last.close()
    assert int(asked(port, number).rpartition(b"\n")[2]) == before + 2


def test_more_calls_that_wait_for_scores_than_threads_leave_some_for_others_and_are_all_served(port: int) -> None:
    with many(port, posted(3, b"abc", "/batch"), count=3 * THREADS) as clients:
        assert asked(port, GET).startswith(b"HTTP/1.1 200")
        assert asked(port, GET.replace(b"/ ", b"/open ")).startswith(b"HTTP/1.1 200")
        assert {received(client)[-1:] for client in clients} == {b"3"}


def test_one_session_leaves_threads_to_everybody_else(port: int) -> None:
    page = b"GET /page HTTP/1.1\r\nHost: x\r\nCookie: a=b; __Host-sessionid=c\r\n\r\n"
    other = page.replace(b"/page", b"/").replace(b"=c", b"=d")
    with many(port, page, count=3 * THREADS) as clients:
        assert asked(port, other).startswith(b"HTTP/1.1 200")
        assert asked(port, GET).startswith(b"HTTP/1.1 200")
        assert asked(port, GET.replace(b"/ ", b"/free ")).startswith(b"HTTP/1.1 200")
        assert {received(client)[-1:] for client in clients} == {b"0"}


def test_a_connection_is_kept_for_requests_one_after_the_other_or_sent_at_once(port: int) -> None:
    with closing(connected(port)) as client:
        for _ in range(3):
            client.sendall(posted(3, b"abc"))
            assert received(client).endswith(b"\r\n\r\n3")
        client.sendall(posted(3, b"abc", path="/unread") + GET)
        replies = client.recv(65_536)
        while replies.count(b"200 OK") < 2:
            replies += client.recv(65_536)


def test_a_head_without_end_is_refused(port: int) -> None:
    with closing(connected(port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * MAX_HEAD_BYTES)
        assert client.recv(65_536).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    ("head", "caller"),
    [
        ("GET / HTTP/1.1\r\nX-Goog-Api-Key: k1", b"k1"),
        ("GET / HTTP/1.1\r\nauthorization: Bearer k2", b"Bearer k2"),
        ("GET / HTTP/1.1\r\nCookie: theme=dark; sessionid=k3; x=y", b"k3"),
        ("POST /v1alpha1/comments:analyze?alt=json&key=k4 HTTP/1.1\r\nAccept: */*", b"k4"),
        ("GET / HTTP/1.1\r\nReferer: https://example.org/?key=k5", b""),
    ],
    ids=["a key in a header", "a bearer", "a session", "a key in the query", "a key elsewhere"],
)
def test_who_asks_is_told_by_the_head(head: str, caller: bytes) -> None:
    arriving = Arriving(0.0)
    arriving.add(f"{head}\r\nHost: x\r\n\r\n".encode())
    assert arriving.caller == caller


@pytest.mark.parametrize("cuts", [1, 2, 3, 7, 1000])
def test_a_request_is_ready_at_its_last_byte_however_it_was_cut(cuts: int) -> None:
    request = posted(5, b"hello")
    arriving = Arriving(0.0)
    for begin in range(0, len(request), cuts):
        assert not arriving.is_ready
        arriving.add(request[begin : begin + cuts])
    assert arriving.is_ready
    assert not arriving.is_long


def test_ninety_slow_clients_do_not_stop_the_server_as_it_is_shipped(
    tmp_path: Path, free_environment: dict[str, str]
) -> None:
    config = tmp_path / "config.py"
    config.write_text((settings.BASE_DIR / "config" / "gunicorn.py").read_text().replace("post_worker_init", "unused"))
    with gunicorn(config, "config.wsgi", **free_environment) as port:
        healthz = GET.replace(b"/ ", b"/healthz ").replace(b"Host: x", b"Host: 127.0.0.1")
        with many(port, b"POST /admin/login/ HTTP/1.1\r\n", 45), many(port, posted(60_000, b"a", "/admin/login/"), 45):
            assert asked(port, healthz).startswith(b"HTTP/1.1 200")


@pytest.fixture
def free_environment(tmp_path: Path) -> dict[str, str]:
    """An installation of its own."""
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "SECRET_KEY": "s" * 50, "PYTHONPATH": "."}
