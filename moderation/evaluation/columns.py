"""Text files that an operator names, read a row at a time: CSV, TSV or JSON lines; and which column holds the text.

The text's column is the first of `TEXT_COLUMNS` that there is, in any case.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from moderation.services.errors import invalid

TEXT_COLUMNS = ("text", "comment_text", "comment", "body", "content", "tweet")
TABLES = frozenset({".csv", ".tsv"})
JSON_LINES = frozenset({".jsonl", ".ndjson"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableForm:
    """How a table's fields are separated.

    Attributes:
        delimiter: Empty: a tab in `.tsv`, else a comma.
        quotes: Whether quotes enclose fields.
    """

    delimiter: str = ""
    quotes: bool = True


def first_column(wanted: Sequence[str], names: Sequence[str]) -> str:
    """Returns the name, as the file spells it, of the first wanted column that there is; empty if there is none."""
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in wanted if name in lower), "")


def rows_read(
    path: Path, *, form: TableForm | None = None, progress: Callable[[int], object] = lambda _: None
) -> Iterator[Row]:
    """Yields a file's rows, column → value; what is neither `.jsonl` nor `.ndjson` is a table with a header.

    Args:
        path: A file in UTF-8.
        form: How a table's fields are separated; without it, by the file's name.
        progress: Takes how many bytes more were read.

    Raises:
        ServiceError: The file cannot be read; it says how far it was read. Trying again does not help.
    """
    rows = 0
    try:
        with path.open("rb") as raw:
            lines = _lines(raw, progress)
            found = _objects(lines) if path.suffix in JSON_LINES else _records(lines, path, form or TableForm())
            for row in found:
                yield row
                rows += 1
    except (OSError, ValueError, csv.Error) as error:
        raise invalid("/data", f"{path} cannot be read after {rows:,} rows: {type(error).__name__}.") from error


def texts_read(path: Path) -> list[str]:
    """Returns the texts of a file, except empty ones; what is neither a table nor JSON lines has one text a line.

    In `.tsv` files quotes are text.

    Raises:
        ServiceError: The file cannot be read, lacks a column of texts, or holds no text.
    """
    found = _column(path) if path.suffix in TABLES | JSON_LINES else _text_lines(path)
    texts = [text for text in found if isinstance(text, str) and text.strip()]
    if not texts:
        raise invalid("/texts", f"{path} holds no text.")
    return texts


def _lines(raw: Iterator[bytes], progress: Callable[[int], object]) -> Iterator[str]:
    for number, line in enumerate(raw):
        progress(len(line))
        yield line.decode("utf-8-sig" if number == 0 else "utf-8").replace("\0", "")


def _records(lines: Iterator[str], path: Path, form: TableForm) -> Iterator[Row]:
    delimiter = form.delimiter or ("\t" if path.suffix == ".tsv" else ",")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quotes else csv.QUOTE_NONE
    for row in csv.DictReader(lines, delimiter=delimiter, quoting=quoting):
        yield {name: value for name, value in row.items() if name is not None}


def _objects(lines: Iterator[str]) -> Iterator[Row]:
    for line in lines:
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("a line is no object")
            yield row


def _column(path: Path) -> Iterator[Any]:
    """The values of the text's column; objects need not all have the same names."""
    lacking = True
    for row in rows_read(path, form=TableForm(quotes=path.suffix != ".tsv")):
        column = first_column(TEXT_COLUMNS, list(row))
        lacking = lacking and not column
        yield row.get(column)
    if lacking:
        raise invalid("/texts", f"{path} needs one of the columns {', '.join(TEXT_COLUMNS)}.")


def _text_lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file)
    except (OSError, ValueError) as error:
        raise invalid("/texts", f"{path} cannot be read as UTF-8 text: {type(error).__name__}.") from error
