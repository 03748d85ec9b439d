"""Every error of the API as RFC 9457 problem details, wherever it was raised.

Only the caller is told anything about a request's body, key or query string: logs get an exception's type and frames,
never its message, because messages quote the data that was being handled.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.core import signals
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.log import log_response
from django.views import defaults
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.settings import api_settings
from rest_framework.status import is_server_error

from moderation.api.responses.refusals import CODES, MAX_ERRORS, Problem, join_pointer
from moderation.services.errors import FieldError, ServiceError

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"

CODE_OF_STATUS = {status: code for code, (status, _) in reversed(CODES.items())}
# What stands for a row's number in the documentation.
PLACEHOLDER = re.compile(r"/(\{?(?:ID|id)\}?|%7[Bb]id%7[Dd]|<id>)(?:/|$)")
BUSY_DETAIL = "The database is busy or away; try again."
INTERNAL_DETAIL = "Something failed here; it is in the log. Trying again may help."


class Withheld(Exception):  # noqa: N818  (a placeholder, never raised)
    """Replaces, in logs, an exception whose message must not be logged."""


def field_errors(detail: Any, pointer: str = "") -> Iterator[FieldError]:
    """Yields a FieldError for each error in the nested detail of a ValidationError."""
    if isinstance(detail, exceptions.ErrorDetail):
        yield FieldError(pointer, str(detail.code or "invalid"), str(detail), getattr(detail.code, "limit", None))
    elif isinstance(detail, Mapping):
        for key, value in detail.items():
            whole = key == api_settings.NON_FIELD_ERRORS_KEY
            yield from field_errors(value, pointer if whole else join_pointer(pointer, key))
    else:
        for index, item in enumerate(detail):
            plain = isinstance(item, exceptions.ErrorDetail)
            yield from field_errors(item, pointer if plain else f"{pointer}/{index}")


def _error_json(error: FieldError) -> dict[str, Any]:
    body: dict[str, Any] = {"pointer": error.pointer, "code": error.code, "detail": error.detail}
    return body if error.limit is None else {**body, "limit": error.limit}


def problem_json(code: str, detail: str, path: str, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    """Returns the body of a problem; at most a hundred errors are listed."""
    status, title = CODES[code]
    body: dict[str, Any] = {"type": f"urn:moderato:problem:{code}", "title": title, "status": status}
    body |= {"detail": detail, "instance": path}
    return {**body, "errors": [_error_json(error) for error in errors[:MAX_ERRORS]]} if errors else body


def problem_response(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Returns the response, bypassing the view's renderers, which may not produce JSON."""
    return JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE, headers=dict(headers or {}))


def _code(error: exceptions.APIException) -> str:
    if isinstance(error, Problem):
        return error.code
    if isinstance(error, exceptions.ValidationError):
        return "validation_error"
    if isinstance(error, exceptions.ParseError):
        return "parse_error"
    return CODE_OF_STATUS.get(error.status_code, "internal_error")


def _summary(errors: Sequence[FieldError]) -> str:
    first = errors[0]
    least = "at least " if len(errors) > MAX_ERRORS else ""
    more = f" ({least}{len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first.pointer or 'The body'}: {first.detail}{more}"


class ProblemFormatter(ExceptionFormatter):  # type: ignore[misc]
    """Builds the body of a problem from any exception that DRF handles."""

    def run(self) -> dict[str, Any]:
        """Returns the problem's JSON."""
        code = _code(self.exc)
        request = self.context.get("request")
        path = request.path if request is not None else ""
        if code == "validation_error" and not isinstance(self.exc, Problem):
            errors = list(islice(field_errors(self.exc.detail), MAX_ERRORS + 1))
            return problem_json(code, _summary(errors), path, errors)
        return problem_json(code, self._detail(code), path, getattr(self.exc, "errors", ()))

    def _detail(self, code: str) -> str:
        if isinstance(self.exc, exceptions.NotAuthenticated):
            return "Send a key: Authorization: Bearer KEY."
        return INTERNAL_DETAIL if code == "internal_error" else str(self.exc.detail)


class ProblemHandler(ExceptionHandler):  # type: ignore[misc]
    """DRF's exception handler: errors of services and of Django become problems, anything else a 500."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Returns the DRF exception for an exception of a service or of Django."""
        if isinstance(exc, ServiceError):
            code = exc.code if exc.code in CODES else "validation_error"
            return Problem(code, exc.detail, exc.errors, wait=1 if exc.retryable else None)
        if isinstance(exc, OperationalError):
            return Problem("unavailable", BUSY_DETAIL, wait=1)
        if isinstance(exc, RequestDataTooBig):
            return Problem("too_large", "The body is too large.")
        if isinstance(exc, SuspiciousOperation | BadRequest | UnreadablePostError):
            return exceptions.ParseError()
        return super().convert_known_exceptions(exc)  # type: ignore[no-any-return]

    def get_response(self, exc: exceptions.APIException, data: dict[str, Any]) -> HttpResponse:
        """Returns the problem with the headers for its status."""
        return problem_response(data, self.get_headers(exc))

    def report_exception(self, exc: exceptions.APIException, response: HttpResponse) -> None:
        """Logs an unexpected exception by its type and frames, and sends Django's `got_request_exception` signal."""
        if isinstance(self.exc, ServiceError | exceptions.APIException) or not is_server_error(response.status_code):
            return
        request = self.context["request"]._request
        signals.got_request_exception.send(sender=None, request=request)
        withheld = Withheld().with_traceback(self.exc.__traceback__)
        name = type(self.exc).__qualname__
        log_response("%s: %s", name, request.path, response=response, request=None, exception=withheld)


def _at_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIX)


def _problem(code: str, detail: str, request: HttpRequest) -> HttpResponse:
    return problem_response(problem_json(code, detail, request.path))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's handler404: a problem under /api/, Django's page elsewhere."""
    if not _at_api(request):
        return defaults.page_not_found(request, exception)
    slash = "" if request.path.endswith("/") else " Addresses end with a slash."
    found = PLACEHOLDER.search(request.path)
    hint = f" {found[1]} stands for the number of a row, which lists have as `id`." if found else ""
    return _problem("not_found", f"There is nothing at this address.{slash}{hint}", request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's handler400."""
    if not _at_api(request):
        return defaults.bad_request(request, exception)
    return _problem("parse_error", "The request cannot be read.", request)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's handler403."""
    if not _at_api(request):
        return defaults.permission_denied(request, exception)
    return _problem("permission_denied", "This is not allowed.", request)


def server_error(request: HttpRequest) -> HttpResponse:
    """The site's handler500, for failures outside a view. A busy or unreachable database is a 503."""
    if isinstance(sys.exception(), OperationalError):
        return _busy(request)
    if not _at_api(request):
        return defaults.server_error(request)
    return _problem("internal_error", INTERNAL_DETAIL, request)


def _busy(request: HttpRequest) -> HttpResponse:
    if _at_api(request):
        return problem_response(problem_json("unavailable", BUSY_DETAIL, request.path), {"Retry-After": "1"})
    page = f"<!doctype html><html lang=en><title>Busy</title><h1>Busy (503)</h1><p>{BUSY_DETAIL}</p></html>"
    return HttpResponse(page, status=503, headers={"Retry-After": "1"})
