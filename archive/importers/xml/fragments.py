"""The records of an XML export, cut out of its bytes one by one. First step of the `wxr` and `disqus` importers.

An XML parser gives up a whole file at its first fault. Here each record is found by its tags, with an eye to CDATA and
comments, and parsed on its own; where one turns out broken, the search goes on at the next opening tag inside it.
Nothing but the record in hand is held.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

_READ = 256 * 1024
# A token may be split between two reads; none of those that open one is longer.
_SPLIT_TOKEN = 64
# So far ahead the end of a record is looked for at first: a file without end tags is not searched to its end for each.
_PLAIN_BYTES = 32 * 1024
# So many broken records that swallow others are looked at with one and the same end.
_MAX_GIVEN_BACK = 8
MAX_FRAGMENT_BYTES = 16 * 1024 * 1024


class Bytes(Protocol):
    """A stream that gives what it has: a file that breaks in the middle loses only what comes after."""

    def read1(self, size: int, /) -> bytes:
        """Returns some bytes, at most `size`, and none at the end."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which elements are records, and which tags end one that is open.

    `records` has each record's name with the tags that end it without being its own end; a `/` stands before a closing
    one. A record in `open_ended` is whole when such a tag comes: its other parts are records themselves.
    """

    records: Mapping[str, tuple[str, ...]]
    open_ended: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fragment:
    """A record's bytes. `fault` says what is wrong with them already: unclosed, cut_off or too_large."""

    name: str
    data: bytes
    line: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    begin: int
    end: int
    closing: bool
    empty: bool


