"""No address reads a long body of somebody unknown, and no form takes a file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config.middleware.body_limit import MAX_ANONYMOUS_BYTES

FORMS = ["/", "/admin/", "/admin/login/", "/admin/desk/pending/", "/admin/archive/comment/add/"]
API = [
    "/api/v1/comments/",
    "/api/v1/analyze/",
    "/api/v1/articles/",
    "/api/v1/metrics/",
    "/api/v1/schema/",
    "/api/v1/docs/",
    "/v1alpha1/comments:analyze?key=wrong",
    "/v1alpha1/comments:suggestscore",
    "/v1alpha1/comments:other",
    "/$discovery/rest",
    "/healthz",
    "/readyz",
]
KINDS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]

pytestmark = pytest.mark.django_db


class Unread(BytesIO):
    """A body that must not be read."""

    def read(self, *_: Any) -> bytes:
        """Fails the test."""
        raise AssertionError("the body was read")

    readline = readinto = read  # type: ignore[assignment]


def posted(path: str, kind: str, length: int = 10_000_000, **headers: str) -> Any:
    """A stranger's answer, who brings all cookies that a stranger can make up."""
    client = Client(raise_request_exception=True, enforce_csrf_checks=True, headers=headers)
    client.cookies.load({settings.CSRF_COOKIE_NAME: "a" * 32, settings.SESSION_COOKIE_NAME: "b" * 32})
    extra = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(length)}
    return client.generic("POST", path, b"", kind, **extra)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", [*FORMS, *API])
def test_no_address_reads_a_strangers_long_body(path: str, kind: str) -> None:
    response = posted(path, kind)
    assert response.status_code == 413 if path in FORMS else response.status_code in {400, 401, 403, 404, 405}


@pytest.mark.parametrize("path", API[:4])
def test_a_wrong_key_is_refused_before_the_body_is_read(path: str) -> None:
    response = posted(path, "application/json", Authorization="Bearer mod_wrong")
    assert response.status_code in {401, 405}


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_a_length_is_refused(path: str) -> None:
    response = Client().post(path, headers={"Transfer-Encoding": "chunked"})
    assert (response.status_code, response.content) == (411, b"A body needs a Content-Length here.\n")


def test_a_login_has_room_and_whoever_is_signed_in_has_more(client: Client, settings: Any) -> None:
    form = {"username": "a", "password": "b" * (MAX_ANONYMOUS_BYTES - 1000)}
    assert client.post("/admin/login/", form).status_code == 200
    assert client.post("/admin/login/", {**form, "next": "c" * 1000}).status_code == 413
    client.force_login(User.objects.create_user("reader"))
    settings.MODERATION_MAX_BODY_BYTES = 30_000
    assert client.post("/admin/", {"a": "b" * 20_000}).status_code != 413
    response = client.post("/admin/", {"a": "b" * 30_000})
    assert (response.status_code, response.content) == (413, b"The body is over 30,000 bytes.\n")


def test_a_file_is_refused_by_every_form(client: Client) -> None:
    response = client.post("/admin/login/", {"username": "a", "password": SimpleUploadedFile("a.txt", b"b" * 3000)})
    assert response.status_code == 400
