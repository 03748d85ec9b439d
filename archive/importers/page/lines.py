"""The lines of a saved page and the units they form: paragraphs, lines, lists. First step of the page importer."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from archive.importers.encoding import UTF_16_MARKS, text_decoded
from archive.importers.records import FormatError, ImportSource, Notice

# A saved page is read whole; this is a hundred times the longest article.
MAX_PAGE_BYTES = 8 * 1024 * 1024
_BULLET = re.compile(r"^\s*(?:[•‣◦·▪●*+–-])\s+")
_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml)\b", re.IGNORECASE)
_TOLD = {
    "encoding_assumed": "the page is not UTF-8: it was read as Windows-1252 (--encoding names another)",
    "bytes_replaced": "bytes that are not UTF-8 were marked in the text",
}
_MAX_WRAP = 120
_MIN_WRAPS = 3
_MOSTLY = 0.7
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class PageLine:
    """A raw line without its line end; `indent` counts the spaces before its first word."""

    number: int
    indent: int
    raw: str

    @property
    def text(self) -> str:
        """The line with its runs of spaces folded."""
        return " ".join(self.raw.split())


@dataclass(frozen=True, slots=True)
class Unit:
    """What a reader sees as one item: a paragraph, a single line, or a list, which may have several texts.

    `alone` is true if it is between blank lines.
    """

    line: int
    texts: tuple[str, ...]
    bullets: bool = False
    alone: bool = True

    @property
    def text(self) -> str:
        """The whole text, a list as lines."""
        return "\n".join(self.texts)


def page_lines(reading: ImportSource) -> tuple[list[PageLine], list[Notice]]:
    """Returns the lines of the page, and a notice if its encoding had to be assumed.

    Raises:
        FormatError: it is empty, too large, HTML, or not text.
    """
    data = reading.stream.read(MAX_PAGE_BYTES + 1)
    if len(data) > MAX_PAGE_BYTES:
        raise FormatError(f"a page of more than {MAX_PAGE_BYTES} bytes is not taken")
    text, notices = _decoded(data)
    _check_text(text)
    rows = _LINE_END.split(text)
    return [PageLine(number, _indent(row), row) for number, row in enumerate(rows, 1)], notices


def _decoded(data: bytes) -> tuple[str, list[Notice]]:
    if data.startswith(UTF_16_MARKS):
        return data.decode("utf-16", errors="replace"), []
    text, code = text_decoded(data.removeprefix(codecs.BOM_UTF8))
    return text, [Notice(line=None, code=code, reason=_TOLD[code])] if code else []


def _check_text(text: str) -> None:
    if not text.strip():
        raise FormatError("the page is empty")
    if _CONTROLS.search(text):
        raise FormatError("this is no text: it holds control characters")
    if _MARKUP.match(text):
        raise FormatError("this is HTML or XML: save the page as text")


def _indent(row: str) -> int:
    spread = row.expandtabs(4)
    return len(spread) - len(spread.lstrip())


def units_made(lines: list[PageLine]) -> list[Unit]:
    """Returns the units of `lines`: one per line, after joining wrapped lines if the page is wrapped to a width."""
    groups = [list(group) for blank, group in groupby(lines, key=lambda line: not line.raw.strip()) if not blank]
    width = wrap_width(lines)
    return [unit for group in groups for unit in _units(group, width)]


def wrap_width(lines: list[PageLine]) -> int | None:
    """Returns the width that the page's lines are wrapped to, or None if each line is a paragraph."""
    width = max((len(line.raw) for line in lines), default=0)
    pairs = [(one, two) for one, two in pairwise(lines) if one.raw.strip() and two.raw.strip()]
    full = sum(_is_full(one, two, width) for one, two in pairs)
    return width if width <= _MAX_WRAP and len(pairs) >= _MIN_WRAPS and full >= _MOSTLY * len(pairs) else None


def _is_full(line: PageLine, following: PageLine, width: int) -> bool:
    """Says whether the next line's first word would not have fitted on this line."""
    return len(line.raw.rstrip()) + 1 + len(following.raw.split()[0]) > width - 2


def _units(group: list[PageLine], width: int | None) -> Iterator[Unit]:
    for bullets, run in groupby(group, key=lambda line: _BULLET.match(line.raw) is not None):
        rows = list(run)
        if bullets:
            yield Unit(rows[0].number, tuple(_BULLET.sub("", row.text) for row in rows), True, len(rows) == len(group))
        else:
            yield from _joined(rows, width, alone=len(group) == 1)


def _joined(rows: list[PageLine], width: int | None, *, alone: bool) -> Iterator[Unit]:
    """Yields a unit per line, or, if the page is wrapped, per run of full lines."""
    held: list[PageLine] = []
    for row in rows:
        if held and not (width and _is_full(held[-1], row, width)):
            yield Unit(held[0].number, (" ".join(line.text for line in held),), alone=alone)
            held = []
        held.append(row)
    if held:
        whole = alone or len(held) == len(rows)
        yield Unit(held[0].number, (" ".join(line.text for line in held),), alone=whole)
