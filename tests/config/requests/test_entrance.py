"""Whoever logs in or out ends at a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from archive.models import Comment
from moderation.desk.finding.queues import DEFAULT

LOGIN, LOGOUT, START = "/admin/login/", "/admin/logout/", "/admin/"
NOWHERE = [
    "https://evil.example/",
    "//evil.example/admin/",
    "javascript:alert(1)",
    "/nothing/",
    "/admin/nothing/",
    "/admin/desk/no/such/page/",
    "/admin/logout/",
    "",
    "x" * 5000,
    "http://[",
]
SOMEWHERE = [
    "/admin/desk/",
    "/admin/desk/waiting/?state=pending",
    "/admin/archive/comment/",
    "/api/v1/docs/",
    "/admin/",
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ada(settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_superuser("ada", password="right")


def login(to: str, *, posted: bool) -> Any:
    fields = {"username": "ada", "password": "right", **({"next": to} if posted else {})}
    return Client().post(f"{LOGIN}?next={quote(to)}", fields)


@pytest.mark.parametrize("posted", [True, False], ids=["in the form", "in the address"])
@pytest.mark.parametrize("to", NOWHERE, ids=ascii)
def test_a_next_that_leads_nowhere_leads_to_the_start(to: str, posted: bool) -> None:
    assert login(to, posted=posted).headers["Location"] == START


@pytest.mark.parametrize("posted", [True, False], ids=["in the form", "in the address"])
def test_a_next_with_a_nul_is_no_text(posted: bool) -> None:
    assert login("/admin/\0", posted=posted).status_code == 400


@pytest.mark.parametrize("to", SOMEWHERE)
def test_a_next_of_this_site_is_followed(to: str) -> None:
    assert login(to, posted=True).headers["Location"] == to


@pytest.mark.parametrize("to", NOWHERE, ids=ascii)
@pytest.mark.parametrize("posted", [True, False], ids=["in the form", "in the address"])
def test_logging_out_ends_at_a_page_too(admin_client: Client, to: str, posted: bool) -> None:
    address = LOGOUT if posted else f"{LOGOUT}?next={quote(to)}"
    assert admin_client.post(address, {"next": to} if posted else {}, follow=True).status_code == 200


def test_logging_out_without_a_next_says_so(admin_client: Client) -> None:
    assert b"Logged out" in admin_client.post(LOGOUT).content


def test_what_a_person_posted_when_the_session_had_ended_leads_back_to_a_page(
    make_comment: Callable[..., Comment],
) -> None:
    comment = make_comment()
    for path in (
        f"{DEFAULT.name}/act/?attribute=toxicity",
        f"{DEFAULT.name}/next/",
        "undo/",
        f"comment/{comment.pk}/",
        f"comment/{comment.pk}/hold/",
        f"comment/{comment.pk}/hand-over/",
        f"comment/{comment.pk}/replies/",
        "selection/",
        "by-score/",
        "settings/",
    ):
        client = Client()
        asked = client.post(f"/admin/desk/{path}")
        assert asked.headers["Location"].startswith(LOGIN)
        shown = client.post(asked.headers["Location"], {"username": "ada", "password": "right"}, follow=True)
        assert shown.status_code == 200, path
        assert shown.request["PATH_INFO"].startswith("/admin/desk/"), path
