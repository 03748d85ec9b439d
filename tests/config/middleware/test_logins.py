"""Passwords are checked one at a time, a few wait, and the rest is asked to come back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.middleware.logins import MAX_WAITING, LoginLineMiddleware

LOGIN = "/admin/login/"


def test_one_login_is_checked_at_a_time_and_those_beyond_the_line_are_refused() -> None:
    let_go, refused, alone = Event(), Event(), Lock()

    def checked(_request: HttpRequest) -> HttpResponse:
        assert alone.acquire(blocking=False)
        assert let_go.wait(60)
        alone.release()
        return HttpResponse()

    line = LoginLineMiddleware(checked)

    def login(_number: int) -> int:
        status = line(RequestFactory().post(LOGIN)).status_code
        if status == 503:
            refused.set()
        return status

    with ThreadPoolExecutor(MAX_WAITING + 1) as pool:
        found = pool.map(login, range(MAX_WAITING + 1))
        assert refused.wait(60)
        let_go.set()
        assert sorted(found) == [200] * MAX_WAITING + [503]


def test_a_refusal_says_when_to_come_back_and_everything_else_goes_by() -> None:
    line = LoginLineMiddleware(lambda _request: HttpResponse())
    for _ in range(MAX_WAITING):
        line.waiting.acquire()
    response = line(RequestFactory().post(LOGIN))
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    for other in (RequestFactory().get(LOGIN), RequestFactory().post("/admin/")):
        assert line(other).status_code == 200


def test_the_line_moves_on_after_a_fault() -> None:
    def broken(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    line = LoginLineMiddleware(broken)
    for _ in range(MAX_WAITING + 1):
        try:
            line(RequestFactory().post(LOGIN))
        except RuntimeError:
            continue
    line.get_response = lambda _request: HttpResponse()
    assert line(RequestFactory().post(LOGIN)).status_code == 200
