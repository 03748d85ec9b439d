"""An XML export as a whole: its head, its records in order, and where the file stops.

Shared by `wxr` and `disqus`, which interpret the records. Entities cannot be declared: a file that tries is refused,
and each record is parsed inside our own root, where a declaration is a syntax error.
"""

import codecs
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element

from archive.importers.encoding import text_decoded
from archive.importers.records import FormatError, Notice, Rejected, StoppedError
from archive.importers.xml.elements import Parsed, fragment_parsed
from archive.importers.xml.fragments import MAX_FRAGMENT_BYTES, Bytes, Fragment, Fragments, Grammar
from archive.importers.xml.prefixes import Renamed, prefixes_odd

HEAD_BYTES = 64 * 1024
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_DECLARES = re.compile(rb"<!ENTITY|<!DOCTYPE[^<>]*?(?:\[|\bSYSTEM\b|\bPUBLIC\b)", re.IGNORECASE)
_ROOTS = {root: re.compile(rf"<(?:[A-Za-z_][\w.-]*:)?{root}\b[^<>]*>".encode()) for root in ("rss", "disqus")}
_XML_BEGINS = re.compile(rb"<\?xml|<!--|<!DOCTYPE")
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_FAULTS = {
    "unclosed": "the record has no end tag",
    "cut_off": "the file ends in the middle of the record",
    "too_large": f"the record is larger than {MAX_FRAGMENT_BYTES} bytes",
}
_BEYOND_REPAIR = frozenset({"cut_off", "too_large"})
_DONE = {
    "bytes_replaced": "bytes that are not UTF-8 were marked in the text",
    "encoding_assumed": "the record is not in UTF-8: the encoding that the file names, or Windows-1252, was taken",
    "mended": "the record was not well-formed and was mended",
}


@dataclass(frozen=True, slots=True)
class XmlRecord:
    """A record that could be parsed: its element's name, the element, and the line where it begins."""

    name: str
    element: Element
    line: int | None


@dataclass(frozen=True, slots=True)
class XmlBroken:
    """A record that could not be parsed: its element's name, its text as in the file, and why."""

    name: str
    text: str
    rejected: Rejected


class Export:
    """A file being read. `head` is the text of its beginning; `left_out` counts what a format skips, by kind.

    Raises:
        FormatError: on construction, if the file has no element `root`, or declares entities.
    """

    def __init__(self, stream: BinaryIO, grammar: Grammar, root: str) -> None:
        self._root = root
        head, rest = _head(_recoded(stream))
        begin, end = _root_tag(head, root)
        if odd := prefixes_odd(head[begin:end]):
            head, rest = _head(Renamed(rest, odd, head))
            begin, end = _root_tag(head, root)
        self.notices = list(_notices(head[:begin]))
        declared = _ENCODING.search(head)
        self._encoding = declared[1].decode().lower() if declared else "utf-8"
        self.head = text_decoded(_COMMENT.sub(b"", head[begin:]), self._encoding)[0]
        line = head.count(b"\n", 0, end) + 1
        self._fragments = Fragments(rest, grammar, begun=head[end:], line=line)
        self._open_ended = grammar.open_ended
        self.left_out: Counter[str] = Counter()

    def records(self) -> Iterator[XmlRecord | XmlBroken | Notice]:
        """Yields the records in order, with the reason for each one that cannot be parsed, and notices.

        Raises:
            StoppedError: at the end, if the file is cut off.
        """
        yield from self.notices
        fault = ""
        for fragment in self._fragments:
            fault = fragment.fault
            yield from self._read(fragment)
        yield from self._told_left_out()
        if fault == "cut_off" or f"</{self._root}" not in self._fragments.tail.decode(errors="replace"):
            raise StoppedError(f"the file is cut off: it stops at line {self._fragments.line}, before </{self._root}>")

    def _read(self, fragment: Fragment) -> Iterator[XmlRecord | XmlBroken | Notice]:
        parsed = self._parsed(fragment)
        if parsed.element is None:
            # It may have swallowed the records after it, as unclosed CDATA does: read them again.
            self._fragments.give_back(fragment)
            before = self._fragments.before_next(fragment)
            parsed = parsed if before is fragment else self._parsed(before)
        if parsed.element is None:
            reason = _FAULTS.get(fragment.fault) or parsed.reason
            rejected = Rejected(line=fragment.line, field="", code=fragment.fault or "not_well_formed", reason=reason)
            yield XmlBroken(fragment.name, text_decoded(fragment.data, self._encoding)[0], rejected)
            return
        yield from (Notice(line=fragment.line, code=code, reason=_DONE[code]) for code in parsed.notices)
        yield XmlRecord(fragment.name, parsed.element, fragment.line)

    def _parsed(self, fragment: Fragment) -> Parsed:
        if fragment.fault in _BEYOND_REPAIR:
            return Parsed(None)
        close = fragment.name in self._open_ended or fragment.fault == "unclosed"
        return fragment_parsed(fragment, self._encoding, close=close)

    def _told_left_out(self) -> Iterator[Notice]:
        if self.left_out:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.left_out.items()))
            reason = f"neither public articles nor comments: {kinds}"[:500]
            yield Notice(line=None, code="left_out", reason=reason, counts=dict(self.left_out))


