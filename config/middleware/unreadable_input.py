"""Refuses input that no page of the admin or the desk can handle: NULs, and numbers too large for the database."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request


class UnreadableInputMiddleware:
    """Returns a 400 for input that the pages of the admin and the desk cannot handle, instead of failing.

    Nobody types a NUL, and PostgreSQL cannot store it. A number may exceed the database's range: SQLite then raises
    OverflowError, PostgreSQL DataError. The API validates its own input field by field.
    """

    pages = "/admin/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response."""
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
