"""Bodies with a Content-Encoding: calls in gzip within their limit, everything else refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from moderation.perspective.messages.schema import MAX_CALL_BYTES

pytestmark = pytest.mark.django_db
ANALYZE = "/v1alpha1/comments:analyze"


def sent(path: str, raw: bytes, encoding: str) -> tuple[int, dict[str, Any]]:
    response = Client().post(path, raw, content_type="application/json", headers={"Content-Encoding": encoding})
    return response.status_code, response.json()


@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP", " gzip "])
def test_a_gzip_call_is_scored_as_what_it_holds(key: str, body: Callable[..., dict[str, Any]], encoding: str) -> None:
    raw = json.dumps(body()).encode()
    path = f"{ANALYZE}?key={key}"
    status, reply = sent(path, gzip.compress(raw[:9], mtime=0) + gzip.compress(raw[9:], mtime=0), encoding)
    assert (status, reply) == sent(path, raw, "identity")
    assert reply["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5


@pytest.mark.parametrize(
    ("raw", "encoding", "status", "message"),
    [
        (b"{}", "gzip", 400, "not gzip"),
        (gzip.compress(b"{}", mtime=0)[:-9], "gzip", 400, "cut short"),
        (gzip.compress(b" " * (MAX_CALL_BYTES + 1), mtime=0), "gzip", 400, "exceeds the limit: 1048576"),
        (b"{}", "br", 415, "gzip"),
        (gzip.compress(b"{}", mtime=0), "gzip, gzip", 415, "gzip"),
    ],
)
def test_what_is_not_gzip_or_holds_too_much_is_refused_in_the_envelope(
    key: str, raw: bytes, encoding: str, status: int, message: str
) -> None:
    code, reply = sent(f"{ANALYZE}?key={key}", raw, encoding)
    assert (code, reply["error"]["code"], reply["error"]["status"]) == (status, status, "INVALID_ARGUMENT")
    assert message in reply["error"]["message"]


def test_nothing_is_unpacked_for_a_caller_without_a_key() -> None:
    status, reply = sent(ANALYZE, b"no gzip", "gzip")
    assert (status, reply["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_a_batch_in_an_encoding_is_refused(key: str) -> None:
    status, reply = sent(f"/batch?key={key}", gzip.compress(b"--x", mtime=0), "gzip")
    assert (status, reply["error"]["code"]) == (415, 415)
