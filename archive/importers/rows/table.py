"""The `csv` format: a table with a header, each row a comment with what is known of its article.

Columns are found by the names of our FIELDs (`article.title` or `article_title`), or by `--map FIELD=COLUMN`. An
unclosed quote costs only its own line: the lines it swallowed are read again.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from archive.importers.records import CommentRecord, FormatError, ImportSource, Item, Notice, Rejected
from archive.importers.rows.lines import MAX_LINE_BYTES, TextLine, lines_read
from archive.importers.rows.row import FIELDS, row_records
from archive.importers.rows.table_presets import WORDPRESS_COLUMNS, columns_there, wordpress_row

DELIMITERS = (",", "\t", ";", "|")
_MAX_FIELD = 256 * 1024
_MAX_COLUMNS = 1000
_NAMED = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)

csv.field_size_limit(_MAX_FIELD)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table: how many there are, which FIELD is in which, and which are unused."""

    width: int
    fields: Mapping[str, int]
    unused: tuple[str, ...]


def parse_csv(reading: ImportSource) -> Iterator[Item]:
    """Yields a record or a rejected record per row, after a notice of unused columns.

    Raises:
        FormatError: before anything is yielded, if the header lacks a required column.
    """
    lines = lines_read(reading.stream)
    first = next(lines)
    delimiter = reading.delimiter or delimiter_named(_decoded(first))
    if delimiter_named(_decoded(first)):
        first = next(lines, TextLine(2, b""))
    columns = [*reading.mapping.values(), *(WORDPRESS_COLUMNS.values() if reading.preset else ())]
    delimiter = delimiter or delimiter_guess(_decoded(first), columns)
    cells = _cells(_decoded(first), delimiter, quotes=reading.quotes)
    header = header_read(cells, columns_there(cells) if reading.preset else reading.mapping)
    if header.unused:
        reason = f"nothing is done with the columns {', '.join(header.unused)[:500]}"
        yield Notice(line=first.number, code="unused_column", reason=reason)
    left_out = 0
    for line, row in _rows(lines, delimiter, quotes=reading.quotes):
        found = list(_items(row, header, line, reading))
        yield from found
        left_out += not found
    if left_out:
        reason = f"no comments: {left_out} pingbacks and notes"
        yield Notice(line=None, code="left_out", reason=reason, counts={"pingback or note": left_out})


def _items(row: list[str] | Rejected, header: Header, line: int, reading: ImportSource) -> Iterator[Item]:
    if isinstance(row, Rejected):
        yield row
    elif len(row) != header.width:
        reason = f"the row has {len(row)} columns, the header {header.width}"
        yield Rejected(line=line, field="", code="columns", reason=reason, limit=header.width)
    else:
        yield from _records({field: row[column] for field, column in header.fields.items()}, line, reading)


def _records(values: Mapping[str, str], line: int, reading: ImportSource) -> Iterator[Item]:
    if not reading.preset:
        yield from row_records(values, line=line, time_format=reading.time_format, text_format=reading.text_format)
    elif own := wordpress_row(values):
        for record in row_records(own, line=line, time_format=None, text_format="html"):
            yield replace(record, numbered=True) if isinstance(record, CommentRecord) else record


# -- header -----------------------------------------------------------------------------------------------------------


def delimiter_named(first_line: str) -> str:
    """Returns the delimiter from a first line like `sep=;`, which Excel reads and writes, or an empty string."""
    match = _NAMED.fullmatch(first_line.strip("\r\n \ufeff"))
    return match[1] if match else ""


def delimiter_guess(first_line: str, columns: Iterable[str]) -> str:
    """Returns the delimiter that splits the header into the most columns that we know or that are named."""
    wanted = {*_names(), *columns}
    return max(DELIMITERS, key=lambda mark: sum(cell.strip(' "\r\n') in wanted for cell in first_line.split(mark)))


def _names() -> dict[str, str]:
    """Returns the column names that need no mapping, each with its FIELD."""
    return {name: field for field in FIELDS for name in (field, field.replace(".", "_"))}


def header_read(cells: Sequence[str], mapping: Mapping[str, str]) -> Header:
    """Returns which FIELD is in which column.

    Raises:
        FormatError: a mapped or a required column is missing.
    """
    names = [cell.strip() for cell in cells]
    at = {name: index for index, name in reversed(list(enumerate(names)))}
    for column in mapping.values():
        if column not in at:
            raise FormatError(f"no column is named {column[:60]!r}: the columns are {', '.join(names)[:300]}")
    own = {field: at[name] for name, field in _names().items() if name in at and name not in mapping.values()}
    fields = {**own, **{field: at[column] for field, column in mapping.items()}}
    _check_needed(fields)
    unused = tuple(name for name in names if at[name] not in fields.values())
    return Header(len(names), fields, unused)


