"""Posting to somebody else's address: what is refused, what ends in time, what is read of an answer."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.services.errors import ServiceError
from moderation.services.webhooks import transport
from moderation.services.webhooks.addresses import is_public
from moderation.services.webhooks.transport import Answer, post, retry_after, url_check
from tests.moderation.services.webhooks.receiver import Handler, Receiver, Server, receiving

PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.2.1"),  # noqa: S104 - nothing binds here
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::7f00:1"),
    *("fec0::1", "feff::1", "64:ff9b:1::1", "64:ff9b:1:ffff::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
    *(
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "2002:a00:1::1",
        "2002:808:808::1",
        "2001:0:a00:1::1",
        "2001:0:808:808::f5ff:fffe",
    ),
    *("2001::1", "192.88.99.1", "192.0.0.8", "3fff::1", "100::1", "5f00::1", "240.0.0.1", "1000::1", "4000::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_leads_inside_is_not_public_whatever_it_is_dressed_as(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(address=st.ip_addresses(v=4))
def test_an_address_is_as_public_in_ipv6s_clothes_as_without_them(address: Any) -> None:
    assert is_public(f"64:ff9b::{address}") == is_public(str(address))
    for dressed in (f"::{address}", f"::ffff:{address}", f"::ffff:0:{address}", f"64:ff9b:1::{address}"):
        assert not is_public(dressed)


@given(address=st.ip_addresses(v=6))
def test_an_address_of_ipv6_is_public_only_where_hosts_get_theirs_from(address: Any) -> None:
    hosts = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
    assert not is_public(str(address)) or any(address in network for network in hosts)


@pytest.mark.parametrize("url", ["https://localhost/", "https://127.0.0.1:9/", "https://[::1]/", "https://2130706433/"])
def test_a_name_that_leads_inside_is_refused_before_anything_is_connected(url: str) -> None:
    answer = post(url, body=b"{}", headers={})
    assert answer.status is None
    assert "not on the public internet" in answer.error


def test_plain_http_is_refused_unless_private_addresses_are_allowed(settings: Any) -> None:
    with pytest.raises(ServiceError):
        url_check("http://example.org/")
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    assert url_check("http://example.org/").hostname == "example.org"


@given(url=st.text())
def test_any_text_is_an_address_or_is_refused_at_url(url: str) -> None:
    with suppress(ServiceError):
        assert url_check(url).scheme == "https"


def test_a_name_that_is_none_is_an_answer_and_no_crash(settings: Any) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    for host in ("nowhere.invalid", "a" * 70 + ".example", "xn--"):
        assert post(f"https://{host}/", body=b"{}", headers={}).status is None


def test_an_address_that_is_refused_is_never_connected_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        answer = post(f"https://localhost:{listening.getsockname()[1]}/", body=b"{}", headers={})
        assert "not on the public internet" in answer.error
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_what_is_asked_about_is_the_address_that_is_connected_to(
    secure: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever the name server says the second time: there is no second time.
    asked: list[str] = []
    monkeypatch.setattr(transport, "is_public", lambda address: not asked.append(address))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert post(f"https://localhost:{secure.port}/", body=b"{}", headers={}).status == 204
    assert asked[-1] == "127.0.0.1"
    assert set(asked) <= {"127.0.0.1", "::1"}


def test_a_proxy_of_the_environment_is_not_used(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(receiver.url, body=b"{}", headers={}).status == 204
    assert (len(receiver.received), len(proxy.received)) == (1, 0)


def test_what_is_sent_is_the_path_the_headers_and_the_body_as_they_are(settings: Any) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    body = b'{"a": "\xc3\xa9"}' + b" " * 1_100_000
    with receiving() as receiver:
        address = f"http://localhost:{receiver.port}/a/../b//c?x=%20&y"
        assert post(address, body=body, headers={"X-One": "1", "Content-Type": "application/json"}).status == 204
    [came] = receiver.received
    assert (came.path, came.body) == ("/a/../b//c?x=%20&y", body.decode())
    assert came.headers == {
        "host": f"localhost:{receiver.port}",
        "x-one": "1",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }


@contextmanager
def speaking(*parts: bytes) -> Iterator[str]:
    """A server that answers one request with these bytes and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)

        thread = threading.Thread(target=speak)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n", *[b"x" * 65_536] * 400), Answer(200)),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",), Answer(200)),
        ((b"HTTP/1.0 204 None\r\n\r\n",), Answer(204)),
        ((b"HTTP/1.1 103 Early\r\nRetry-After: 5\r\n\r\nHTTP/1.1 503 No\r\nRetry-After: 7\r\n\r\n",), Answer(503, 7.0)),
        ((b"HTTP/1.1 200 OK\r\nHTTP/1.1 100 x: y\r\n\r\n", b"body"), Answer(200)),
        ((b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n",), Answer(302)),
    ],
    ids=[
        "a long body",
        "a body that does not come",
        "no body",
        "a word before",
        "a header like a status",
        "a redirect",
    ],
)
def test_an_answer_is_its_status_and_no_byte_of_its_body_is_read(
    said: tuple[bytes, ...], answer: Answer, settings: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    with speaking(*said) as url:
        assert post(url, body=b"{}", headers={}) == answer
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "said",
    [
        (b"220 mail ready\r\n",),
        (b"",),
        (b"HTTP/1.1 200 OK\r\nX: ",),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n",) + (b"X: " + b"y" * 60_000 + b"\r\n",) * 20,
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2_000_000 + b"\r\n\r\n",),
        (b"\xff\xfe\x00" * 50,),
    ],
    ids=["no HTTP", "nothing", "half a head", "a head of a megabyte", "a header of two megabytes", "noise"],
)
def test_an_answer_that_is_no_http_or_has_no_end_of_its_headers_is_an_error(
    said: tuple[bytes, ...], settings: Any
) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    with speaking(*said) as url:
        answer = post(url, body=b"{}", headers={})
    assert (answer.status, bool(answer.error)) == (None, True)


