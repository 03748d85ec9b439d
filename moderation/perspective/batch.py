"""/batch: Google's multipart batch. Each part is a call of its own, with its own key; one bad part fails alone.

Parts are begun a few at a time and scored together, so that a batch neither floods the queue nor waits for each part.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.message import Message as Part
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from django.http import QueryDict

from moderation.perspective.calls import BatchContext, Call, Reply
from moderation.perspective.errors import Refused
from moderation.perspective.methods import Finish, begin

MAX_PARTS = 100
# Begun together: at most so many parts and bytes.
TOGETHER_PARTS = 16
TOGETHER_BYTES = 32_768
# Headers of the whole request that hold for parts which lack them.
INHERITED = ("authorization", "x-goog-api-key")
JSON_TYPE = "application/json; charset=UTF-8"


def batch_reply(content_type: str, headers: Mapping[str, str], body: bytes) -> tuple[str, bytes]:
    """The content type and the body of the reply to a batch.

    Raises:
        Refused: 400 where there is no multipart body, or it has more than a hundred parts.
    """
    parts = _parts(content_type, body)
    inherited = {name: headers[name] for name in INHERITED if name in headers}
    boundary = f"batch_{secrets.token_urlsafe(24)}"
    blocks = [
        f"--{boundary}\r\n{_answered(part, reply)}\r\n"
        for part, reply in zip(parts, _replies(parts, inherited), strict=True)
    ]
    text = "".join([*blocks, f"--{boundary}--\r\n"])
    return f"multipart/mixed; boundary={boundary}", text.encode("ascii")


def _parts(content_type: str, body: bytes) -> list[Part]:
    if not content_type.lower().startswith("multipart/mixed"):
        raise Refused(400, "Failed to parse batch request: the content type must be multipart/mixed with a boundary.")
    head = f"Content-Type: {_one_line(content_type)}\r\n\r\n".encode("ascii", "replace")
    message = BytesParser(policy=compat32).parsebytes(head + body)
    parts = message.get_payload() if message.is_multipart() else []
    if not isinstance(parts, list) or not parts:
        raise Refused(400, "Failed to parse batch request: there are no parts.")
    if len(parts) > MAX_PARTS:
        raise Refused(400, f"The batch has {len(parts)} parts; at most {MAX_PARTS} are taken.")
    return [part for part in parts if isinstance(part, Part)]


def _replies(parts: list[Part], inherited: Mapping[str, str]) -> Iterator[Reply]:
    for group in _groups([_content(part) for part in parts]):
        company = BatchContext()
        yield from [finish() for finish in [_begin(content, inherited, company) for content in group]]


def _groups(contents: list[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for content in contents:
        if group and (len(group) == TOGETHER_PARTS or size + len(content) > TOGETHER_BYTES):
            yield group
            group, size = [], 0
        group.append(content)
        size += len(content)
    yield group


def _begin(content: bytes, inherited: Mapping[str, str], company: BatchContext) -> Finish:
    return begin(lambda: replace(read_call(content, inherited), company=company))


def _content(part: Part) -> bytes:
    found = None if part.is_multipart() else part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def read_call(content: bytes, inherited: Mapping[str, str]) -> Call:
    """The call inside a part: a whole HTTP request as text.

    Raises:
        Refused: 400 where it is none.
    """
    line, _, rest = content.lstrip().partition(b"\n")
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):  # noqa: PLR2004 - method, address, version
        raise Refused(400, "Failed to parse batch request: a part has no HTTP request line.")
    head, body = _split(rest)
    own = {name.lower(): str(value) for name, value in BytesHeaderParser(policy=compat32).parsebytes(head).items()}
    try:
        address = urlsplit(words[1])
    except ValueError:
        raise Refused(400, "Failed to parse batch request: a part has no readable address.") from None
    return Call(words[0].upper(), unquote(address.path), QueryDict(address.query), {**inherited, **own}, body)


def _split(rest: bytes) -> tuple[bytes, bytes]:
    """Headers and body, at the first empty line, whichever line ends are used."""
    if rest.startswith((b"\r\n", b"\n")):
        return b"", rest
    ends = [(rest.find(mark), mark) for mark in (b"\r\n\r\n", b"\n\n")]
    found = [(place, mark) for place, mark in ends if place >= 0]
    if not found:
        return rest, b""
    place, mark = min(found)
    return rest[:place], rest[place + len(mark) :]


def _answered(part: Part, reply: Reply) -> str:
    body = json.dumps(reply.body, indent=2 if reply.pretty else None)
    headers = {"Content-Type": JSON_TYPE, **reply.headers, "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    outer = ["Content-Type: application/http", *_content_id(part)]
    return "\r\n".join([*outer, "", *lines, "", body])


def _content_id(part: Part) -> list[str]:
    given = _one_line(str(part.get("Content-ID", "")))
    if not given:
        return []
    return [f"Content-ID: <response-{given.removeprefix('<').removesuffix('>')}>"]


def _one_line(value: str) -> str:
    return "".join(character for character in value if " " <= character <= "~")[:1000]
