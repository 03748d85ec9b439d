"""Importers: turn the bytes of a file into records. The registry of formats, and their detection by content.

A parser takes an `ImportSource` and yields records as it goes; a new format is one entry in `FORMATS`, which says all
that reading and the command need to know of it. No Django here: the services store what comes out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive.importers.detect import (
    looks_like_csv,
    looks_like_disqus,
    looks_like_jsonl,
    looks_like_page,
    looks_like_wxr,
)
from archive.importers.page import parse_page
from archive.importers.records import FormatError, ImportSource, Item
from archive.importers.rows.jsonl import parse_jsonl
from archive.importers.rows.table import parse_csv
from archive.importers.xml.disqus import parse_disqus
from archive.importers.xml.wxr import parse_wxr

HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how it is parsed, and whether the first bytes of a file look like it.

    `declares_encoding`: its files name their own encoding, which the parser reads. `line_by_line`: a line in a wrong
    encoding costs only itself. A file of any other format is brought to UTF-8 as a whole.
    """

    parse: Callable[[ImportSource], Iterator[Item]]
    looks: Callable[[bytes, ImportSource], bool]
    declares_encoding: bool = False
    line_by_line: bool = False


# In the order of detection: formats that are certain come first; a page is any other text.
FORMATS: dict[str, Format] = {
    "wxr": Format(parse_wxr, looks_like_wxr, declares_encoding=True),
    "disqus": Format(parse_disqus, looks_like_disqus, declares_encoding=True),
    "jsonl": Format(parse_jsonl, looks_like_jsonl, line_by_line=True),
    "csv": Format(parse_csv, looks_like_csv, line_by_line=True),
    "page": Format(parse_page, looks_like_page),
}


def format_detect(head: bytes, reading: ImportSource) -> str:
    """Returns the name of the format that the first bytes of a file are in, whatever the file's name.

    Raises:
        FormatError: no format matches.
    """
    if not head.strip():
        raise FormatError("the file is empty")
    found = next((name for name, form in FORMATS.items() if form.looks(head, reading)), None)
    if found is None:
        raise FormatError(f"this looks like none of the formats {', '.join(FORMATS)}")
    return found
