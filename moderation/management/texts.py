"""Texts from a file that an operator names: a column of a CSV, a field of JSON lines, or one text a line."""

import csv
import json
from pathlib import Path

from django.core.management.base import CommandError

COLUMNS = ("text", "comment_text", "comment", "body")


def texts_read(path: Path) -> list[str]:
    """Returns the texts of a UTF-8 file, the empty ones left out.

    `.csv` and `.jsonl` need a column or field of the name `text`, `comment_text`, `comment` or `body`.

    Raises:
        CommandError: the file cannot be read, lacks such a column, or holds no text.
    """
    try:
        texts = _read(path)
    except (OSError, ValueError, csv.Error) as error:
        raise CommandError(f"--texts {path}: cannot be read as UTF-8 text ({type(error).__name__}).") from error
    if not texts:
        raise CommandError(f"--texts {path}: holds no text.")
    return texts


def _read(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="" if path.suffix == ".csv" else None) as file:
        if path.suffix == ".csv":
            reader = csv.DictReader(file)
            column = _column(path, reader.fieldnames or ())
            found = [row[column] for row in reader]
        elif path.suffix == ".jsonl":
            rows = [json.loads(line) for line in file if line.strip()]
            column = _column(path, tuple(rows[0]) if rows else COLUMNS)
            found = [row.get(column) for row in rows]
        else:
            found = [line.rstrip("\n") for line in file]
    return [text for text in found if isinstance(text, str) and text.strip()]


def _column(path: Path, names: object) -> str:
    for column in COLUMNS:
        if isinstance(names, (list, tuple)) and column in names:
            return column
    raise CommandError(f"--texts {path}: needs one of the columns {', '.join(COLUMNS)}.")
