"""Cuts the records of an XML export out of its bytes one by one. First step of the `wxr` and `disqus` importers.

An XML parser gives up a whole file at its first fault. Here each record is found by its tags, skipping CDATA and
comments, and parsed on its own; if one turns out broken, the search continues at the next opening tag inside it. Only
the current record is held in memory.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

_READ = 256 * 1024
# A token may be split between two reads; no opening token is longer than this.
_SPLIT_TOKEN = 64
# How far ahead a record's end tag is searched at first, so that a file without end tags is not scanned for each record.
_PLAIN_BYTES = 32 * 1024
# How many broken records with the same end are parsed; each has swallowed the ones after it.
_MAX_GIVEN_BACK = 8
MAX_FRAGMENT_BYTES = 16 * 1024 * 1024


class Bytes(Protocol):
    """A stream that returns what is available: a file that breaks in the middle loses only what comes after."""

    def read1(self, size: int, /) -> bytes:
        """Returns some bytes, at most `size`, and none at the end."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which elements are records, and which tags end one that is open.

    `records` maps each record's name to the other tags that end it, closing ones with a leading `/`. A record in
    `open_ended` is complete when such a tag comes: its remaining parts are records themselves.
    """

    records: Mapping[str, tuple[str, ...]]
    open_ended: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fragment:
    """A record's bytes. `fault` is empty, or unclosed, cut_off or too_large."""

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
    """Iterates over the records of a stream; `give_back` continues the search inside a broken record.

    `begun` is what has been read of the stream already, `line` the number of its first line.
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
        # The file offset of the start of the buffer.
        self._base = 0
        self._given_back: Counter[int] = Counter()
        # Ranges of file offsets known not to contain a mark.
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
        """The number of the line up to which the file has been read."""
        return self._line_of(len(self._buffer))

    @property
    def tail(self) -> bytes:
        """What follows the last record."""
        return self._buffer[self._at :]

    def give_back(self, fragment: Fragment) -> None:
        """Continues at the next opening tag inside `fragment`, if any: it may have swallowed whole records."""
        inside = self._opening.search(fragment.data, 1)
        if inside:
            end = self._base + self._at
            begin = end - len(fragment.data)
            self._given_back = Counter({at: times for at, times in self._given_back.items() if at > begin})
            self._given_back[end] += 1
            self._at += inside.start() - len(fragment.data)

    def before_next(self, fragment: Fragment) -> Fragment:
        """Returns the part of `fragment` before the next opening tag inside it: its own record without its end."""
        inside = self._opening.search(fragment.data, 1)
        return (
            Fragment(fragment.name, fragment.data[: inside.start()], fragment.line, "unclosed") if inside else fragment
        )

    def _plain_end(self, name: str, begin: int) -> int:
        """Returns the end of a record whose end tag is the next record tag, or 0 if that needs a closer look.

        This holds for most records of most files, and finds their end ten times as fast.
        """
        if name in self._grammar.open_ended:
            return 0
        tag = f"</{name}>".encode()
        at = self._found(tag, self._at, self._at + _PLAIN_BYTES)
        if at < 0 or self._doubtful.search(self._buffer, self._at, at):
            return 0
        # If the last CDATA before the end tag is closed, the tag is outside it.
        is_closed = self._buffer.rfind(b"<![CDATA[", begin, at) <= self._buffer.rfind(b"]]>", begin, at)
        return at + len(tag) if is_closed else 0

    # -- tags ---------------------------------------------------------------------------------------------------------

    def _next_tag(self) -> _Tag | None:
        """Returns the next record tag outside CDATA and comments; None at the end, or if the record is too large."""
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
        """Returns where a token ends, or -1 if its end has not been read yet.

        Between records CDATA is not honoured: there it could only hide the records that follow.
        """
        if match[0] == b"<![CDATA[" and self._open is None:
            return match.end()
        mark = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}.get(match[0], b">")
        found = self._found(mark, match.end(), len(self._buffer))
        return found + len(mark) if found >= 0 else -1

    def _found(self, mark: bytes, begin: int, end: int) -> int:
        """Returns the position of a mark, or -1. Never searches the same range twice in vain."""
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
        """Reads on and drops what is done. Returns False at the end of the file, or if the record is too large."""
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
        """Cuts a record without an end before the next record inside it, which is then read on its own."""
        name, begin = record
        inside = self._opening.search(self._buffer, begin + 1)
        return self._cut(name, inside.start(), "unclosed") if inside else self._cut(name, len(self._buffer), fault)

    def _cut(self, name: str, end: int, fault: str = "") -> Fragment:
        begin = self._open[1] if self._open else self._at
        if self._given_back[self._base + end] >= _MAX_GIVEN_BACK:
            # Many records with this end were broken: the others are cut before the next opening tag.
            inside = self._opening.search(self._buffer, begin + 1, end)
            end, fault = (inside.start(), "unclosed") if inside else (end, fault)
        self._open, self._at = None, end
        return Fragment(name, self._buffer[begin:end], self._line_of(begin), fault)

    def _line_of(self, offset: int) -> int:
        """Returns the line number at `offset` of the buffer, counting from the last one returned."""
        if offset >= self._counted:
            self._line += self._buffer.count(b"\n", self._counted, offset)
            self._counted = offset
            return self._line
        return self._line - self._buffer.count(b"\n", offset, self._counted)
