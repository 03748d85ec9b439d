"""The two methods, begun and finished: every call gets a reply, every fault Google's error envelope.

A call is begun (key, quota, body, its text in the queue) and finished (its scores waited for), so that the parts of a
batch can be begun together and scored together.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import UnreadablePostError
from prometheus_client import Counter

from moderation.models import ApiKey
from moderation.perspective import errors
from moderation.perspective.analyze import analyze_begin
from moderation.perspective.calls import BatchContext, Call, Reply, call_allow, call_fields, call_key, is_pretty
from moderation.perspective.messages.binding import Bound
from moderation.perspective.messages.masks import masked, read_mask
from moderation.perspective.messages.schema import (
    ANALYZE_REQUEST,
    ANALYZE_RESPONSE,
    SUGGEST_REQUEST,
    SUGGEST_RESPONSE,
    Message,
)
from moderation.perspective.suggest import suggest
from moderation.services.errors import ServiceError

log = structlog.get_logger(__name__)
REPLIES = Counter("moderato_perspective_replies", "Replies in Perspective's form.", ["status"])

Json = dict[str, Any]
Finish = Callable[[], Reply]
Begin = Callable[[Bound, ApiKey, BatchContext], Callable[[], Json]]


def _suggest_begin(fields: Bound, key: ApiKey, _context: BatchContext) -> Callable[[], Json]:
    response = suggest(fields, key)
    return lambda: response


# Address → name at Google, messages, and what does it.
METHODS: dict[str, tuple[str, Message, Message, Begin]] = {
    "/v1alpha1/comments:analyze": ("AnalyzeComment", ANALYZE_REQUEST, ANALYZE_RESPONSE, analyze_begin),
    "/v1alpha1/comments:suggestscore": (
        "SuggestCommentScore",
        SUGGEST_REQUEST,
        SUGGEST_RESPONSE,
        _suggest_begin,
    ),
}


def begin(read: Callable[[], Call]) -> Finish:
    """Begins a call; neither this nor the returned function raises.

    Args:
        read: Gives the call; what fails while it is read is answered too.
    """
    finish = guarded(lambda: _begin(read()))
    return lambda: _counted(finish())


def guarded(step: Callable[[], Finish]) -> Finish:
    """Runs a step; its finish, and whatever either of them raises, ends in a reply."""
    try:
        finish = step()
    except Exception as error:  # noqa: BLE001 - the one place that turns every fault into Google's envelope
        reply = fault_reply(error)
        return lambda: reply
    return lambda: _finished(finish)


def _finished(finish: Finish) -> Reply:
    try:
        return finish()
    except Exception as error:  # noqa: BLE001 - as above
        return fault_reply(error)


def _begin(call: Call) -> Finish:
    if call.method != "POST" or call.path not in METHODS:
        raise errors.not_found()
    name, request, response, start = METHODS[call.path]
    key = call_key(call, name)
    quota = call_allow(key, name)
    try:
        fields = call_fields(call, request)
        mask = read_mask(call.query.get("fields", ""), response)
        finish = start(fields, key, call.context)
    except errors.Refused as refusal:
        refusal.headers = {**refusal.headers, **quota}
        raise
    return lambda: Reply(200, masked(finish(), mask), quota, is_pretty(call.query))


def fault_reply(error: Exception) -> Reply:
    """The reply to any fault; only faults on our side are logged, by type and place."""
    refusal = error if isinstance(error, errors.Refused) else _translated(error)
    if refusal.code == 500:  # noqa: PLR2004 - HTTP's number
        log.error("perspective_fault", exc_info=error)
    return Reply(refusal.code, refusal.body(), refusal.headers)


def _translated(error: Exception) -> errors.Refused:
    if isinstance(error, ServiceError):
        return _service_refusal(error)
    if isinstance(error, RequestDataTooBig):
        return errors.too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return errors.Refused(400, "The request cannot be read.")
    if isinstance(error, DatabaseError):
        log.error("perspective_database", exc_info=error)
        return errors.unavailable()
    return errors.internal()


def _service_refusal(error: ServiceError) -> errors.Refused:
    if error.code == "overloaded":
        return errors.overloaded()
    if error.retryable:
        return errors.unavailable()
    if error.code == "no_text":
        return errors.analyzer_error("LANGUAGE_DETECTION_FAILED", "Unable to detect language")
    return errors.internal()


def _counted(reply: Reply) -> Reply:
    REPLIES.labels(status=str(reply.status)).inc()
    return reply
