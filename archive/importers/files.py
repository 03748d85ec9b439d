"""Files to import: found under the given paths, decompressed if needed, and parsed in their format.

Connects the command, which has paths, and the parsers, which take streams.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from archive.importers import FORMATS, HEAD_BYTES, Format, format_detect
from archive.importers.encoding import Utf8Lines, Utf8Stream, stream_recoded
from archive.importers.records import FormatError, ImportSource, Item, StoppedError
from archive.importers.rows.table_presets import TABLE_PRESETS

_GZIP = b"\x1f\x8b"
_DESCRIBING = re.compile(
    r"(?:readme|license|licence|copying|changelog|changes|notice|authors|contributing)(?:\.(?:md|txt|rst|markdown))?"
    r"|.+\.(?:md|markdown|rst)",
    re.IGNORECASE,
)
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file to import. `folder` names the source if nothing else does.

    `describes` is true if its name is that of a file about the folder, such as a README.
    """

    path: Path
    folder: str
    describes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """The caller's options for all files: a format's name or auto, and the fields of an `ImportSource`."""

    format: str = "auto"
    source: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    quotes: bool = True
    time_format: str | None = None
    preset: str | None = None
    text_format: str = "plain"
    post_types: frozenset[str] = frozenset()
    encoding: str | None = None


def files_found(paths: Iterable[Path]) -> Iterator[ImportFile]:
    """Yields the files at `paths`, and those in folders sorted by name; skips hidden ones in folders."""
    for path in paths:
        if not path.is_dir():
            yield ImportFile(path=path, folder=path.resolve().parent.name)
            continue
        inside = (found.relative_to(path) for found in path.rglob("*") if found.is_file())
        visible = sorted(found for found in inside if not any(part.startswith(".") for part in found.parts))
        for found in visible:
            about = _DESCRIBING.fullmatch(found.name) is not None
            yield ImportFile(path=path / found, folder=path.resolve().name, describes=about)


def head_check(file: ImportFile, how: ImportOptions) -> None:
    """Reads the head of a file, up to its first record.

    Raises:
        FormatError: it is not in the given format, or in none.
        OSError: it cannot be read.
    """
    with items_read(file, how) as items:
        next(items, None)


@contextmanager
def items_read(
    file: ImportFile, how: ImportOptions, at: Callable[[int], None] | None = None
) -> Iterator[Iterator[Item]]:
    """Opens a file and provides its parser's items; calls `at` with the number of bytes of the file read so far.

    Raises, while the items are taken:
        FormatError: the file is not in the given format, or in none; nothing was yielded.
        StoppedError: the file is cut off or broken.
    """
    with file.path.open("rb") as packed:
        form = _format(how, _reading(file, how, packed), _unpacked(packed))
        packed.seek(0)
        stream = _as_utf8(_unpacked(packed), how, FORMATS[form])
        items = FORMATS[form].parse(_reading(file, how, stream))
        yield _guarded(_with_notice(items, stream), packed, at)


def _as_utf8(stream: BinaryIO, how: ImportOptions, form: Format) -> BinaryIO:
    if how.encoding or not form.declares_encoding:
        stream = stream_recoded(stream, how.encoding)
    return stream if isinstance(stream, Utf8Stream) or not form.line_by_line else Utf8Lines(stream)  # type: ignore[return-value]


def _with_notice(items: Iterator[Item], stream: BinaryIO) -> Iterator[Item]:
    """Yields the items, then a notice about their encoding, if any."""
    yield from items
    if isinstance(stream, Utf8Lines | Utf8Stream) and (notice := stream.notice()):
        yield notice


def _unpacked(packed: BinaryIO) -> BinaryIO:
    begin = packed.read(len(_ZIP))
    packed.seek(0)
    if begin == _ZIP:
        raise FormatError("the file is a zip archive: unpack it first")
    return cast("BinaryIO", gzip.GzipFile(fileobj=packed)) if begin.startswith(_GZIP) else packed


def _reading(file: ImportFile, how: ImportOptions, stream: BinaryIO) -> ImportSource:
    name = Path(file.path.name.removesuffix(".gz"))
    return ImportSource(
        stream=stream,
        stem=name.stem,
        source=how.source,
        mapping=how.mapping,
        delimiter=how.delimiter,
        quotes=how.quotes,
        time_format=how.time_format,
        preset=how.preset,
        text_format=how.text_format,
        post_types=how.post_types,
    )


def _format(how: ImportOptions, reading: ImportSource, stream: BinaryIO) -> str:
    if how.preset:
        return "csv" if how.preset in TABLE_PRESETS else "jsonl"
    if how.format != "auto":
        return how.format
    return format_detect(_head(stream_recoded(stream, how.encoding)), reading)


def _head(stream: BinaryIO) -> bytes:
    """Returns the first bytes of a file, fewer if it is broken within them."""
    head = b""
    try:
        while len(head) < HEAD_BYTES and (part := stream.read1(HEAD_BYTES - len(head))):  # type: ignore[attr-defined]
            head += part
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if not head:
            raise FormatError("the file is packed with gzip, and broken") from error
    return head


def _guarded(items: Iterator[Item], packed: BinaryIO, at: Callable[[int], None] | None) -> Iterator[Item]:
    """Passes items on; turns read errors into a StoppedError with a one-line reason."""
    try:
        for item in items:
            if at:
                at(packed.tell())
            yield item
    except EOFError as error:
        raise StoppedError("the file is cut off: its gzip data has no end") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise StoppedError("its gzip data is broken") from error
    except OSError as error:
        raise StoppedError(f"it cannot be read: {error.strerror or type(error).__name__}") from error
