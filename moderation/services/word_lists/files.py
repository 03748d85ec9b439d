"""Word lists as files: CSV with a heading, JSON, or a term a line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from moderation.services.errors import FieldError, ServiceError, invalid
from moderation.services.ledger.csv_cells import cell
from moderation.services.word_lists.entries import BOOLEANS, FIELDS, MAX_ENTRIES, MAX_ERRORS, Entry, entry_parse

FORMATS = ("csv", "json", "lines")
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is no entry: its number, from 1, as in the file, what it says, and why it was refused."""

    row: int
    content: str
    reason: str


@dataclass(slots=True)
class FileRead:
    """The entries of a file, and its rows that are none."""

    entries: list[Entry] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def file_format(name: str) -> str:
    """Returns the format that a file's name tells: `lines` unless it ends in `.csv` or `.json`."""
    ending = name.rpartition(".")[2].lower()
    return ending if ending in FORMATS else "lines"


def entries_read(text: str, *, form: str, defaults: dict[str, Any] | None = None) -> FileRead:
    """Returns what is in a file's text; raises ServiceError if the file as a whole is none of the format.

    Args:
        text: The file's content.
        form: One of FORMATS. In `lines`, a `#` begins a comment, and an empty line is none.
        defaults: Field → value for rows that do not say it.
    """
    rows = {"csv": _csv_rows, "json": _json_rows, "lines": _line_rows}[form](text)
    read, seen = FileRead(), set()
    for number, row in rows:
        try:
            entry = entry_parse({**(defaults or {}), **row} if isinstance(row, dict) else row)
        except ServiceError as error:
            read.rejected.append(Rejected(number, _shown(row), error.errors[0].detail))
            continue
        if entry.key in seen:
            read.rejected.append(Rejected(number, _shown(row), "The same entry stands above."))
            continue
        seen.add(entry.key)
        read.entries.append(entry)
    if len(read.entries) > MAX_ENTRIES:
        raise invalid("/entries", f"A list has at most {MAX_ENTRIES:,} entries.", code="too_many", limit=MAX_ENTRIES)
    return read


def file_entries(text: str, *, form: str) -> list[Entry]:
    """Returns the entries of a file of which every row has to be one; raises ServiceError naming the rows, up to 100.

    A pointer has the row's number as in the file, from 1.
    """
    read = entries_read(text, form=form)
    if not read.rejected:
        return read.entries
    first = read.rejected[0]
    errors = (FieldError(f"/{one.row}", "invalid", f"Row {one.row}: {one.reason}") for one in read.rejected)
    raise ServiceError("validation_error", f"Row {first.row}: {first.reason}", tuple(islice(errors, MAX_ERRORS)))


def _shown(row: Any) -> str:
    return str(row.get("term", row) if isinstance(row, dict) else row)[:200]


def _line_rows(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if term := line.partition("#")[0].strip():
            yield number, {"term": term}


def _csv_rows(text: str) -> Iterator[tuple[int, Any]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if "term" not in (rows.fieldnames or []):
            raise invalid("/term", f"The first line names the columns: {', '.join(FIELDS)}; there is no term.")
        for row in rows:
            yield rows.line_num, _csv_row(row)
    except csv.Error as error:
        raise invalid("/", f"Line {rows.line_num} is not valid CSV: {error}.") from error


def _csv_row(row: dict[Any, Any]) -> dict[str, Any]:
    """The row without its empty cells; cells beyond the heading are kept, and refused as a field without a name."""
    said = {"" if name is None else name: value for name, value in row.items() if value}
    if "allow" in said:
        said["allow"] = BOOLEANS.get(said["allow"].strip().lower(), said["allow"])
    return said


def _json_rows(text: str) -> Iterator[tuple[int, Any]]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid("/", f"The file is not valid JSON: {error}.") from error
    rows = body.get("entries") if isinstance(body, dict) else body
    if not isinstance(rows, list):
        raise invalid("/entries", "The file must be a list of entries, or an object with such a list in `entries`.")
    for number, row in enumerate(rows, start=1):
        yield number, {"term": row} if isinstance(row, str) else row


def entries_write(entries: Iterable[Entry], *, form: str) -> Iterator[str]:
    """Yields the lines of a file with these entries; `lines` has the terms alone, which loses the rest."""
    if form == "json":
        rows = [_said(entry) for entry in entries]
        yield json.dumps({"entries": rows}, ensure_ascii=False, indent=1) + "\n"
    elif form == "csv":
        yield _csv_line(FIELDS)
        for entry in entries:
            yield _csv_line([entry.term, entry.language, entry.match, "yes" if entry.allow else "", entry.note])
    else:
        yield from (f"{entry.term}\n" for entry in entries)


def _said(entry: Entry) -> dict[str, Any]:
    """The entry without what is so by default."""
    usual = asdict(Entry(term=""))
    return {name: value for name, value in asdict(entry).items() if value != usual[name]}


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def rejected_write(rejected: Iterable[Rejected]) -> Iterator[str]:
    """Yields the lines of a CSV file about the rows that were refused."""
    yield _csv_line(["row", "content", "reason"])
    for one in rejected:
        yield _csv_line([str(one.row), cell(one.content), cell(one.reason)])
