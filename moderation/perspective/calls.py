"""One call of a method, by HTTP or as a part of a batch: who calls, may it, and what is asked.

Google's order is kept: the key, then its quota, then the query, then the body.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.http import QueryDict

from moderation.models import ApiKey, Scope
from moderation.perspective.errors import (
    MAX_VIOLATIONS,
    Refused,
    Violation,
    bad_key,
    blocked_key,
    no_key,
    over_quota,
    too_large,
    violations_error,
)
from moderation.perspective.messages.binding import Bound, bind
from moderation.perspective.messages.payload import read_payload
from moderation.perspective.messages.schema import MAX_CALL_BYTES, Message
from moderation.scoring.queueing.admission import Place
from moderation.services.accounts.api_keys import api_key_authenticate, request_allow
from moderation.services.accounts.rate_limits import Allowance
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.request_queue import RequestQueue

PARAMETERS = frozenset(
    {
        "key",
        "alt",
        "fields",
        "prettyPrint",
        "quotaUser",
        "callback",
        "access_token",
        "oauth_token",
        "uploadType",
        "upload_protocol",
        "$.xgafv",
    }
)
# Where a key may be, in the order in which they are looked at.
KEY_PARAMETERS = ("key", "access_token", "oauth_token")
TOKEN = re.compile(r"[!-~]{1,200}")


@dataclass(slots=True)
class BatchContext:
    """What calls that are begun together share: the client's address, and a place in the request queue.

    The first of them waits for it; the others are then not refused for want of room, which the batch itself fills. Once
    a wait was in vain, later ones are refused at once if the queue is full: a batch does not wait part by part.
    """

    address: str = ""
    queue: RequestQueue | None = None
    place: Place | None = None
    waits: bool = True

    def enter(self, queue: RequestQueue, text: str) -> Place:
        """A place in the queue: the one that is there already, else one that is waited for.

        Raises:
            ServiceError: `overloaded`; `RequestQueue.reserve` says when.
        """
        if self.place is None:
            try:
                self.place = queue.reserve([text], waits=self.waits)
            except ServiceError:
                self.waits = False
                raise
            self.queue = queue
        return self.place

    def leave(self) -> None:
        """Gives the place back, once the calls that share it are answered."""
        if self.queue and self.place:
            self.queue.release(self.place)
        self.queue = self.place = None


@dataclass(frozen=True, slots=True)
class Call:
    """What came. Header names are in lower case; `read_body` is called once the key and its quota are known."""

    method: str
    path: str
    query: QueryDict
    headers: Mapping[str, str]
    read_body: Callable[[], bytes]
    context: BatchContext


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: JSON, and headers of its own."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    pretty: bool = True


def call_key(call: Call, method: str) -> ApiKey:
    """The key of a call.

    Raises:
        Refused: 403 without a key or without the scope, 400 with a key that is not valid.
    """
    token = _token(call)
    if not token:
        raise no_key()
    key = api_key_authenticate(token=token, address=call.context.address) if TOKEN.fullmatch(token) else None
    if key is None:
        raise bad_key()
    if Scope.ANALYZE not in key.scopes:
        raise blocked_key(method)
    return key


def _token(call: Call) -> str:
    scheme, _, bearer = call.headers.get("authorization", "").partition(" ")
    first, *rest = (call.query.get(name, "") for name in KEY_PARAMETERS)
    places = (first, call.headers.get("x-goog-api-key", ""), bearer if scheme.lower() == "bearer" else "", *rest)
    return next((token for place in places if (token := place.strip())), "")


def call_allow(key: ApiKey, method: str) -> dict[str, str]:
    """Counts a call against its key and returns the headers that say what is left; none for a key without a rate.

    Raises:
        Refused: 429 with `Retry-After` and the same headers.
    """
    allowance = request_allow(key=key)
    headers = _quota_headers(allowance)
    if not allowance.allowed:
        refusal = over_quota(method, allowance)
        raise Refused(refusal.code, refusal.message, refusal.details, {**refusal.headers, **headers})
    return headers


def _quota_headers(allowance: Allowance) -> dict[str, str]:
    if allowance.limit is None:
        return {}
    return {"X-RateLimit-Limit": str(allowance.limit), "X-RateLimit-Remaining": str(allowance.remaining)}


def call_fields(call: Call, message: Message) -> Bound:
    """The bound body of a call.

    Raises:
        Refused: 400 for a query parameter or a body that is not right, or for a body over 1 MiB.
    """
    check_query(call.query)
    body = call.read_body()
    if len(body) > MAX_CALL_BYTES:
        raise too_large(MAX_CALL_BYTES)
    return bind(message, read_payload(body))


def check_query(query: QueryDict) -> None:
    """Refuses, as Google does, parameters that the API does not have, and replies in another form than JSON.

    Raises:
        Refused: 400.
    """
    found = (
        Violation(
            "",
            f'Invalid JSON payload received. Unknown name "{name[:100]}": Cannot bind query parameter. '
            f"Field '{name[:100]}' could not be found in request message.",
        )
        for name in query
        if name not in PARAMETERS
    )
    faults = list(islice(found, MAX_VIOLATIONS))
    if (alt := query.get("alt", "json")) not in {"json", ""}:
        faults.append(Violation("alt", f"Invalid value at 'alt': only json is served, not {alt[:100]}."))
    if faults:
        raise violations_error(faults)


def is_pretty(query: QueryDict) -> bool:
    """Whether the reply is indented: yes unless `prettyPrint=false`."""
    return query.get("prettyPrint", "true").strip().lower() not in {"false", "0"}
