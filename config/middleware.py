"""What requests pass through that belongs to neither app: limits of forms and logins, the log, Permissions-Policy."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.defaults import bad_request
from django_structlog.middlewares import RequestMiddleware

from archive.database.by_the_way import waiting_at_most

API_PREFIX = "/api/"
# A name, a password, a token and the address to go on to.
MAX_ANONYMOUS_BYTES = 8_192

# Nothing here takes a picture, hears, locates or pays: a script that got in should not either.
FORBIDDEN = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in FORBIDDEN)


class PermissionsPolicyMiddleware:
    """Sends Permissions-Policy with every response; it stands ahead of what answers by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remembers what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response with the header."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class RequestLogMiddleware(RequestMiddleware):  # type: ignore[misc]
    """One line as a request starts and one as it ends, with its path but never its query string.

    Query strings carry keys (`?key=`) and search words, and neither may reach a log.
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Returns the method and the path alone."""
        return f"{request.method} {request.path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Puts the client's address into the log, as `config.proxies` has it; other headers are only claims."""
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR", ""))


class BodyLimitMiddleware:
    """Refuses a form by its declared length, before anything reads it.

    Whoever is signed in may send MODERATION_MAX_BODY_BYTES, anybody else what a login needs. A form without a length is
    refused: no browser sends one. The API's addresses are left to the API, which reads a body after its key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Remember what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Returns a refusal (411, 413), or what comes from behind."""
        if request.path_info.startswith(API_PREFIX):
            return self.get_response(request)
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return _refusal(411, "A body needs a Content-Length here.")
        length = _declared(request)
        if length > MAX_ANONYMOUS_BYTES and length > (limit := _limit(request)):
            return _refusal(413, f"The body is over {limit:,} bytes.")
        return self.get_response(request)


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


def _declared(request: HttpRequest) -> int:
    length = str(request.META.get("CONTENT_LENGTH") or "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _limit(request: HttpRequest) -> int:
    signed_in = SESSION_KEY in request.session
    return settings.MODERATION_MAX_BODY_BYTES if signed_in else MAX_ANONYMOUS_BYTES


def _refusal(status: int, message: str) -> HttpResponse:
    return HttpResponse(message + "\n", status=status, content_type="text/plain; charset=utf-8")


class UnreadableInputMiddleware:
    """Refuses what the pages of the admin and the desk cannot read with a 400, instead of failing over it.

    A NUL is in no text that anybody types, and PostgreSQL holds none. A number may be larger than the database's:
    SQLite then says OverflowError, PostgreSQL DataError. The API checks its own input field by field.
    """

    pages = "/admin/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers the request."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Raises BadRequest for a NUL in the path, the query string or the form."""
        if request.path.startswith(self.pages) and any("\0" in text for text in _texts(request)):
            raise BadRequest("A NUL is no text.")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Returns a 400 for a value that the database cannot hold."""
        if request.path.startswith(self.pages) and isinstance(error, OverflowError | DataError):
            return bad_request(request, BadRequest("A value is larger than the database holds."))
        return None


def _texts(request: HttpRequest) -> list[str]:
    fields = [*request.GET.lists(), *request.POST.lists()]
    return [request.path, *(name for name, _ in fields), *(value for _, values in fields for value in values)]
