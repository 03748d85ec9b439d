"""Reads the lines of a file of any size, numbered, each up to a limit. Used by the jsonl and csv importers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from archive.importers.records import FormatError

MAX_LINE_BYTES = 4 * 1024 * 1024
_MARKS_OF_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line with its line end; `data` is None if it is longer than `MAX_LINE_BYTES`. The first line is number 1."""

    number: int
    data: bytes | None


def lines_read(stream: BinaryIO) -> Iterator[TextLine]:
    """Yields the lines of `stream`, without a byte-order mark; skips a line that is too long without buffering it.

    Raises:
        FormatError: the file is UTF-16, or empty.
    """
    first = _first_line(stream)
    yield TextLine(1, first)
    number = 1
    while data := stream.readline(MAX_LINE_BYTES):
        number += 1
        yield TextLine(number, _whole(stream, data))


def _first_line(stream: BinaryIO) -> bytes | None:
    data = stream.readline(MAX_LINE_BYTES)
    if not data:
        raise FormatError("the file is empty")
    if data.startswith(_MARKS_OF_OTHER_ENCODINGS):
        raise FormatError("the file is UTF-16: save it as UTF-8")
    return _whole(stream, data.removeprefix(b"\xef\xbb\xbf"))


def _whole(stream: BinaryIO, data: bytes) -> bytes | None:
    if len(data) < MAX_LINE_BYTES - 3 or data.endswith(b"\n"):
        return data
    while rest := stream.readline(MAX_LINE_BYTES):
        if rest.endswith(b"\n"):
            break
    return None
