"""No comment text, no key and no query string reaches a log, whatever happens."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError
from rest_framework.test import APIClient

from archive.models import Article

TEXT = "canarytext"
QUERY = "canaryquery"
BODY = "canarybody"
COMMENTS = "/api/v1/comments/"


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Returns all that was logged or written, having asserted that there was something and no canary in it."""
    caplog.set_level(logging.DEBUG)

    def check(*secrets: str) -> str:
        out, err = capfd.readouterr()
        records = "\n".join(f"{record.getMessage()} {record.args} {record.exc_text or ''}" for record in caplog.records)
        written = "\n".join((out, err, caplog.text, records))
        assert "request_started" in written, "nothing was logged: this test looks at the wrong place"
        for secret in (TEXT, QUERY, BODY, *secrets):
            assert secret not in written
        return written

    return check


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1:2.3_4", True), ("", False), ("x" * 65, False), ("a b", False), ("a\u2028b", False), ("<script>", False)],
)
def test_a_request_has_an_id_in_its_answer_and_in_its_lines(
    api: APIClient, caplog: pytest.LogCaptureFixture, given: str, kept: bool
) -> None:
    caplog.set_level(logging.INFO)
    answered = api.get("/api/v1/comments/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (answered == given) is kept
    assert re.fullmatch(r"[\w.:-]{1,64}", answered, re.ASCII)
    logged = [one.msg.get("request_id") for one in caplog.records if isinstance(one.msg, dict)]
    assert answered in logged
    assert api.get("/api/v1/nowhere/")["X-Request-ID"]


def item(**fields: Any) -> dict[str, Any]:
    return {"source": "harbor-times", "external_id": "1", "article": {"external_id": "a1"}, "text": TEXT, **fields}


@pytest.fixture
def keyed(api_key: Callable[..., str]) -> tuple[APIClient, str]:
    """A client and the key it sends."""
    token = api_key("read", "write", "analyze", "moderate")
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client, token


def test_nothing_of_a_success_is_logged(
    keyed: tuple[APIClient, str], article: Article, quiet: Callable[..., str]
) -> None:
    client, token = keyed
    made = client.post(f"{COMMENTS}?wait=score", item(text=f"You stupid idiot {TEXT}."))
    assert made.status_code == 201
    assert client.get(COMMENTS, {"q": QUERY}).status_code == 200
    assert client.get("/api/v1/flagged/", {"q": TEXT}).json()["results"]
    assert client.post("/api/v1/analyze/", {"text": TEXT}).status_code == 200
    assert client.patch(f"{COMMENTS}{made.json()['id']}/", {"text": BODY}).status_code == 200
    quiet(token, "stupid idiot")


def test_nothing_of_a_refusal_is_logged(
    keyed: tuple[APIClient, str], article: Article, quiet: Callable[..., str]
) -> None:
    client, token = keyed
    statuses = [
        client.post(COMMENTS, item(source=BODY)).status_code,
        client.post(COMMENTS, item(**{BODY: 1})).status_code,
        client.post(COMMENTS, item(text=TEXT * 20_000)).status_code,
        client.generic("POST", COMMENTS, f'{{"text": "{TEXT}', "application/json").status_code,
        client.generic("POST", COMMENTS, f'"{TEXT}"', f"text/{BODY}").status_code,
        client.get(f"{COMMENTS}?{QUERY}=1").status_code,
        client.get("/api/v1/nothing/", {"key": QUERY}).status_code,
        client.post(f"/api/v1/models/?{QUERY}", {"text": TEXT}).status_code,
        client.get("/api/v1/comments/77/", {}).status_code,
    ]
    assert statuses == [400, 400, 400, 400, 415, 400, 404, 405, 404]
    quiet(token)


def test_nothing_of_a_wrong_key_is_logged(db: None, quiet: Callable[..., str]) -> None:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION="Bearer mod_canarykey")
    assert client.get(COMMENTS, {"key": QUERY}).status_code == 401
    quiet("canarykey")


@pytest.mark.parametrize("error", [RuntimeError, ValueError, KeyError])
def test_nothing_of_a_failure_is_logged_but_its_type_and_place(
    keyed: tuple[APIClient, str],
    quiet: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    client, token = keyed

    def fail(*, items: Any, **_: Any) -> None:
        try:
            raise ValueError(f"cause {items[0].raw}")
        except ValueError as cause:
            raise error(f"row ({items[0].raw}) of {TEXT}") from cause

    monkeypatch.setattr("moderation.api.views.discussion.comments.comments_ingest", fail)
    response = client.post(f"{COMMENTS}?wait=score", item())
    assert response.status_code == 500
    assert TEXT not in response.content.decode()
    written = quiet(token)
    assert error.__name__ in written
    assert "test_logs.py" in written


def test_nothing_of_a_database_error_is_logged(
    keyed: tuple[APIClient, str], article: Article, quiet: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, token = keyed

    def fail(rows: Any) -> None:
        raise DataError(f"DETAIL: failing row contains ({rows[0].text})")

    monkeypatch.setattr("archive.services.upsert.rows_insert", fail)
    assert client.post(COMMENTS, item()).status_code == 500
    assert "DataError" in quiet(token)


def test_the_filter_of_these_tests_sees_a_canary(keyed: tuple[APIClient, str], quiet: Callable[..., str]) -> None:
    keyed[0].get(COMMENTS)
    logging.getLogger("moderation").warning("a comment says %s", TEXT)
    with pytest.raises(AssertionError):
        quiet()
