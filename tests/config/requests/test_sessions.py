"""A session ends when nobody has used it for a while; a page that asks by itself is nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import Comment

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 11, 30, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(admin_client: Client) -> Any:
    with time_machine.travel(BEGIN, tick=False) as clock:
        admin_client.force_login(User.objects.get())
        yield clock


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_session_that_nobody_uses_ends_after_two_hours(clock: Any, admin_client: Client) -> None:
    assert is_in(admin_client)
    clock.shift(timedelta(hours=2, seconds=1))
    assert not is_in(admin_client)


def test_a_session_in_use_goes_on(clock: Any, admin_client: Client) -> None:
    for _ in range(10):
        clock.shift(1.5 * HOUR)
        assert is_in(admin_client)


def test_an_open_page_that_asks_by_itself_does_not_keep_a_session(
    clock: Any, admin_client: Client, make_comment: Callable[..., Comment]
) -> None:
    comment = make_comment()
    admin_client.get(f"/admin/desk/comment/{comment.pk}/")
    asked = []
    for _ in range(70):
        asked.append(admin_client.post(f"/admin/desk/comment/{comment.pk}/hold/").status_code)
        clock.shift(timedelta(minutes=2))
    assert (asked[0], asked[-1]) == (200, 302)
    assert not is_in(admin_client)


def test_pages_in_quick_succession_do_not_write(clock: Any, admin_client: Client) -> None:
    is_in(admin_client)
    clock.shift(timedelta(minutes=5))
    with CaptureQueriesContext(connection) as queries:
        assert is_in(admin_client)
    assert not [one for one in queries if "UPDATE" in one["sql"]]


def test_the_span_is_a_setting(clock: Any, settings: Any, admin_client: Client) -> None:
    settings.SESSION_COOKIE_AGE = 60
    admin_client.force_login(User.objects.get())
    assert is_in(admin_client)
    clock.shift(timedelta(seconds=61))
    assert not is_in(admin_client)


def test_a_request_without_a_session_meets_none(client: Client) -> None:
    assert "Cookie" not in client.get("/healthz").headers.get("Vary", "")