class Fragments:
    """Iterates over the records of a stream; `give_back` has the search go on inside a record that was broken.

    `begun` is what was read of the stream already, `line` the number of its first line.
    """

    def __init__(self, stream: Bytes, grammar: Grammar, *, begun: bytes = b"", line: int = 1) -> None:
        self._stream, self._grammar = stream, grammar
        names = b"|".join(re.escape(name.encode()) for name in grammar.records)
        self._token = re.compile(rb"<!\[CDATA\[|<!--|<(?P<closing>/?)(?P<name>" + names + rb")(?=[\s/>])")
        self._opening = re.compile(rb"<(?:" + names + rb")(?=[\s/>])")
        self._doubtful = re.compile(rb"<!--|</?(?:" + names + rb")(?=[\s/>])")
        self._buffer, self._at = begun, 0
        self._line, self._counted = line, 0
        self._open: tuple[str, int] | None = None
        self._ended = False
        # What the buffer begins with is at this offset of the file.
        self._base = 0
        self._given_back: Counter[int] = Counter()
        # From where to where in the file there is none of a mark.
        self._absent: dict[bytes, tuple[int, int]] = {}

    def __iter__(self) -> Iterator[Fragment]:
        while True:
            if self._open and (whole := self._plain_end(*self._open)):
                yield self._cut(self._open[0], whole)
            elif tag := self._next_tag():
                yield from self._step(tag)
            elif self._open:
                yield self._given_up(self._open, "cut_off" if self._ended else "too_large")
            else:
                return

    @property
    def line(self) -> int:
        """The line up to which the file was read."""
        return self._line_of(len(self._buffer))

    @property
    def tail(self) -> bytes:
        """What follows the last record."""
        return self._buffer[self._at :]

    def give_back(self, fragment: Fragment) -> None:
        """Goes on at the next opening tag inside `fragment`, if it has one: it may have swallowed whole records."""
        inside = self._opening.search(fragment.data, 1)
        if inside:
            end = self._base + self._at
            begin = end - len(fragment.data)
            self._given_back = Counter({at: times for at, times in self._given_back.items() if at > begin})
            self._given_back[end] += 1
            self._at += inside.start() - len(fragment.data)

    def before_next(self, fragment: Fragment) -> Fragment:
        """Returns what of `fragment` stands before the next opening tag inside it: its own record without its end."""
        inside = self._opening.search(fragment.data, 1)
        return (
            Fragment(fragment.name, fragment.data[: inside.start()], fragment.line, "unclosed") if inside else fragment
        )

    def _plain_end(self, name: str, begin: int) -> int:
        """Returns where a record ends whose end tag is the next tag of any record, or 0 where that takes a closer look.

        Most records of most files are like that, and finding their end so is ten times as fast.
        """
        if name in self._grammar.open_ended:
            return 0
        tag = f"</{name}>".encode()
        at = self._found(tag, self._at, self._at + _PLAIN_BYTES)
        if at < 0 or self._doubtful.search(self._buffer, self._at, at):
            return 0
        # The last CDATA before the end tag has its own end, so the tag stands outside.
        is_closed = self._buffer.rfind(b"<![CDATA[", begin, at) <= self._buffer.rfind(b"]]>", begin, at)
        return at + len(tag) if is_closed else 0

    # -- tags ---------------------------------------------------------------------------------------------------------

    def _next_tag(self) -> _Tag | None:
        """Returns the next tag of a record, past CDATA and comments; None at the end, or in a record too large."""
        while True:
            match = self._token.search(self._buffer, self._at)
            self._at = match.start() if match else max(self._at, len(self._buffer) - _SPLIT_TOKEN)
            end = self._end_of(match) if match else -1
            if match and end >= 0:
                self._at = end
                if match["name"] is not None:
                    return self._tag(match, end)
            elif not self._more():
                return None

    def _end_of(self, match: re.Match[bytes]) -> int:
        """Returns where a token ends, or -1 where that is not read yet.

        Between records CDATA is not honoured: there it could only hide the records that follow.
        """
        if match[0] == b"<![CDATA[" and self._open is None:
            return match.end()
        mark = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}.get(match[0], b">")
        found = self._found(mark, match.end(), len(self._buffer))
        return found + len(mark) if found >= 0 else -1

    def _found(self, mark: bytes, begin: int, end: int) -> int:
        """Returns where a mark is, or -1. What was searched in vain for one record is not searched for the next."""
        least, most = self._absent.get(mark, (0, 0))
        known = least <= self._base + begin <= most
        found = self._buffer.find(mark, most - self._base if known else begin, end)
        if found < 0:
            searched = self._base + min(end, len(self._buffer)) - len(mark) + 1
            self._absent[mark] = (least, max(most, searched)) if known else (self._base + begin, searched)
        return found

    def _tag(self, match: re.Match[bytes], end: int) -> _Tag:
        empty = self._buffer[end - 2 : end - 1] == b"/"
        return _Tag(match["name"].decode(), match.start(), end, bool(match["closing"]), empty)

    def _more(self) -> bool:
        """Reads on and drops what is behind. False at the end of the file, or where the record in hand is too large."""
        kept = self._open[1] if self._open else self._at
        if self._ended or len(self._buffer) - kept > MAX_FRAGMENT_BYTES:
            return False
        data = self._stream.read1(_READ)
        self._ended = not data
        self._line_of(kept)
        self._buffer = self._buffer[kept:] + data
        self._base += kept
        self._at -= kept
        self._counted -= kept
        if self._open:
            self._open = (self._open[0], 0)
        return True

    # -- records ------------------------------------------------------------------------------------------------------

    def _step(self, tag: _Tag) -> Iterator[Fragment]:
        if self._open is None:
            if not tag.closing:
                self._open = (tag.name, tag.begin)
            if tag.empty and not tag.closing:
                yield self._cut(tag.name, tag.end)
            return
        name = self._open[0]
        if tag.closing and tag.name == name:
            yield self._cut(name, tag.end)
        elif f"{'/' if tag.closing else ''}{tag.name}" in self._grammar.records[name]:
            yield self._cut(name, tag.begin, "" if name in self._grammar.open_ended else "unclosed")

    def _given_up(self, record: tuple[str, int], fault: str) -> Fragment:
        """Cuts a record that has no end: what stands in it is looked at on its own, so it ends before the next one."""
        name, begin = record
        inside = self._opening.search(self._buffer, begin + 1)
        return self._cut(name, inside.start(), "unclosed") if inside else self._cut(name, len(self._buffer), fault)

    def _cut(self, name: str, end: int, fault: str = "") -> Fragment:
        begin = self._open[1] if self._open else self._at
        if self._given_back[self._base + end] >= _MAX_GIVEN_BACK:
            # So many that ended here were broken: none of the others is parsed up to here.
            inside = self._opening.search(self._buffer, begin + 1, end)
            end, fault = (inside.start(), "unclosed") if inside else (end, fault)
        self._open, self._at = None, end
        return Fragment(name, self._buffer[begin:end], self._line_of(begin), fault)

    def _line_of(self, offset: int) -> int:
        """Returns the line number at `offset` of the buffer, counting on from the last one that was asked for."""
        if offset >= self._counted:
            self._line += self._buffer.count(b"\n", self._counted, offset)
            self._counted = offset
            return self._line
        return self._line - self._buffer.count(b"\n", offset, self._counted)
