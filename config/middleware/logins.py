"""Limits on logins: checking a password takes a quarter of a second of processor time by design.

Many attempts at once would occupy every processor and thread; here one is checked at a time, a few wait, and the rest
get a 503.
"""

from collections.abc import Callable
from threading import BoundedSemaphore, Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from archive.database.by_the_way import waiting_at_most

MAX_WAITING = 8
RETRY_SECONDS = 2


class LoginLineMiddleware:
    """Checks one password at a time in this process; seven more may wait, and others get a 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Starts with nobody waiting."""
        self.get_response = get_response
        self.waiting = BoundedSemaphore(MAX_WAITING)
        self.turn = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Returns a refusal, or the response."""
        if request.method != "POST" or request.path_info != reverse(settings.LOGIN_URL):
            return self.get_response(request)
        if not self.waiting.acquire(blocking=False):
            return _busy()
        try:
            with self.turn:
                return self.get_response(request)
        finally:
            self.waiting.release()


class LoginWaitMiddleware:
    """Limits a login's wait for another writer on SQLite to three seconds; after that it is a 503.

    Whoever logs in is not authenticated yet, and must not hold a thread for as long as a moderator's decision may.
    """

    MILLISECONDS = 3_000

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response, with the shorter wait for a POST to the login page."""
        if request.method != "POST" or request.path != reverse("admin:login"):
            return self.get_response(request)
        with waiting_at_most(self.MILLISECONDS):
            return self.get_response(request)


def _busy() -> HttpResponse:
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return HttpResponse("Too many logins at once: try again.\n", "text/plain; charset=utf-8", 503, headers=headers)
