"""The request log: one line when a request starts and one when it ends, joined by the request's id."""

import re
import uuid
from typing import cast

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

# The id is logged and sent back: nothing but letters, digits and a few marks.
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def request_id(request: HttpRequest) -> str:
    """Returns the id that the caller or a proxy gave, if it is fit to be logged, else a new one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


class RequestLogMiddleware(RequestMiddleware):  # type: ignore[misc]
    """Logs a line when a request starts and one when it ends, with its path but never its query string.

    Query strings contain keys (`?key=`) and search words, and neither may reach a log.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response with the request's id, by which an operator finds its lines."""
        request.META["HTTP_X_REQUEST_ID"] = found = request_id(request)
        # Django keeps the headers that an earlier middleware looked at.
        request.__dict__.pop("headers", None)
        response = cast("HttpResponse", super().__call__(request))
        response.headers["X-Request-ID"] = found
        return response

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Returns the method and the path alone."""
        return f"{request.method} {request.path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Logs the address found by `config.middleware.proxies`; other headers are only claims."""
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR", ""))
