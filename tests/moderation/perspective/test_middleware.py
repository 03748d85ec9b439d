"""The short way of the Perspective dialect: what it leaves out, and what it must not."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

BODY = json.dumps({"comment": {"text": "You are late again."}, "requestedAttributes": {"TOXICITY": {}}})
ANALYZE = "/v1alpha1/comments:analyze"

pytestmark = pytest.mark.django_db


def analyzed(key: str, **headers: str) -> Any:
    client = Client(raise_request_exception=False)
    return client.post(f"{ANALYZE}?key={key}", BODY, content_type="application/json", headers=headers)


def test_a_call_of_the_dialect_meets_neither_session_nor_cookie_nor_language(api_key: Any) -> None:
    response = analyzed(api_key("analyze"), accept_language="tr")
    assert response.status_code == 200
    assert not response.cookies
    assert not hasattr(response.wsgi_request, "session")
    assert "Vary" not in response.headers
    assert "Content-Language" not in response.headers


def test_it_keeps_its_length_and_the_headers_of_security(api_key: Any) -> None:
    response = analyzed(api_key("analyze"))
    assert response["Content-Length"] == str(len(response.content))
    assert response["X-Content-Type-Options"] == "nosniff"


PATHS = [
    "/admin/login/",
    "/admin/desk/",
    "/api/v1/comments/",
    "/healthz",
    "/nothing/",
    "/batch",
    "/$discovery/rest",
    ANALYZE,
]


@pytest.mark.parametrize("path", [*PATHS, "/static/moderation/desk.js"])
def test_every_response_forbids_what_no_page_needs_and_keeps_other_windows_out(client: Client, path: str) -> None:
    response = client.get(path)
    response.close()
    headers = response.headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_host_that_is_not_ours_gets_the_same_headers(client: Client) -> None:
    assert "camera=()" in client.get("/admin/", headers={"host": "evil.example"})["Permissions-Policy"]


def test_the_server_tells_neither_what_it_runs_on_nor_a_version() -> None:
    code = "import gunicorn, config.gunicorn; from gunicorn.http import wsgi; print(wsgi.SERVER)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert run.stdout == "Moderato\n"


def test_it_leaves_one_line_in_the_log_with_its_path_alone(api_key: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    key = api_key("analyze")
    analyzed(key)
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    shown = [event for event in events if event["event"].startswith("request_")]
    assert [(event["event"], event["request"], event["code"]) for event in shown] == [
        ("request_finished", f"POST {ANALYZE}", 200)
    ]
    assert shown[0]["request_id"]
    assert key not in str(events)


def test_a_host_that_is_not_allowed_is_refused_in_googles_envelope(api_key: Any) -> None:
    response = analyzed(api_key("analyze"), host="evil.example")
    assert response.status_code == 400
    assert response.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_addresses_that_only_begin_alike_are_not_the_dialects(client: Client) -> None:
    for path in ("/batches", "/batch/", "/$discovery/other"):
        response = client.get(path)
        assert response.status_code == 404
        assert "Content-Language" in response.headers
    assert "Content-Language" not in client.get("/batch").headers
