"""A flat multipart/mixed body taken apart in one pass: no nesting, no decoding, and a bound on everything it holds.

Python's `email` reads far more than a batch needs, and takes minutes over some bodies of one megabyte.
"""

import re

from moderation.perspective.errors import Refused

# As many as Google's client puts into one batch.
MAX_PARTS = 1_000
# Of one head: a part's own, or that of the HTTP request inside it.
MAX_HEADER_LINES = 32
MAX_LINE_BYTES = 8_192
MAX_CONTENT_TYPE = 500
# Lines that begin like a delimiter and are none.
MAX_FALSE_DELIMITERS = 1_000
PADDING = b" \t\r"
_BOUNDARY = re.compile(r';[ \t]*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)

Headers = dict[str, str]


def batch_error(message: str) -> Refused:
    """The refusal of what is no batch, or of a part that is no request."""
    return Refused(400, f"Failed to parse batch request: {message}")


def boundary_read(content_type: str) -> bytes:
    """The boundary that a content type names.

    Raises:
        Refused: 400 if it is not multipart/mixed or names none of 1 to 70 ASCII characters.
    """
    shown = content_type[:MAX_CONTENT_TYPE]
    found = _BOUNDARY.search(shown) if shown.lower().startswith("multipart/mixed") else None
    boundary = (found[1] or found[2]) if found else ""
    if not boundary.isascii() or not boundary:
        raise batch_error("the content type must be multipart/mixed with a boundary.")
    return boundary.encode("ascii")


def parts_split(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts, each with its headers; the last delimiter may be missing.

    Raises:
        Refused: 400 for no part, or for more than a thousand.
    """
    mark = b"\n--" + boundary
    text = b"\n" + body
    parts: list[bytes] = []
    begin, at, false = -1, text.find(mark), 0
    while at >= 0:
        kind, end = _delimiter(text, at + len(mark))
        if kind is None:
            false += 1
            if false > MAX_FALSE_DELIMITERS:
                raise batch_error("too many lines begin like the boundary.")
        else:
            _add(parts, text, begin, at)
            begin = end
            if kind == b"--":
                return _some(parts)
        # A delimiter's line end may begin the next one.
        at = text.find(mark, end - 1)
    _add(parts, text, begin, len(text))
    return _some(parts)


def _delimiter(text: bytes, at: int) -> tuple[bytes | None, int]:
    """What follows the boundary (nothing or `--`; None if the line is no delimiter), and where the line ends."""
    end = text.find(b"\n", at) + 1 or len(text)
    rest = text[at : min(end, at + MAX_LINE_BYTES)].strip(PADDING + b"\n")
    return (rest if rest in {b"", b"--"} else None), end


def _add(parts: list[bytes], text: bytes, begin: int, end: int) -> None:
    if begin < 0:
        return
    if len(parts) == MAX_PARTS:
        raise Refused(400, f"The batch has more than {MAX_PARTS:,} parts.")
    # The line end before a delimiter belongs to the delimiter.
    parts.append(text[begin : end - 1 if text[end - 1 : end] == b"\r" else end])


def _some(parts: list[bytes]) -> list[bytes]:
    if not parts:
        raise batch_error("there are no parts.")
    return parts


def head_split(raw: bytes) -> tuple[Headers, bytes]:
    """Headers with names in lower case, and what follows their empty line; whichever line ends are used.

    Raises:
        Refused: 400 for more than 32 lines, one over 8,192 bytes, or one that is no header.
    """
    headers: Headers = {}
    name, at = "", 0
    for _ in range(MAX_HEADER_LINES + 1):
        line, at = line_split(raw, at)
        if not line:
            return headers, raw[at:]
        name = _header_add(headers, name, line.decode("latin-1"))
    raise batch_error(f"a part has more than {MAX_HEADER_LINES} header lines.")


def line_split(raw: bytes, at: int) -> tuple[bytes, int]:
    """A line without its end, and where the next one begins.

    Raises:
        Refused: 400 for a line over 8,192 bytes.
    """
    end = raw.find(b"\n", at, at + MAX_LINE_BYTES)
    if end < 0 and len(raw) - at >= MAX_LINE_BYTES:
        raise batch_error(f"a part has a header line over {MAX_LINE_BYTES:,} bytes.")
    stop = end if end >= 0 else len(raw)
    return raw[at:stop].removesuffix(b"\r"), min(stop + 1, len(raw))


def _header_add(headers: Headers, last: str, line: str) -> str:
    """Adds a line, which may go on with the header named `last`; returns the name of its header."""
    if line[0] in " \t" and last:
        headers[last] += " " + line.strip()
        return last
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise batch_error("a part has a header line without a name.")
    headers[name.strip().lower()] = value.strip()
    return name.strip().lower()
