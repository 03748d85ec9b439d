"""Files to import: found under the given paths, opened packed or not, and read in the format that they are in.

Between the command, which has paths, and the parsers, which have streams.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from archive.importers import FORMATS, HEAD_BYTES, format_detect
from archive.importers.records import FormatError, ImportSource, Item, StoppedError

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file to import. `folder` names the source where nothing else does."""

    path: Path
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the caller said about the files: a format's name or auto, and the fields of a `ImportSource`."""

    format: str = "auto"
    source: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    quotes: bool = True
    time_format: str | None = None
    preset: str | None = None
    text_format: str = "plain"
    post_types: frozenset[str] = frozenset()


def files_found(paths: Iterable[Path]) -> Iterator[ImportFile]:
    """Yields the files at `paths`, and those in folders by name; hidden ones in a folder are passed over."""
    for path in paths:
        if not path.is_dir():
            yield ImportFile(path=path, folder=path.resolve().parent.name)
            continue
        inside = (found.relative_to(path) for found in path.rglob("*") if found.is_file())
        visible = sorted(found for found in inside if not any(part.startswith(".") for part in found.parts))
        yield from (ImportFile(path=path / found, folder=path.resolve().name) for found in visible)


def head_check(file: ImportFile, how: ImportOptions) -> None:
    """Reads the head of a file, up to its first record.

    Raises:
        FormatError: it is not what it is said to be.
        OSError: it cannot be read.
    """
    with items_read(file, how) as items:
        next(items, None)


@contextmanager
def items_read(
    file: ImportFile, how: ImportOptions, at: Callable[[int], None] | None = None
) -> Iterator[Iterator[Item]]:
    """Opens a file and gives what its parser yields; `at` is told how many bytes of the file are read.

    Raises, while the items are taken:
        FormatError: the file is not what it is said to be; nothing was yielded.
        StoppedError: the file ends or breaks in the middle.
    """
    with file.path.open("rb") as packed:
        stream = _unpacked(packed)
        reading = _reading(file, how, stream)
        items = FORMATS[_format(how, reading, stream)].parse(reading)
        yield _guarded(items, packed, at)


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
        return "jsonl"
    if how.format != "auto":
        return how.format
    head = _head(stream)
    stream.seek(0)
    return format_detect(head, reading)


def _head(stream: BinaryIO) -> bytes:
    """Returns the first bytes of a file, or those before the place where it is broken."""
    head = b""
    try:
        while len(head) < HEAD_BYTES and (part := stream.read1(HEAD_BYTES - len(head))):  # type: ignore[attr-defined]
            head += part
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if not head:
            raise FormatError("the file is packed with gzip, and broken") from error
    return head


def _guarded(items: Iterator[Item], packed: BinaryIO, at: Callable[[int], None] | None) -> Iterator[Item]:
    """Passes items on; an error of reading becomes one line that says what is wrong with the file."""
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
