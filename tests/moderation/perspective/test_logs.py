"""No text, no key and no query string reaches a log, whatever happens to a request."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from moderation.perspective import methods

SECRET = "Zanzibarian"
SUGGEST = "/v1alpha1/comments:suggestscore"
Make = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Gives everything that was logged so far, with every argument of every record."""
    caplog.set_level(logging.DEBUG)

    def read() -> str:
        out, err = capfd.readouterr()
        records = "\n".join(str({**record.__dict__, "request": ""}) for record in caplog.records)
        return out + err + caplog.text + records

    return read


def test_neither_success_nor_refusal_is_logged_with_its_text_or_key(
    call: Any, body: Make, key: str, written: Callable[[], str]
) -> None:
    call(body(f"You {SECRET} idiot. {SECRET}!", spanAnnotations=True, clientToken=SECRET))
    call(json.dumps(body(SECRET))[:-2])
    call({**body(SECRET), SECRET: 1})
    call(body(SECRET, languages=["es"]))
    call(body(), query=f"&fields={SECRET}")
    call(body(), key=SECRET)
    call({"comment": {"text": SECRET}, "attributeScores": {"T": {"summaryScore": {"value": 1}}}}, path=SUGGEST)
    log = written()
    assert "POST /v1alpha1/comments:analyze" in log
    assert SECRET not in log
    assert key not in log
    assert "?key" not in log


def test_a_fault_is_logged_by_its_type_and_place_and_not_by_its_message(
    call: Any, body: Make, key: str, written: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError(f"could not handle {SECRET}")

    monkeypatch.setattr(methods, "read_mask", broken)
    assert call(body(SECRET)).status == 500
    log = written()
    assert "RuntimeError" in log
    assert "perspective_fault" in log
    assert SECRET not in log
    assert key not in log


def test_a_batch_is_not_logged_with_its_parts(body: Make, key: str, written: Callable[[], str]) -> None:
    inner = f"POST /v1alpha1/comments:analyze?key={key} HTTP/1.1\r\n\r\n{json.dumps(body(SECRET))}"
    data = f"--x\r\nContent-Type: application/http\r\n\r\n{inner}\r\n--x--"
    response = Client().post("/batch", data=data, content_type="multipart/mixed; boundary=x")
    assert b"200 OK" in response.content
    log = written()
    assert SECRET not in log
    assert key not in log