class _Broken:
    """Stands for the rest of a broken file: reading it raises the reason."""

    def __init__(self, reason: Exception) -> None:
        self._reason = reason

    def read1(self, size: int) -> bytes:
        """Raises the reason."""
        raise self._reason


def _head(stream: Bytes) -> tuple[bytes, Bytes]:
    """Returns the beginning of the file, and the rest. If the file breaks there, the records before that are kept."""
    head = b""
    try:
        while len(head) < HEAD_BYTES and (data := stream.read1(HEAD_BYTES)):
            head += data
    except (EOFError, zlib.error, OSError) as error:
        return head, _Broken(error)
    return head, stream


def _root_tag(head: bytes, root: str) -> tuple[int, int]:
    """Returns the start and end offsets of the root's start tag."""
    bare = _COMMENT.sub(lambda comment: b" " * len(comment[0]), head)
    tag = _ROOTS[root].search(bare)
    if tag is None:
        raise FormatError(f"this is not such an export: it has no <{root}> at its head")
    if _DECLARES.search(bare[: tag.end()]):
        raise FormatError("the file declares entities or points at other files, which is refused")
    return tag.start(), tag.end()


def _notices(before: bytes) -> Iterator[Notice]:
    stray = _XML_BEGINS.split(before, maxsplit=1)[0]
    if stray.strip(b"\xef\xbb\xbf \t\r\n"):
        yield Notice(line=1, code="stray_bytes", reason="what stands before the XML was passed over")


def time_missing(line: int | None) -> Notice:
    """Returns the notice for a comment without a time, or with an invalid one."""
    return Notice(line=line, code="no_time", reason="it has no time that can be read: that of the import stands for it")


class _Recoded:
    """A stream of UTF-16, read as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str, begun: bytes) -> None:
        self._stream, self._begun = stream, begun
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def read1(self, size: int) -> bytes:
        """Returns some bytes, and none at the end."""
        while data := self._begun or self._stream.read1(size):  # type: ignore[attr-defined]
            self._begun = b""
            if text := self._decoder.decode(data):
                return text.encode(errors="replace")
        return self._decoder.decode(b"", final=True).encode(errors="replace")


def _recoded(stream: BinaryIO) -> Bytes:
    if not stream.seekable():
        # It has been recoded already.
        return cast("Bytes", stream)
    begun = stream.read(2)
    encoding = _UTF_16.get(begun)
    if encoding is None:
        stream.seek(0)
        return cast("Bytes", stream)
    return _Recoded(stream, encoding, b"" if begun in {b"\xff\xfe", b"\xfe\xff"} else begun)
