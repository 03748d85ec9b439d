"""JSON objects from a stream of any size: one per line, or the members of one array. Used by jsonl and presets."""

import codecs
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from archive.importers.records import FormatError, Rejected, StoppedError
from archive.importers.rows.lines import MAX_LINE_BYTES, TextLine, lines_read

MAX_MEMBER_CHARACTERS = 64 * 1024 * 1024
_READ = 256 * 1024
_BETWEEN = " \t\r\n,"

Values = dict[str, Any]
Found = tuple[int, Values | Rejected]


def line_objects(stream: BinaryIO) -> Iterator[Found]:
    """Yields, for each line that is not blank, its number and the object it holds, or why it holds none."""
    for line in lines_read(stream):
        if line.data is None or line.data.strip():
            yield line.number, _object(line)


def _object(line: TextLine) -> Values | Rejected:
    if line.data is None:
        reason = f"the line is longer than {MAX_LINE_BYTES} bytes"
        return Rejected(line=line.number, field="", code="line_too_long", reason=reason, limit=MAX_LINE_BYTES)
    try:
        row = json.loads(line.data.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        return Rejected(line=line.number, field="", code="not_utf8", reason=f"byte {error.start + 1} is not UTF-8")
    except json.JSONDecodeError as error:
        return Rejected(line=line.number, field="", code="not_json", reason=f"not JSON at column {error.colno}")
    except (ValueError, RecursionError):
        reason = "not JSON that can be kept: NaN, a number without end or nesting without end"
        return Rejected(line=line.number, field="", code="not_json", reason=reason)
    return _checked(row, line.number)


def _checked(row: Any, line: int) -> Values | Rejected:
    if isinstance(row, dict):
        return row
    return Rejected(line=line, field="", code="not_object", reason="this is JSON, but not an object")


def _no_constant(name: str) -> float:
    raise ValueError(name)


def head_taken(objects: Iterator[Found], limit: int, is_own: Callable[[Values], bool]) -> tuple[list[Found], bool]:
    """Takes objects up to the first that `is_own` accepts, and no further: what comes next may be broken.

    Returns them, at most `limit`, and whether one was accepted.
    """
    head = []
    for found in islice(objects, limit):
        head.append(found)
        if isinstance(found[1], dict) and is_own(found[1]):
            return head, True
    return head, False


def array_objects(stream: BinaryIO) -> Iterator[Found]:
    """Yields the members of a JSON array one by one, each with the number of the line where it begins.

    Raises:
        FormatError: before anything is yielded, if the file does not begin with `[`.
        StoppedError: a member is broken or has no end, so the start of the next one is unknown.
    """
    members = _Members(stream)
    if not members.opened():
        raise FormatError("this is no JSON array: it does not begin with [")
    while (member := members.next()) is not None:
        yield members.line, _checked(member[0], members.line)


class _Members:
    """An array being read: the buffered text, and the line where its last member began."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._text, self._ended = stream, "", False
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        self.line, self._next_line = 1, 1

    def opened(self) -> bool:
        self._skip(" \t\r\n")
        found = self._text.startswith("[")
        self._take(1)
        return found

    def next(self) -> tuple[Any] | None:
        """Returns the next member, or None at the end of the array."""
        self._skip(_BETWEEN)
        if self._text.startswith("]"):
            return None
        self.line = self._next_line
        while True:
            try:
                member, end = self._decoder.raw_decode(self._text)
            except (ValueError, RecursionError) as error:
                if len(self._text) > MAX_MEMBER_CHARACTERS or not self._more(len(self._text)):
                    raise StoppedError(f"the file is cut off or broken: it stops at line {self.line}") from error
            else:
                self._take(end)
                return (member,)

    def _skip(self, marks: str) -> None:
        while True:
            bare = self._text.lstrip(marks)
            self._take(len(self._text) - len(bare))
            if self._text or not self._more(0):
                return

    def _take(self, count: int) -> None:
        self._next_line += self._text.count("\n", 0, count)
        self._text = self._text[count:]

    def _more(self, least: int) -> bool:
        """Reads on, up to `least` bytes or more: doubling the buffer keeps the repeated parsing of a member linear."""
        if self._ended:
            return False
        data = self._stream.read(max(_READ, least))
        self._ended = not data
        self._text += self._utf8.decode(data, final=self._ended)
        return True