def _check_needed(fields: Mapping[str, int]) -> None:
    article = "article.external_id" in fields or "article.url" in fields
    comment = [field for field in ("external_id", "text") if field not in fields]
    missing = ([] if article else ["article.external_id"]) + (comment if len(comment) == 1 or not article else [])
    if missing:
        raise FormatError(f"no column for {', '.join(missing)}: --map FIELD=COLUMN names one")


# -- rows -------------------------------------------------------------------------------------------------------------


def _rows(lines: Iterator[TextLine], delimiter: str, *, quotes: bool) -> Iterator[tuple[int, list[str] | Rejected]]:
    feed = _Feed(lines)
    reader = _reader(feed, delimiter, quotes=quotes)
    while True:
        feed.taken.clear()
        try:
            row: list[str] | Rejected = next(reader)
        except StopIteration:
            return
        except (csv.Error, _LineTooLongError, _UnclosedError) as error:
            row = _broken(feed, error)
            reader = _reader(feed, delimiter, quotes=quotes)
        if row:
            yield feed.begun, row


def _broken(feed: "_Feed", error: Exception) -> Rejected:
    """Gives up the record's first line and hands the lines after it back to be read again."""
    line = feed.begun
    if isinstance(error, _LineTooLongError) and not feed.taken:
        reason = f"the line is longer than {MAX_LINE_BYTES} bytes"
        return Rejected(line=line, field="", code="line_too_long", reason=reason, limit=MAX_LINE_BYTES)
    feed.give_back(error)
    if "field limit" in str(feed.fault):
        reason = f"a cell is longer than {_MAX_FIELD} characters, or its quote is not closed"
        return Rejected(line=line, field="", code="too_large", reason=reason, limit=_MAX_FIELD)
    reason = "a quote is not closed, or stands inside a cell (--no-quotes takes quotes as letters)"
    return Rejected(line=line, field="", code="quotes", reason=reason)


def _reader(feed: "_Feed", delimiter: str, *, quotes: bool) -> Iterator[list[str]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    return csv.reader(feed, delimiter=delimiter, quoting=quoting, strict=True)


def _cells(first: str, delimiter: str, *, quotes: bool) -> list[str]:
    try:
        cells = next(
            _reader(_Feed(iter([TextLine(1, first.encode(errors="surrogateescape"))])), delimiter, quotes=quotes), []
        )
    except (csv.Error, _LineTooLongError) as error:
        raise FormatError("this is not csv: its first line is no header") from error
    if "\x00" in first or len(cells) > _MAX_COLUMNS:
        raise FormatError("this is not csv: its first line is no header")
    return cells


def _decoded(line: TextLine) -> str:
    """Returns the line as text; bytes that are not UTF-8 become lone surrogates, which validation refuses."""
    if line.data is None:
        raise FormatError("this is not csv: its first line has no end")
    return line.data.decode(errors="surrogateescape")


class _LineTooLongError(Exception):
    """A line that is too long was skipped, inside a record or at its beginning."""


class _UnclosedError(Exception):
    """A record continues into lines in which an earlier one failed: it would fail in the same way."""


class _Feed:
    """Feeds lines to a csv reader and remembers those of the current record, to read them again.

    Between two lines a csv reader is either inside a quote or at the start of a record. So a record that continues
    into a line that a failed record passed, inside a quote like that one, fails in the same way: it is given up at
    once, and no line is read more than twice. `fault` is why the last record that was read to its end failed.
    """

    def __init__(self, lines: Iterator[TextLine]) -> None:
        self._lines = lines
        self._again: deque[TextLine] = deque()
        self.taken: list[TextLine] = []
        self.begun = 1
        self.fault: Exception | None = None
        self._failed_at = 0

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.taken and self.taken[-1].number < self._failed_at:
            raise _UnclosedError
        line = self._again.popleft() if self._again else next(self._lines)
        if not self.taken:
            self.begun = line.number
        if line.data is None:
            self._long = line
            raise _LineTooLongError
        self.taken.append(line)
        return _decoded(line)

    def give_back(self, error: Exception) -> None:
        """Puts all lines of the record but the first back, to be read again; `error` is why it failed."""
        back = self.taken[1:] + ([self._long] if isinstance(error, _LineTooLongError) else [])
        if not isinstance(error, _UnclosedError):
            self.fault, self._failed_at = error, (back or self.taken)[-1].number
        self._again.extendleft(reversed(back))
        self.taken.clear()
