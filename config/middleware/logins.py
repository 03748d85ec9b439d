"""Logins one at a time: checking a password is made to take a processor a quarter of a second.

Strangers who try many at once would have every processor and thread for themselves; here they wait for each other, a
few of them, and the rest is asked to come back.
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
    """Lets one password be checked at a time in this process, and eight wait; others get a 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Begin with nobody waiting."""
        self.get_response = get_response
        self.waiting = BoundedSemaphore(MAX_WAITING)
        self.turn = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Returns a refusal, or what comes from behind."""
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
    """A login, which is stored, waits for another's write for three seconds and is a 503 then.

    Whoever asks is nobody yet: threads that they hold for as long as a moderator's decision may wait, others lack.
    """

    MILLISECONDS = 3_000

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers with the shorter wait where something is posted to the login page."""
        if request.method != "POST" or request.path != reverse("admin:login"):
            return self.get_response(request)
        with waiting_at_most(self.MILLISECONDS):
            return self.get_response(request)


def _busy() -> HttpResponse:
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return HttpResponse("Too many logins at once: try again.\n", "text/plain; charset=utf-8", 503, headers=headers)
