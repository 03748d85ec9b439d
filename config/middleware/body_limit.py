"""Limits the size of forms by their declared length, before anything reads them."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

API_PREFIX = "/api/"


# Enough for a name, a password, a token and the URL to go on to.
MAX_ANONYMOUS_BYTES = 8_192


class BodyLimitMiddleware:
    """Refuses a form by its declared length, before anything reads it.

    A signed-in user may send MODERATION_MAX_BODY_BYTES, anybody else what a login needs. A form without a length is
    refused: no browser sends one. The API is exempt: it checks the key before it reads a body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Stores the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Returns a refusal (411, 413), or the response."""
        if request.path_info.startswith(API_PREFIX):
            return self.get_response(request)
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return _refusal(411, "A body needs a Content-Length here.")
        length = _declared(request)
        if length > MAX_ANONYMOUS_BYTES and length > (limit := _limit(request)):
            return _refusal(413, f"The body is over {limit:,} bytes.")
        return self.get_response(request)


def _declared(request: HttpRequest) -> int:
    length = str(request.META.get("CONTENT_LENGTH") or "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _limit(request: HttpRequest) -> int:
    signed_in = SESSION_KEY in request.session
    return settings.MODERATION_MAX_BODY_BYTES if signed_in else MAX_ANONYMOUS_BYTES


def _refusal(status: int, message: str) -> HttpResponse:
    return HttpResponse(message + "\n", status=status, content_type="text/plain; charset=utf-8")
