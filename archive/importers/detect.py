"""How the first bytes of a file tell its format: one question a format, asked in the registry's order."""

import json
import re

from archive.importers.records import FormatError, ImportSource
from archive.importers.rows.table import DELIMITERS, delimiter_guess, header_read

_MARKUP = re.compile(r"\s*(?:<(?:!doctype|html|\?xml|rss|disqus)\b|[\[{]\s*[\[{\"])", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Some exports have stray bytes before the XML; a long text that merely speaks of these elements is none.
_EXPORT = re.compile(r"<\?xml\b|^[^\S\n]*<(?:!doctype|rss|(?:\w+:)?disqus)\b", re.MULTILINE)
_MAX_STRAY = 4096
_DISQUS = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?disqus\b")
_TABLE_ROWS = 5
_TABLE_MARKS = 2


def looks_like_wxr(head: bytes, reading: ImportSource) -> bool:
    """An RSS feed with WordPress' own elements or their namespace, whatever stands before it."""
    bare = _bare_export(head)
    return "<rss" in bare and ("<wp:" in bare or "wordpress.org/export" in bare)


def looks_like_disqus(head: bytes, reading: ImportSource) -> bool:
    """An element `disqus`, whatever stands before it."""
    return bool(_DISQUS.search(_bare_export(head)))


def _bare_export(head: bytes) -> str:
    """Returns the head of an XML export without its comments, or an empty text."""
    bare = _COMMENT.sub("", _text(head)).lstrip()
    is_export = not bare.startswith(("[", "{")) and _EXPORT.search(bare, 0, _MAX_STRAY)
    return bare if is_export else ""


def looks_like_jsonl(head: bytes, reading: ImportSource) -> bool:
    """One JSON object fills the first line that is not blank, or more than the head of the file."""
    line = next((row for row in _text(head).splitlines() if row.strip()), "").strip()
    if not line.startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return "\n" not in _text(head).strip() or line.endswith("}")


def looks_like_csv(head: bytes, reading: ImportSource) -> bool:
    """The first line names columns that we know, or `--map` names.

    Raises:
        FormatError: it is a table, but the columns that are needed are not among its own.
    """
    rows = _text(head).splitlines()
    first = next(iter(rows), "")
    mark = reading.delimiter or delimiter_guess(first, reading.mapping)
    try:
        header_read([cell.strip(' "') for cell in first.split(mark)], reading.mapping)
    except FormatError as error:
        if reading.mapping or reading.delimiter or _is_table(rows):
            raise FormatError(f"this looks like a table (csv), but {error}") from error
        return False
    return True


def _is_table(rows: list[str]) -> bool:
    """Says whether the first rows are parted by the same mark the same number of times."""
    top = rows[:_TABLE_ROWS]
    counts = [{row.count(mark) for row in top} for mark in DELIMITERS]
    return len(top) == _TABLE_ROWS and any(len(count) == 1 and min(count) >= _TABLE_MARKS for count in counts)


def looks_like_page(head: bytes, reading: ImportSource) -> bool:
    """It is text, and neither markup nor JSON."""
    text = _text(head)
    return "\x00" not in text and not _MARKUP.match(text)


def _text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    if head[:2] in {b"<\x00", b"\x00<"}:
        return head.decode("utf-16-le" if head[1] == 0 else "utf-16-be", errors="replace")
    return head.decode("utf-8-sig", errors="replace")
