"""/batch: Google's multipart batch. Each part is a call of its own, with its own key; one bad part fails alone.

A batch is only taken apart for a caller with a valid key, which must be in the request's own headers or in the first
64 KiB of its body. A plain search finds it before the rest is read. Parts are begun a few at a time and scored
together, so that a batch neither floods the queue nor waits for each part.
"""

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Protocol
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from django.http import QueryDict

from moderation.perspective.batches.multipart import (
    MAX_LINE_BYTES,
    batch_error,
    boundary_read,
    head_split,
    line_split,
    parts_split,
)
from moderation.perspective.calls import TOKEN, BatchContext, Call, Reply
from moderation.perspective.errors import Refused, bad_key, no_key
from moderation.perspective.methods import Finish, begin
from moderation.services.accounts.api_keys import any_key_valid

# Begun together: at most so many parts and bytes.
TOGETHER_PARTS = 16
TOGETHER_BYTES = 32_768
# Read and searched for a key before anything else is done: a first part has at most 20 KB of text.
OPENING_BYTES = 65_536
MAX_TOKENS = 200
# Headers of the whole request that hold for parts which lack them.
INHERITED = ("authorization", "x-goog-api-key")
BINARY = {"", "binary", "8bit", "7bit"}
JSON_TYPE = "application/json; charset=UTF-8"
_PLACE = re.compile(
    rb"(?:[?&](?:key|access_token|oauth_token)=|^(?:x-goog-api-key:|authorization:[ \t]{0,8}bearer)[ \t]{0,8})"
    rb"([!-%'-~]{1,600})",
    re.IGNORECASE | re.MULTILINE,
)
_CONTENT_ID = re.compile(rb"^content-id:([^\r\n]{0,1000})", re.IGNORECASE | re.MULTILINE)


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int = ..., /) -> bytes:
        """At most so many bytes; all that there are without a size."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part: the request in it, or the fault that kept it from being read."""

    content_id: str
    content: bytes
    fault: Refused | None = None


def batch_reply(
    content_type: str, headers: Mapping[str, str], stream: Readable, address: str = ""
) -> tuple[str, bytes]:
    """The content type and the body of the reply to a batch that came from `address`.

    Raises:
        Refused: 400 if there is no multipart body, or it has more than a thousand parts; 400 or 403 if a body over
            64 KiB has no valid key in its first 64 KiB.
    """
    outer = boundary_read(content_type)
    inherited = {name: headers[name] for name in INHERITED if name in headers}
    opening = stream.read(OPENING_BYTES)
    if any_key_valid(tokens=_tokens(_as_head(inherited), opening)):
        parts = [_part(raw) for raw in parts_split(opening + stream.read(), outer)]
    else:
        parts = _refused(opening, stream, outer, inherited)
    return _multipart(parts, _replies(parts, inherited, BatchContext(address)))


def _tokens(*places: bytes) -> set[str]:
    """The first two hundred strings that look like a key, in any place that may hold one."""
    found = (match[1] for place in places for match in _PLACE.finditer(place))
    tokens = {unquote_to_bytes(token).decode("latin-1") for token in islice(found, MAX_TOKENS)}
    return {token for token in tokens if TOKEN.fullmatch(token)}


def _as_head(headers: Mapping[str, str]) -> bytes:
    return "\n".join(f"{name}: {value}" for name, value in headers.items()).encode("latin-1", "replace")


def _refused(opening: bytes, stream: Readable, outer: bytes, inherited: Mapping[str, str]) -> list[Part]:
    """The parts of a small batch without a valid key, none of them read.

    Raises:
        Refused: The batch is not small.
    """
    shared = bool(_tokens(_as_head(inherited)))
    if len(opening) == OPENING_BYTES and stream.read(1):
        raise bad_key() if shared or _tokens(opening) else no_key()
    faults = {True: bad_key(), False: no_key()}
    return [Part(_id_searched(raw), b"", faults[shared or bool(_tokens(raw))]) for raw in parts_split(opening, outer)]


def _id_searched(raw: bytes) -> str:
    found = _CONTENT_ID.search(raw, 0, MAX_LINE_BYTES)
    return _one_line(found[1].decode("latin-1").strip()) if found else ""


def _part(raw: bytes) -> Part:
    try:
        headers, content = head_split(raw)
    except Refused as fault:
        return Part(_id_searched(raw), b"", fault)
    content_id = _one_line(headers.get("content-id", ""))
    if headers.get("content-transfer-encoding", "").lower() not in BINARY:
        return Part(content_id, b"", batch_error("a part's Content-Transfer-Encoding must be binary."))
    return Part(content_id, content)


def _replies(parts: list[Part], inherited: Mapping[str, str], context: BatchContext) -> Iterator[Reply]:
    for group in _groups(parts):
        try:
            yield from [finish() for finish in [_begin(part, inherited, context) for part in group]]
        finally:
            context.leave()


def _groups(parts: list[Part]) -> Iterator[list[Part]]:
    group: list[Part] = []
    size = 0
    for part in parts:
        if group and (len(group) == TOGETHER_PARTS or size + len(part.content) > TOGETHER_BYTES):
            yield group
            group, size = [], 0
        group.append(part)
        size += len(part.content)
    yield group


def _begin(part: Part, inherited: Mapping[str, str], context: BatchContext) -> Finish:
    return begin(lambda: _read(part, inherited, context))


def _read(part: Part, inherited: Mapping[str, str], context: BatchContext) -> Call:
    if part.fault:
        raise part.fault
    return read_call(part.content, inherited, context)


def read_call(content: bytes, inherited: Mapping[str, str], context: BatchContext) -> Call:
    """The call inside a part: a whole HTTP request as text.

    Raises:
        Refused: 400 if it is none.
    """
    request = content.lstrip()
    line, at = line_split(request, 0)
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):  # noqa: PLR2004 - method, address, version
        raise batch_error("a part has no HTTP request line.")
    own, body = head_split(request[at:])
    try:
        address = urlsplit(words[1])
    except ValueError:
        raise batch_error("a part has no readable address.") from None
    query = QueryDict(address.query)
    return Call(words[0].upper(), unquote(address.path), query, {**inherited, **own}, lambda: body, context)


def _multipart(parts: list[Part], replies: Iterable[Reply]) -> tuple[str, bytes]:
    boundary = f"batch_{secrets.token_urlsafe(24)}"
    blocks = [f"--{boundary}\r\n{_answered(part, reply)}\r\n" for part, reply in zip(parts, replies, strict=True)]
    text = "".join([*blocks, f"--{boundary}--\r\n"])
    return f"multipart/mixed; boundary={boundary}", text.encode("ascii")


def _answered(part: Part, reply: Reply) -> str:
    body = json.dumps(reply.body, indent=2 if reply.pretty else None)
    headers = {"Content-Type": JSON_TYPE, **reply.headers, "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    outer = ["Content-Type: application/http", *_response_id(part.content_id)]
    return "\r\n".join([*outer, "", *lines, "", body])


def _response_id(given: str) -> list[str]:
    if not given:
        return []
    return [f"Content-ID: <response-{given.removeprefix('<').removesuffix('>')}>"]


def _one_line(value: str) -> str:
    return "".join(character for character in value if " " <= character <= "~")[:1000]
