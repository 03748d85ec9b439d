"""A request while it arrives: whether a thread can serve it yet, and which lane its head puts it in."""

import re
from dataclasses import dataclass, field

from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import SocketUnreader

from config.server.lanes import waits_for_scores

HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
MAX_HEAD_BYTES = 65_536
BUFFERED_BODY_BYTES = 65_536
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
# A body of unknown length, or a client that expects a response before it sends one.
_UNBOUNDED = re.compile(rb"\r\n(?:transfer-encoding|expect):", re.IGNORECASE)
# A key in the query or a header, or the cookie of a session, whatever its prefix.
_CALLER = re.compile(
    rb"\A[^\r\n]*[?&]key=([^& \r\n]+)|\r\n(?:authorization|x-goog-api-key):[ \t]*([^\r\n]+)|sessionid=([^;\r\n]+)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Arriving:
    """A request that has not arrived completely. `caller` is the key or session that it names, empty for none."""

    since: float
    data: bytearray = field(default_factory=bytearray)
    head: int = 0
    body: int = 0
    is_long: bool = False
    is_scored: bool = False
    caller: bytes = b""

    def add(self, data: bytes) -> None:
        """Adds received bytes, and parses the head once it is complete."""
        searched = max(0, len(self.data) - 3)
        self.data += data
        end = -1 if self.head else self.data.find(b"\r\n\r\n", searched)
        if end >= 0:
            self.head = end + 4
            self._read_head(bytes(self.data[: end + 2]))

    def _read_head(self, head: bytes) -> None:
        self.is_scored = waits_for_scores(head)
        if found := _CALLER.search(head):
            self.caller = found[found.lastindex or 0]
        if _UNBOUNDED.search(head):
            self.is_long = True
        elif found := _LENGTH.search(head):
            self.body = min(int(found[1]), BUFFERED_BODY_BYTES)
            self.is_long = int(found[1]) > BUFFERED_BODY_BYTES

    @property
    def is_ready(self) -> bool:
        """Whether a thread can serve it without waiting for the client, except for the rest of a long body."""
        return bool(self.head) and len(self.data) >= self.head + self.body

    @property
    def is_too_large(self) -> bool:
        """Whether the head exceeds its limit."""
        return (self.head or len(self.data)) > MAX_HEAD_BYTES

    @property
    def last(self) -> float:
        """The deadline, in monotonic seconds."""
        return self.since + (BODY_SECONDS if self.head else HEAD_SECONDS)


class BodyUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads the rest of a body. One shorter than its length is an error: half a form must not pass for a form."""

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Returns the next bytes; raises NoMoreData, an OSError, at the connection's end."""
        data: bytes = super().chunk(size_hint)
        if not data:
            raise NoMoreData
        return data
