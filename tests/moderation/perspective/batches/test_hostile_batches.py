"""Batches made to be slow to read: without a key nothing of them is taken apart, with one the work is bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from moderation.perspective.batches.batch import OPENING_BYTES
from moderation.perspective.batches.multipart import MAX_HEADER_LINES, MAX_PARTS, boundary_read, head_split, parts_split
from moderation.perspective.errors import Refused

KIND = "multipart/mixed; boundary=x"
HEAD = b"--x\r\nContent-Type: application/http\r\n"
FIRST = b"POST /v1alpha1/comments:analyze?key=%s HTTP/1.1\r\n\r\n{}\r\n"
SPOKEN_KEYS = b"".join(b"POST /?key=%d&key=%d HTTP/1.1\n" % (number, number) for number in range(40_000))


def nested(depth: int, size: int) -> bytes:
    """Multiparts inside multiparts, `size` bytes in all."""
    heads = [b"--x%d\r\nContent-Type: multipart/mixed; boundary=x%d\r\n\r\n" % (n, n + 1) for n in range(depth)]
    return b"--x\r\nContent-Type: multipart/mixed; boundary=x0\r\n\r\n" + b"".join(heads) + b"a\r\n" * (size // 3)


BODIES = {
    "400 nested multiparts": nested(400, 1_000_000),
    "nested, within the opening": nested(400, 20_000),
    "continued parameters": HEAD + b"Content-Type: a/b" + b"; a*0*=b" * 100_000,
    "continued parameters, within the opening": HEAD + b"Content-Type: a/b" + b"; a*0*=b" * 7_000,
    "10 MB of one part": HEAD + b"\r\n" + b"a" * 10_000_000,
    "header lines": HEAD + b"a:\n" * 21_000,
    "empty parts": b"--x\n" * 16_000,
    "false delimiters": b"--xy\n" * 12_000,
    "line ends": b"\n" * 65_000,
    "wrong keys": HEAD + b"\r\n" + SPOKEN_KEYS,
    "wrong keys in a thousand parts": (HEAD + b"\r\n" + FIRST % b"w") * 999,
    "different wrong keys in a thousand parts": b"".join(HEAD + b"\r\n" + FIRST % b"w%d" % n for n in range(999)),
    "wrong keys in short parts within the opening": b"--x\n\nPOST /batch?key=w HTTP/1.1\n\n\n" * 999,
    "spaces": HEAD + b"Authorization:" + b" " * 60_000,
}

pytestmark = pytest.mark.django_db


def processor_seconds(ask: Callable[[], Any], runs: int = 3) -> float:
    """The least that a request took, so that what else the machine does counts for little."""
    taken = []
    for _ in range(runs):
        begun = time.thread_time()
        ask()
        taken.append(time.thread_time() - begun)
    return min(taken)


def ask(data: bytes, kind: str = KIND) -> Any:
    return Client(raise_request_exception=False).post("/batch", data=data, content_type=kind)


@pytest.mark.parametrize("name", BODIES)
def test_without_a_key_no_batch_costs_more_than_some_milliseconds(name: str) -> None:
    assert ask(BODIES[name]).status_code in {200, 400, 403}
    # The test's own client encodes the body too: asked for an address that reads none, it shows what that takes.
    own = processor_seconds(lambda: Client().post("/healthz", data=BODIES[name], content_type=KIND))
    assert processor_seconds(lambda: ask(BODIES[name])) - own < 0.5


@pytest.mark.parametrize("name", BODIES)
def test_with_a_key_a_hostile_batch_is_bounded_too(name: str, key: str) -> None:
    body = HEAD + b"\r\n" + FIRST % key.encode() + BODIES[name]
    assert processor_seconds(lambda: ask(body), runs=2) < 8


def test_without_a_key_a_long_batch_is_not_read_to_its_end(key: str) -> None:
    late = HEAD + b"\r\n" + b"a" * OPENING_BYTES + b"\r\n" + HEAD + b"\r\n" + FIRST % key.encode()
    response = ask(late)
    assert (response.status_code, response.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    response = ask(HEAD + b"\r\n" + FIRST % b"wrong" + late)
    assert (response.status_code, response.json()["error"]["message"][:17]) == (400, "API key not valid")


def test_without_a_key_the_parts_of_a_short_batch_are_refused_one_by_one_under_their_ids() -> None:
    part = HEAD + b"Content-ID: <a+%d>\r\n\r\n"
    response = ask(part % 1 + FIRST % b"wrong" + part % 2 + b"GET / HTTP/1.1\r\n\r\n\r\n--x--")
    text = response.content.decode()
    assert text.index("<response-a+1>") < text.index("HTTP/1.1 400") < text.index("<response-a+2>")
    assert text.index("<response-a+2>") < text.index("HTTP/1.1 403")


def test_a_percent_encoded_key_is_found(key: str) -> None:
    encoded = b"".join(b"%%%02X" % byte for byte in key.encode())
    assert b"HTTP/1.1 400 Bad Request" in ask(HEAD + b"\r\n" + FIRST % encoded).content
    assert b"API key not valid" not in ask(HEAD + b"\r\n" + FIRST % encoded).content


def test_a_part_that_says_it_is_encoded_is_refused_alone(key: str) -> None:
    first = FIRST % key.encode()
    response = ask(HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + first + HEAD + b"\r\n" + first)
    assert response.content.count(b"must be binary") == 1


def test_a_chunked_batch_is_refused_not_taken_as_empty(key: str) -> None:
    response = Client().post("/batch", data=b"", content_type=KIND, headers={"Transfer-Encoding": "chunked"})
    assert (response.status_code, "Content-Length" in response.json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize("path", ["analyze", "suggestscore"])
def test_a_call_without_a_key_is_refused_before_its_body_is_read(path: str) -> None:
    class Unread(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    for query in ("", "?key=wrong"):
        response = Client().post(
            f"/v1alpha1/comments:{path}{query}", data=b"{}", content_type="application/json", **{"wsgi.input": Unread()}
        )
        assert response.json()["error"]["status"] in {"PERMISSION_DENIED", "INVALID_ARGUMENT"}


def test_a_call_over_a_mebibyte_is_refused_by_its_length(call: Any) -> None:
    answer = call(b" " * ((1 << 20) + 1))
    assert (answer.status, answer.message) == (400, "Request payload size exceeds the limit: 1048576 bytes.")


def test_a_part_over_a_mebibyte_is_refused_alone(key: str) -> None:
    first = HEAD + b"\r\n" + FIRST % key.encode()
    response = ask(first.replace(b"{}", b" " * ((1 << 20) + 1)) + first)
    assert response.content.count(b"exceeds the limit: 1048576") == 1


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5), st.sampled_from([b"\r\n", b"\n"]), st.booleans())
def test_what_is_joined_by_a_boundary_is_split_there(parts: list[bytes], end: bytes, ended: bool) -> None:
    joined = b"".join(b"--bound" + end + part + end for part in parts) + (b"--bound--" if ended else b"--bound")
    found = parts_split(b"preamble" + end + joined, b"bound")
    # Before a bare line feed a part's own last carriage return reads as half of the line end.
    expected = [part.removesuffix(b"\r") if end == b"\n" else part for part in parts]
    assert found == expected if ended else found[: len(parts)] == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_parts_or_refused(body: bytes) -> None:
    for split in (lambda: parts_split(body, b"x"), lambda: head_split(body)):
        with suppress(Refused):
            split()


def test_headers_are_bounded_in_number_and_length_and_may_go_on_in_the_next_line() -> None:
    assert head_split(b"A: b\r\n\tc\r\nD:\r\n\r\nbody") == ({"a": "b c", "d": ""}, b"body")
    assert head_split(b"A: b\n\nbody") == ({"a": "b"}, b"body")
    assert head_split(b"\nbody") == ({}, b"body")
    for raw in (b"a: b\n" * (MAX_HEADER_LINES + 1), b"a:" + b"b" * 9_000, b"nothing\n\n", b": b\n\n"):
        with pytest.raises(Refused, match="INVALID_ARGUMENT"):
            head_split(raw)


@pytest.mark.parametrize(
    "kind", ["multipart/mixed", "multipart/mixed; boundary=", 'multipart/mixed; boundary="', "a; boundary=x", "", "é"]
)
def test_a_type_without_a_boundary_is_refused(kind: str) -> None:
    with pytest.raises(Refused):
        boundary_read(kind)
    assert boundary_read('Multipart/Mixed;charset=x;\tBoundary="a b"') == b"a b"


def test_too_many_parts_are_refused_at_the_first_too_many() -> None:
    assert len(parts_split(b"--x\na\n" * MAX_PARTS, b"x")) == MAX_PARTS
    with pytest.raises(Refused, match="INVALID_ARGUMENT"):
        parts_split(b"--x\na\n" * (MAX_PARTS + 1), b"x")
