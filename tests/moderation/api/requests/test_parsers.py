"""Bodies that are not what they should be: each has its own clear answer, and none is a 500."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError
from rest_framework.test import APIClient

from moderation.api.requests.parsers import body_unpacked, json_decode, refuse_bad_characters
from moderation.api.responses.refusals import Problem
from moderation.services.errors import ServiceError

COMMENTS = "/api/v1/comments/"
COMMENT = {"source": "harbor-times", "external_id": "1", "article": {"external_id": "a1"}, "text": "Hello."}


def posted(api: APIClient, raw: bytes, content_type: str = "application/json", **extra: Any) -> Any:
    return api.generic("POST", COMMENTS, raw, content_type, **extra)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"text": ', "line 1, column 10"),
        (b"{'text': 1}", "column 2"),
        (b"[1, 2,]", "JSON breaks"),
        (b"nonsense", "JSON breaks"),
        (b'{"a": "\x01"}', "control character"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "outside the range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deep"),
        (b'{"text": "\xff\xfe"}', "not UTF-8: byte 10"),
        (b'{"text": "\xed\xa0\x80"}', "not UTF-8"),
        ('{"text": "h\xe9"}'.encode("latin-1"), "not UTF-8"),
        ("\ufeff{}".encode(), "BOM"),
        (json.dumps(COMMENT).encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_body_that_is_not_strict_json_is_a_parse_error_that_says_why(api: APIClient, raw: bytes, said: str) -> None:
    response = posted(api, raw)
    assert response.status_code == 400
    body = response.json()
    assert body["type"] == "urn:moderato:problem:parse_error"
    assert said in body["detail"], body


STORED = json.dumps(COMMENT).encode()


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (STORED, "identity"),
        (gzip.compress(STORED, mtime=0), "gzip"),
        (gzip.compress(STORED, mtime=0), "X-GZIP"),
        (gzip.compress(STORED[:20], mtime=0) + gzip.compress(STORED[20:], mtime=0), "gzip"),
    ],
)
def test_a_gzip_body_is_read_as_what_it_holds(api: APIClient, article: Any, raw: bytes, encoding: str) -> None:
    response = posted(api, raw, headers={"Content-Encoding": encoding})
    assert (response.status_code, response.json()["text"]) == (201, "Hello.")


@pytest.mark.parametrize(
    ("raw", "encoding", "status", "code"),
    [
        (STORED, "gzip", 400, "parse_error"),
        (gzip.compress(STORED, mtime=0)[:-9], "gzip", 400, "parse_error"),
        (gzip.compress(STORED, mtime=0) + b"more", "gzip", 400, "parse_error"),
        (gzip.compress(b" " * 2_000_000, mtime=0), "gzip", 413, "too_large"),
        (gzip.compress(b" " * 900_000, mtime=0) * 2, "gzip", 413, "too_large"),
        (STORED, "br", 415, "unsupported_media_type"),
        (gzip.compress(STORED, mtime=0), "gzip, gzip", 415, "unsupported_media_type"),
    ],
)
def test_what_is_not_gzip_or_holds_too_much_is_refused(
    api: APIClient, settings: Any, raw: bytes, encoding: str, status: int, code: str
) -> None:
    settings.MODERATION_MAX_BODY_BYTES = 1_000_000
    response = posted(api, raw, headers={"Content-Encoding": encoding})
    assert (response.status_code, response.json()["type"]) == (status, f"urn:moderato:problem:{code}")


def test_a_gzip_bomb_takes_no_memory(settings: Any) -> None:
    bomb = gzip.compress(b"0" * 100_000_000, mtime=0)
    tracemalloc.start()
    with pytest.raises(Problem):
        body_unpacked(bomb, "gzip")
    assert tracemalloc.get_traced_memory()[1] < 3 * settings.MODERATION_MAX_BODY_BYTES
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        (rb'{"text": "a\u0000b"}', "/text", "null_character"),
        (rb'{"text": "\ud800"}', "/text", "lone_surrogate"),
        (rb'[{"text": "a"}, {"article": {"title": "\udc00\ud800"}}]', "/1/article/title", "lone_surrogate"),
        (rb'{"a\u0000": 1}', "/a\x00", "null_character"),
        (rb'{"a/b~": ["\u0000"]}', "/a~1b~0/0", "null_character"),
    ],
)
def test_characters_that_no_text_can_hold_are_refused_by_pointer(
    api: APIClient, raw: bytes, pointer: str, code: str
) -> None:
    response = posted(api, raw)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


def test_a_pair_of_escaped_surrogates_is_a_character_like_any_other(api: APIClient, article: Any) -> None:
    raw = json.dumps({**COMMENT, "text": "\U0001f600 fine"}).encode()
    assert b"\\ud83d" in raw
    response = posted(api, raw)
    assert response.status_code == 201, response.content
    assert response.json()["text"] == "\U0001f600 fine"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
        "junk",
    ],
)
def test_another_content_type_is_a_415(api: APIClient, content_type: str) -> None:
    response = posted(api, b'{"text": "a"}', content_type)
    assert response.status_code == 415, response.content
    assert response.json()["type"] == "urn:moderato:problem:unsupported_media_type"


def test_json_in_another_charset_is_a_415_and_utf_8_said_aloud_is_fine(api: APIClient) -> None:
    assert posted(api, b"{}", "application/json; charset=latin-1").status_code == 415
    response = posted(api, b"{}", 'application/json; charset="UTF-8"')
    assert response.json()["type"] == "urn:moderato:problem:validation_error"


def test_a_declared_length_over_the_limit_is_a_413_that_names_it(api: APIClient, settings: Any) -> None:
    settings.MODERATION_MAX_BODY_BYTES = 100
    response = posted(api, b" " * 101)
    assert response.status_code == 413
    body = response.json()
    assert body["type"] == "urn:moderato:problem:too_large"
    assert body["errors"][0]["limit"] == 100


def test_a_body_as_long_as_the_limit_is_read(api: APIClient, settings: Any) -> None:
    settings.MODERATION_MAX_BODY_BYTES = 100
    assert posted(api, b"{}".ljust(100)).json()["type"] == "urn:moderato:problem:validation_error"


def chunked(api: APIClient, raw: bytes, **environ: Any) -> Any:
    """What a server passes on that has taken a chunked body apart: a stream that ends, and no length."""
    stream = io.BytesIO(raw)
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": stream, "CONTENT_LENGTH": "", **environ}
    return posted(api, b"x", **environ), stream


def test_a_chunked_body_of_unknown_length_is_read(api: APIClient, article: Any) -> None:
    response, _ = chunked(api, json.dumps(COMMENT).encode(), **{"wsgi.input_terminated": True})
    assert response.status_code == 201, response.content


def test_a_chunked_body_is_read_no_further_than_the_limit(api: APIClient, settings: Any) -> None:
    settings.MODERATION_MAX_BODY_BYTES = 100
    response, stream = chunked(api, b" " * 1000, **{"wsgi.input_terminated": True})
    assert response.status_code == 413
    assert stream.tell() == 101


def test_a_chunked_body_from_a_server_that_does_not_end_it_is_refused_not_taken_as_empty(api: APIClient) -> None:
    response, _ = chunked(api, b"{}")
    assert response.status_code == 400
    assert "Content-Length" in response.json()["detail"]


def test_a_body_that_is_no_object_is_refused(api: APIClient) -> None:
    for raw in (b"3", b'"text"', b"null", b"true"):
        response = posted(api, raw)
        assert response.status_code == 400, raw
        assert response.json()["errors"][0]["pointer"] == ""


def test_an_empty_body_lacks_every_field(api: APIClient) -> None:
    response = posted(api, b"")
    assert response.status_code == 400
    pointers = {error["pointer"] for error in response.json()["errors"]}
    assert pointers == {"/source", "/external_id", "/article", "/text"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_strict_json_comes_out_as_it_went_in(value: Any) -> None:
    assert json_decode(json.dumps(value)) == value


@given(st.text())
def test_any_text_is_either_json_or_a_parse_error(text: str) -> None:
    try:
        expected = json.loads(text)
    except (ValueError, RecursionError):
        with pytest.raises(ParseError):
            json_decode(text)
        return
    try:
        assert json_decode(text) == expected
    except ParseError:
        assert any(word in text for word in ("NaN", "Infinity", "{", "e", "E"))


@given(JSON)
def test_texts_are_refused_exactly_where_utf_8_or_postgresql_would(value: Any) -> None:
    def bad(item: Any) -> bool:
        if isinstance(item, str):
            return "\x00" in item or any(0xD800 <= ord(one) <= 0xDFFF for one in item)
        if isinstance(item, dict):
            return any(bad(key) or bad(child) for key, child in item.items())
        return isinstance(item, list) and any(map(bad, item))

    try:
        refuse_bad_characters(value)
        refused = False
    except (Problem, ServiceError):
        refused = True
    assert refused == bad(value)
