"""What requests pass through that belongs to neither app: the request log, and the end of a login's patience."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_structlog.middlewares import RequestMiddleware

from archive.database.by_the_way import waiting_at_most


class RequestLogMiddleware(RequestMiddleware):  # type: ignore[misc]
    """One line as a request starts and one as it ends, with its path but never its query string.

    Query strings carry keys (`?key=`) and search words, and neither may reach a log.
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Returns the method and the path alone."""
        return f"{request.method} {request.path}"


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
