"""HTTP for the dialect: four addresses, no redirect, no session, and Google's envelope for every error.

Any page may call: keys travel in the request, never in a cookie, so `Access-Control-Allow-Origin: *` gives nothing
away.
"""

import json
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import Histogram

from moderation.gzip_bodies import GZIP_NAMES, GzipError, GzipTooLargeError, gzip_unpacked
from moderation.perspective.batches.batch import JSON_TYPE, batch_reply
from moderation.perspective.calls import BatchContext, Call, Reply, is_pretty
from moderation.perspective.discovery import VERSION, discovery_document
from moderation.perspective.errors import Refused, not_found, too_large, unsupported_encoding
from moderation.perspective.messages.schema import MAX_CALL_BYTES
from moderation.perspective.methods import begin, fault_reply
from moderation.scoring import ScoringError
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.request_queue import request_queue_active

ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Encoding, Content-Type, X-Goog-Api-Key, X-Goog-Api-Client",
    "Access-Control-Max-Age": "3600",
}
_AS_IT_IS = frozenset({"", "identity"})

SECONDS = Histogram(
    "moderato_perspective_seconds",
    "Time from the arrival of a request in Perspective's form to its reply.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5, 5, 20),
)

View = Callable[..., HttpResponse]


def open_to_pages(view: View) -> View:
    """A view that answers every origin and its preflights, without Django's CSRF check.

    Every fault ends in the envelope. The host is checked here: the middleware that does so is not on the dialect's way.
    """

    @csrf_exempt
    @SECONDS.time()
    def wrapped(request: HttpRequest, **parts: str) -> HttpResponse:
        try:
            request.get_host()
            if request.method == "OPTIONS":
                return HttpResponse(status=204, headers={**ANY_ORIGIN, **PREFLIGHT})
            response = view(request, **parts)
        except Exception as error:  # noqa: BLE001 - every fault ends in Google's envelope
            response = http_reply(fault_reply(error))
        for name, value in ANY_ORIGIN.items():
            response[name] = value
        return response

    return wrapped


def http_reply(reply: Reply) -> HttpResponse:
    """A reply as HTTP."""
    body = json.dumps(reply.body, indent=2 if reply.pretty else None, separators=None if reply.pretty else (",", ":"))
    return HttpResponse(body + "\n", status=reply.status, content_type=JSON_TYPE, headers=dict(reply.headers))


@open_to_pages
def method(request: HttpRequest) -> HttpResponse:
    """comments:analyze and comments:suggestscore."""
    context = BatchContext(request.META.get("REMOTE_ADDR", ""))
    try:
        return http_reply(begin(lambda: _call(request, context))())
    finally:
        context.leave()


def _call(request: HttpRequest, context: BatchContext) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    verb, body = request.method or "", lambda: _body(request, MAX_CALL_BYTES)
    return Call(verb, request.path_info, request.GET, headers, body, context)


def _body(request: HttpRequest, most: int) -> bytes:
    limit = min(most, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    _check_length(request, limit)
    return _unpacked(request.body, _encoding(request), limit)


def _encoding(request: HttpRequest) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its Content-Encoding, within the limit that holds for one sent as it is."""
    if encoding in _AS_IT_IS:
        return body
    if encoding not in GZIP_NAMES:
        raise unsupported_encoding()
    try:
        return gzip_unpacked(body, limit)
    except GzipTooLargeError:
        raise too_large(limit) from None
    except GzipError as error:
        raise Refused(400, str(error)) from None


def _check_length(request: HttpRequest, limit: int, code: int = 400) -> None:
    """Raises Refused for a body that is declared too long, or not at all: Django would take that for an empty one."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Refused(400, "A body needs a Content-Length here.")
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not length.isdecimal() or int(length) > limit:
        raise too_large(limit, code)


@open_to_pages
def batch(request: HttpRequest) -> HttpResponse:
    """Google's batch."""
    if request.method != "POST":
        raise not_found()
    headers = {name.lower(): value for name, value in request.headers.items()}
    _check_length(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, 413)
    if _encoding(request) not in _AS_IT_IS:
        raise unsupported_encoding()
    content_type, body = batch_reply(
        request.headers.get("Content-Type", ""), headers, request, request.META["REMOTE_ADDR"]
    )
    return HttpResponse(body, content_type=content_type)


@open_to_pages
def discovery(request: HttpRequest) -> HttpResponse:
    """The discovery document, for anyone."""
    if request.method not in {"GET", "HEAD"} or request.GET.get("version", VERSION) != VERSION:
        raise not_found()
    document = discovery_document(request.build_absolute_uri("/"), _languages_told())
    return http_reply(Reply(200, document, pretty=is_pretty(request.GET)))


def _languages_told() -> str:
    """Which languages are served, by which model; nothing if that is not known at the moment."""
    try:
        routing = request_queue_active().routing
    except (DatabaseError, ScoringError, ServiceError):
        return ""
    served = ((model.label, ", ".join(routing.languages_of(model))) for model in routing.models)
    return f"Languages: {'; '.join(f'{codes} by {label}' for label, codes in served if codes)}."


@open_to_pages
def nothing(_request: HttpRequest, rest: str) -> HttpResponse:
    """Every other address below /v1alpha1/."""
    raise not_found()
