"""Google's multipart batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from email import message_from_bytes
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.models import Feedback
from moderation.perspective import analyze
from moderation.perspective.batches.batch import TOGETHER_PARTS
from moderation.perspective.batches.multipart import MAX_PARTS
from moderation.scoring.queueing.admission import QueueFullError
from moderation.scoring.queueing.dynamic_batching import DynamicBatcher
from moderation.services.online_scoring.request_queue import RequestQueue

Make = Callable[..., dict[str, Any]]
CRLF = "\r\n"
MARKS = "POST /v1batchHTTP/1.1:analyze?key=\r\n{}\"'-<>"

pytestmark = pytest.mark.django_db


def part(inner: str, number: int = 1, line_end: str = CRLF) -> str:
    """A part as google-api-python-client writes it."""
    head = ["Content-Type: application/http", "MIME-Version: 1.0", "Content-Transfer-Encoding: binary"]
    return line_end.join([*head, f"Content-ID: <b29c5de2-0db4 + {number}>", "", inner])


def inner(body: Any, key: str | None, method: str = "analyze", line_end: str = CRLF, **headers: str) -> str:
    """The HTTP request inside a part."""
    query = f"?key={key}&alt=json" if key else "?alt=json"
    first = f"POST /v1alpha1/comments:{method}{query} HTTP/1.1"
    lines = [first, "Content-Type: application/json", "Host: x", *(f"{k}: {v}" for k, v in headers.items())]
    return line_end.join([*lines, "", json.dumps(body, ensure_ascii=False)])


def post(parts: list[str], line_end: str = CRLF, **headers: str) -> Any:
    """Posts a batch."""
    data = "".join(f"--outer{line_end}{one}{line_end}" for one in parts) + f"--outer--{line_end}"
    client = Client(raise_request_exception=False)
    kind = 'multipart/mixed; boundary="outer"'
    return client.post("/batch", data=data.encode(), content_type=kind, headers=headers)


def replies(response: Any) -> list[tuple[str, int, Any]]:
    """(Content-ID, status, JSON) of each part of a reply."""
    assert response.status_code == 200
    message = message_from_bytes(f"Content-Type: {response['Content-Type']}\r\n\r\n".encode() + response.content)
    found = []
    for one in message.get_payload():
        status, _, rest = one.get_payload().partition("\r\n")
        head, _, body = rest.partition("\r\n\r\n")
        assert "Content-Type: application/json; charset=UTF-8" in head
        assert f"Content-Length: {len(body)}" in head
        found.append((one["Content-ID"], int(status.split()[1]), json.loads(body)))
    return found


def test_each_part_is_answered_in_its_place_under_its_own_id(body: Make, key: str) -> None:
    texts = ["You are a stupid idiot.", "Thank you for this article.", "Ça alors 😀, you idiot"]
    parts = [part(inner(body(text, languages=["en"], clientToken=text), key), i) for i, text in enumerate(texts)]
    found = replies(post(parts))
    assert [name for name, _, _ in found] == [f"<response-b29c5de2-0db4 + {i}>" for i in range(3)]
    assert [status for _, status, _ in found] == [200] * 3
    assert [reply["clientToken"] for _, _, reply in found] == texts
    scores = [reply["attributeScores"]["TOXICITY"]["summaryScore"]["value"] for _, _, reply in found]
    assert scores[0] > 0.8
    assert scores[1] < 0.3


def test_one_bad_part_fails_alone_and_each_brings_its_own_key(
    body: Make, key: str, api_key: Callable[..., str]
) -> None:
    suggestion = {"comment": {"text": "a b"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
    parts = [
        part(inner(body(), key)),
        part(inner(body(""), key)),
        part(inner(body(), None)),
        part(inner(body(), "wrong")),
        part(inner(body(), api_key("read"))),
        part(inner(suggestion, key, method="suggestscore")),
        part(inner(body(), key, method="other")),
        part("nonsense"),
        part("GET http://[::1 HTTP/1.1\r\n\r\n"),
        part("GET /v1alpha1/comments:analyze HTTP/1.1\r\n\r\n"),
        part(""),
        "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n\r\nx\r\n--inner--",
        part(inner(body(), None, **{"X-Goog-Api-Key": key})),
    ]
    found = replies(post(parts))
    assert [status for _, status, _ in found] == [200, 400, 403, 400, 403, 200, 404, 400, 400, 404, 400, 400, 200]
    assert all(set(reply["error"]) >= {"code", "message", "status"} for _, status, reply in found if status != 200)
    assert Feedback.objects.count() == 1


def test_the_outer_headers_key_holds_for_parts_that_have_none(body: Make, key: str) -> None:
    found = replies(post([part(inner(body(), None)), part(inner(body(), "wrong"))], **{"X-Goog-Api-Key": key}))
    assert [status for _, status, _ in found] == [200, 400]


def test_bare_newlines_and_absolute_addresses_are_fine(body: Make, key: str) -> None:
    request = inner(body(), key, line_end="\n").replace("POST /v1", "POST https://commentanalyzer.googleapis.com/v1")
    assert [status for _, status, _ in replies(post([part(request, line_end="\n")], line_end="\n"))] == [200]


def test_every_part_counts_against_its_keys_quota(body: Make, api_key: Callable[..., str]) -> None:
    key = api_key("analyze", rate=2)
    found = replies(post([part(inner(body(), key)) for _ in range(4)]))
    assert sorted(status for _, status, _ in found) == [200, 200, 429, 429]


def test_a_thousand_parts_are_taken_and_one_more_is_refused(body: Make, key: str) -> None:
    # One in ten is scored, so that the test is short.
    parts = [part(inner(body("word " * 20 if number % 10 == 0 else ""), key), number) for number in range(MAX_PARTS)]
    found = replies(post(parts))
    assert [status for _, status, _ in found] == [200, *[400] * 9] * 100
    response = post([*parts, parts[0]])
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "The batch has more than 1,000 parts."


def test_a_batch_over_the_servers_limit_is_a_413_with_the_limit(body: Make, key: str, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = post([part(inner(body("a " * 600), key))])
    assert (response.status_code, response.json()["error"]["code"]) == (413, 413)
    assert response.json()["error"]["message"] == "Request payload size exceeds the limit: 1000 bytes."


def test_a_batch_that_was_let_in_is_not_refused_for_its_own_sake(
    body: Make, key: str, monkeypatch: pytest.MonkeyPatch, scorer: Any
) -> None:
    narrow = DynamicBatcher(scorer, patience=0, round_characters=1, max_callers=1)
    monkeypatch.setattr(analyze, "request_queue_active", lambda: RequestQueue(scorer.routing, narrow))
    parts = [part(inner(body(f"You are number {number}."), key), number) for number in range(TOGETHER_PARTS)]
    assert [status for _, status, _ in replies(post(parts))] == [200] * TOGETHER_PARTS
    assert narrow.refused == 0


def test_a_full_line_refuses_each_part_that_needs_it_and_no_other(
    body: Make, key: str, monkeypatch: pytest.MonkeyPatch, scorer: Any
) -> None:
    full = DynamicBatcher(scorer, max_callers=0)
    monkeypatch.setattr(analyze, "request_queue_active", lambda: RequestQueue(scorer.routing, full))
    parts = [part(inner(body(text), key)) for text in ("You are late.", "", "You are late.")]
    assert [status for _, status, _ in replies(post(parts))] == [429, 400, 429]
    assert full.refused == 2


def test_a_batch_waits_once_in_vain_and_not_part_by_part(
    body: Make, key: str, monkeypatch: pytest.MonkeyPatch, scorer: Any, settings: Any
) -> None:
    waits = list[float]()

    class Full(DynamicBatcher):
        def reserve(self, texts: Any, *, wait: float = 0.0) -> Any:
            waits.append(wait)
            raise QueueFullError

    settings.MODERATION_QUEUE_SECONDS = 7
    monkeypatch.setattr(analyze, "request_queue_active", lambda: RequestQueue(scorer.routing, Full(scorer)))
    parts = [part(inner(body(), key)) for _ in range(TOGETHER_PARTS + 2)]
    found = replies(post(parts))
    assert {status for _, status, _ in found} == {429}
    assert {reply["error"]["status"] for _, _, reply in found} == {"RESOURCE_EXHAUSTED"}
    assert waits == [7, *[0] * (TOGETHER_PARTS + 1)]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/json", "{}"),
        ("multipart/mixed", "--x\r\n\r\n--x--"),
        ("multipart/mixed; boundary=x", ""),
        ("multipart/mixed; boundary=x", "--y--"),
        ("multipart/form-data; boundary=x", "--x\r\n\r\na\r\n--x--"),
        ("", "a"),
        ("multipart/mixed; boundary=x", "--x--"),
    ],
)
def test_what_is_no_batch_is_refused_in_the_envelope(client: Any, kind: str, data: str) -> None:
    response = client.post("/batch", data=data, content_type=kind)
    assert response.status_code == 400
    assert response.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_batch_can_only_be_posted(client: Any) -> None:
    assert client.get("/batch").status_code == 404


def test_an_id_with_line_ends_cannot_add_headers(body: Make, key: str) -> None:
    folded = part(inner(body(), key)).replace("+ 1>", "+ 1>\r\n X-Evil: 1\r\n\ty")
    response = post([folded])
    assert b"\r\nX-Evil" not in response.content
    assert len(replies(response)) == 1


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet=MARKS, max_size=80), max_size=4), st.binary(max_size=80))
def test_any_batch_is_answered_or_refused_and_never_a_fault(parts: list[str], raw: bytes) -> None:
    client = Client(raise_request_exception=False)
    for response in (
        post([part(one) for one in parts]),
        client.post("/batch", data=raw, content_type="multipart/mixed; boundary=x"),
        client.post("/batch", data=b"--x\r\n\r\n" + raw + b"\r\n--x--", content_type="multipart/mixed; boundary=x"),
    ):
        assert response.status_code in {200, 400}
        if response.status_code == 200:
            assert all(400 <= status < 500 for _, status, _ in replies(response))