@contextmanager
def dripping() -> Iterator[str]:
    """A server that answers one byte after the other and never comes to an end."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not ended.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        ended.set()
        thread.join()


def test_an_answer_that_drips_for_ever_is_cut(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.3)
    with dripping() as url:
        assert post(url, body=b"{}", headers={}) == Answer(error="It took too long.")


def test_a_server_that_says_nothing_is_cut(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.3)
    with receiving() as receiver:
        receiver.gate.clear()
        assert post(receiver.url, body=b"{}", headers={}).error == "It took too long."


@pytest.fixture
def certificate(tmp_path: Path, missing: Callable[[str], None]) -> Path:
    """A self-signed certificate of localhost with its key, in one file."""
    if shutil.which("openssl") is None:
        missing("openssl")
    path = tmp_path / "localhost.pem"
    options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", *options, *names, "-keyout", str(path), "-out", str(tmp_path / "crt.pem")]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "crt.pem").read_text())
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Receiver]:
    """A receiver that speaks TLS."""
    receiver = Receiver()
    receiver.gate.set()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.receiver, receiver.port = receiver, server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


def test_tls_is_spoken_to_the_name_and_only_with_a_certificate_that_is_trusted(
    secure: Receiver, certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    refused = post(f"https://localhost:{secure.port}/", body=b"{}", headers={})
    assert refused.error.startswith("TLS: ")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert post(f"https://localhost:{secure.port}/", body=b"{}", headers={}).status == 204
    other = post(f"https://127.0.0.1:{secure.port}/", body=b"{}", headers={})
    assert other.error.startswith("TLS: "), "the certificate is another name's"
    assert len(secure.received) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("-5", None),
        ("1" * 400, 111_111_111.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_or_nothing(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


@given(header=st.text())
def test_no_retry_after_breaks_the_reading_of_it(header: str) -> None:
    assert (retry_after(header) or 0.0) >= 0
