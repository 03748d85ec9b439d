"""The request log: one line when a request starts and one when it ends."""

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


class RequestLogMiddleware(RequestMiddleware):  # type: ignore[misc]
    """Logs a line when a request starts and one when it ends, with its path but never its query string.

    Query strings contain keys (`?key=`) and search words, and neither may reach a log.
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Returns the method and the path alone."""
        return f"{request.method} {request.path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Logs the address found by `config.middleware.proxies`; other headers are only claims."""
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR", ""))
