"""Detects a file's format from its first bytes: one predicate per format, called in the registry's order."""

import csv
import json
import re

from archive.importers.records import FormatError, ImportSource
from archive.importers.rows.table import DELIMITERS, delimiter_guess, delimiter_named, header_read

_MARKUP = re.compile(r"\s*(?:<(?:!doctype|html|\?xml|rss|disqus)\b|[\[{]\s*[\[{\"])", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Some exports have stray bytes before the XML; a long text that merely mentions these elements is not an export.
_EXPORT = re.compile(r"<\?xml\b|^[^\S\n]*<(?:!doctype|rss|(?:\w+:)?disqus)\b", re.MULTILINE)
_MAX_STRAY = 4096
_MARKDOWN_TITLE = re.compile(r"#{1,3} \S|---\s*$")
_MARKDOWN = re.compile(r"#{1,6} \S|```|\|.*\|\s*+$|(?:[*+-]|\d+\.) \S|    \S")
_MARKDOWN_LINK = re.compile(r"\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)|`[^`\n]{1,200}`")
# Files of text that are no pages: an article would be made of them.
_FOREIGN = {
    "SQL": re.compile(r"^(?:INSERT INTO|CREATE TABLE|DROP TABLE IF|COPY \S{1,200} \([^()\n]*\) FROM)\b", re.MULTILINE),
    "PDF": re.compile(r"\A\s*%PDF-"),
    "RTF": re.compile(r"\A\s*\{\\rtf"),
}
_DISQUS = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?disqus\b")
_TABLE_ROWS = 5
_TABLE_TITLES = 4
# A column's name: one word.
_COLUMN = re.compile(r"[A-Za-z][\w.-]{0,40}")
_TABLE_MARKS = 2


def looks_like_wxr(head: bytes, reading: ImportSource) -> bool:
    """An RSS feed with WordPress' own elements or their namespace, whatever precedes it."""
    bare = _bare_export(head)
    return "<rss" in bare and ("<wp:" in bare or "wordpress.org/export" in bare)


def looks_like_disqus(head: bytes, reading: ImportSource) -> bool:
    """An element `disqus`, whatever precedes it."""
    return bool(_DISQUS.search(_bare_export(head)))


def _bare_export(head: bytes) -> str:
    """Returns the head of an XML export without its comments, or an empty string."""
    bare = _COMMENT.sub("", _text(head)).lstrip()
    is_export = not bare.startswith(("[", "{")) and _EXPORT.search(bare, 0, _MAX_STRAY)
    return bare if is_export else ""


def looks_like_jsonl(head: bytes, reading: ImportSource) -> bool:
    """The first line that is not blank is a JSON object, perhaps longer than the head of the file."""
    line = next((row for row in _text(head).splitlines() if row.strip()), "").strip()
    if not line.startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return "\n" not in _text(head).strip() or line.endswith("}")


def looks_like_csv(head: bytes, reading: ImportSource) -> bool:
    """The first line names columns that we know or that `--map` names; a line `sep=;` may precede it.

    Raises:
        FormatError: it is a table, but lacks a required column or has no header at the top.
    """
    rows = _text(head).splitlines()
    named = delimiter_named(rows[0]) if rows else ""
    rows = rows[1:] if named else rows
    first = next(iter(rows), "")
    mark = reading.delimiter or named or delimiter_guess(first, reading.mapping.values())
    try:
        header_read([cell.strip(' "') for cell in first.split(mark)], reading.mapping)
    except FormatError as error:
        if reading.mapping or reading.delimiter or named or is_table(rows):
            raise FormatError(f"this looks like a table (csv), but {error}{_further_down(rows, reading)}") from error
        return False
    return True


def _further_down(rows: list[str], reading: ImportSource) -> str:
    """Returns a hint if one of the next lines is the header, below a title."""
    for at, row in enumerate(rows[1:_TABLE_TITLES], 2):
        mark = reading.delimiter or delimiter_guess(row, reading.mapping.values())
        try:
            header_read([cell.strip(' "') for cell in row.split(mark)], reading.mapping)
        except FormatError:
            continue
        return f"; its line {at} is a header: remove what stands above it"
    return ""


def is_table(rows: list[str]) -> bool:
    """Says whether the first rows, or those below a title, contain the same delimiter the same number of times."""
    filled = [row for row in rows[: _TABLE_TITLES + _TABLE_ROWS] if row.strip()]
    if any(row.lstrip().startswith("<") for row in filled):
        return False
    return any(_is_parted(filled[begin:], mark) for begin in range(_TABLE_TITLES) for mark in DELIMITERS)


def _is_parted(rows: list[str], mark: str) -> bool:
    """Says whether rows have cells. Commas and bars, which pages have too, need more rows or a header line.

    No sentence is a header line: it has a blank after its commas.
    """
    try:
        cells = [len(row) for row in csv.reader(rows[:_TABLE_ROWS], delimiter=mark)]
    except csv.Error:
        return False
    named = bool(rows) and all(_COLUMN.fullmatch(cell.strip('"')) for cell in rows[0].split(mark))
    least = 2 if named or mark in "\t;" else _TABLE_ROWS
    marks = _TABLE_MARKS - 1 if named else _TABLE_MARKS
    return len(cells) >= least and len(set(cells)) == 1 and cells[0] > marks


def looks_like_page(head: bytes, reading: ImportSource) -> bool:
    """Any text that is neither markup nor JSON.

    Raises:
        FormatError: it is Markdown, such as a README, or another program's file.
    """
    text = _text(head)
    for name, form in _FOREIGN.items():
        if form.search(text):
            raise FormatError(f"this looks like {name} and not like a saved page (--format page takes it as one)")
    if is_markdown(text):
        raise FormatError("this looks like Markdown and not like a saved page (--format page takes it as one)")
    return "\x00" not in text and not _MARKUP.match(text)


def is_markdown(text: str) -> bool:
    """Says whether a text is Markdown: `# ` at the top, or a smaller heading and a fence, a link, a list or a table."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not _MARKDOWN_TITLE.match(lines[0]):
        return False
    return lines[0].startswith("# ") or any(_MARKDOWN.match(line) or _MARKDOWN_LINK.search(line) for line in lines[1:])


def _text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    if head[:2] in {b"<\x00", b"\x00<"}:
        return head.decode("utf-16-le" if head[1] == 0 else "utf-16-be", errors="replace")
    return head.decode("utf-8-sig", errors="replace")
