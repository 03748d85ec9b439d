"""The dialect's short way: its addresses are answered ahead of the middleware that pages need."""

import logging
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

log = structlog.get_logger(__name__)

DIALECT = "moderation.perspective.urls"
DIALECT_PATHS = ("/v1alpha1/", "/batch", "/$discovery/")
SERVER_ERROR = 500


class PerspectiveMiddleware:
    """Answers the Perspective dialect's addresses, and leaves out the middleware behind it.

    Sessions, users, cookies, languages, static files and the policy of pages mean nothing to these calls, and would
    cost more than the rest of the Python code that serves one. One line is logged, by the rules of the request log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remember what answers everything else."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the dialect's reply, or what comes from behind."""
        if not request.path_info.startswith(DIALECT_PATHS):
            return self.get_response(request)
        try:
            found = resolve(request.path_info, DIALECT)
        except Resolver404:
            return self.get_response(request)
        with structlog.contextvars.bound_contextvars(request_id=str(uuid4())):
            response: HttpResponse = found.func(request, *found.args, **found.kwargs)
            level = logging.ERROR if response.status_code >= SERVER_ERROR else logging.INFO
            # As `config.middleware.request_log` writes it: the path, never the query string.
            asked = f"{request.method} {request.path}"
            log.log(level, "request_finished", request=asked, code=response.status_code)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
