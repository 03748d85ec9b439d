"""One rule for encodings in all formats: the caller's choice, a byte-order mark, UTF-8, else Windows-1252 and a notice.

XML that is not UTF-8 is read in the encoding that its declaration names before Windows-1252 is assumed.
"""

import codecs
import io
from typing import BinaryIO, cast

from archive.importers.records import Notice

UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_READ = 64 * 1024


def text_decoded(data: bytes, named: str = "utf-8") -> tuple[str, str]:
    """Returns the text of `data`, and a notice's code unless it is UTF-8 or in the encoding `named`.

    In a text that is mostly UTF-8, invalid bytes become U+FFFD; any other text is read in `named`, or in Windows-1252,
    as browsers do.
    """
    try:
        return data.decode(), ""
    except UnicodeDecodeError:
        marked = data.decode(errors="replace")
    if _is_mostly_utf8(marked):
        return marked, "bytes_replaced"
    try:
        return data.decode(named), "" if named != "utf-8" else "encoding_assumed"
    except (UnicodeDecodeError, LookupError):
        return data.decode("cp1252", errors="replace"), "encoding_assumed"


def _is_mostly_utf8(marked: str) -> bool:
    beyond = sum(1 for mark in marked if mark > "\x7f")
    return marked.count("\ufffd") <= beyond // 2


class Utf8Lines(io.RawIOBase):
    """A stream of UTF-8 lines: a line that is not UTF-8 is read as Windows-1252, unless it is UTF-8 with errors.

    `assumed_at` is the number of the first line read as Windows-1252.
    """

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream, self._number = stream, 0
        self.assumed_at: int | None = None

    def readline(self, size: int | None = -1, /) -> bytes:
        """Returns the next line, or `size` bytes of it."""
        data = self._stream.readline(-1 if size is None else size)
        self._number += 1
        return data if data.isascii() else self._as_utf8(data)

    def read(self, size: int = -1, /) -> bytes:
        """Returns up to `size` bytes unchanged, for formats without lines."""
        return self._stream.read(size)

    def _as_utf8(self, data: bytes) -> bytes:
        try:
            data.decode()
        except UnicodeDecodeError:
            text, code = text_decoded(data)
            if code == "encoding_assumed" and "\ufffd" not in text:
                self.assumed_at = self.assumed_at or self._number
                return text.encode()
        return data

    def notice(self) -> Notice | None:
        """Returns a notice for the user, once the file is read."""
        if self.assumed_at is None:
            return None
        reason = "from here on lines that are not UTF-8 were read as Windows-1252 (--encoding names another)"
        return Notice(line=self.assumed_at, code="encoding_assumed", reason=reason)


class _Recoded(io.RawIOBase):
    """A stream in another encoding, read as UTF-8. Invalid bytes become U+FFFD and are counted."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._stream, self.encoding, self.marked = stream, encoding, 0
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._ready, self._ended = b"", False

    def readable(self) -> bool:
        """Returns True."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fills `buffer` and returns how many bytes were written; 0 at the end."""
        while not self._ready and not self._ended:
            data = self._stream.read(_READ)
            self._ended = not data
            text = self._decoder.decode(data, final=self._ended)
            self.marked += text.count("\ufffd")
            self._ready = text.encode(errors="replace")
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count


class Utf8Stream(io.BufferedReader):
    """A buffered UTF-8 stream over a stream in `encoding`, with a notice about it."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._recoded = _Recoded(stream, encoding)
        super().__init__(self._recoded, _READ)

    def notice(self) -> Notice:
        """Returns a notice for the user, once the file is read."""
        marked = self._recoded.marked
        odd = f"; {marked} characters that are none in it were marked" if marked else ""
        reason = f"the file was read as {self._recoded.encoding}{odd}"
        return Notice(line=None, code="encoding_read", reason=reason)


def stream_recoded(stream: BinaryIO, encoding: str | None) -> BinaryIO:
    """Returns the stream as UTF-8: decoded from `encoding`, or from UTF-16 if it begins with a byte-order mark."""
    if encoding is None:
        begun = stream.read(2)
        stream.seek(0)
        if begun not in UTF_16_MARKS:
            return stream
        encoding = "utf-16"
    return cast("BinaryIO", Utf8Stream(stream, encoding))


def encoding_name(value: str) -> str:
    """Returns Python's name for a text encoding. Raises LookupError if there is none of that name."""
    found = codecs.lookup(value)
    if not getattr(found, "_is_text_encoding", True) or found.name in {"idna", "punycode", "undefined"}:
        raise LookupError(value)
    return found.name
