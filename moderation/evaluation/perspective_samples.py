"""Stored Perspective scores, read from CSV files a row at a time: texts, and the score of each attribute that was kept.

Columns are found by their names: the text as `text`, `comment_text`, `comment`, `body` or `content`, an attribute by
its own name in any case (`TOXICITY`, `toxicity_score`, `perspective_toxicity`, `TOXICITY@6`; of several versions the
newest). Other names are given by hand.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moderation.scoring.perspective import PERSPECTIVE_ATTRIBUTES
from moderation.services.errors import invalid

TEXT_COLUMNS = ("text", "comment_text", "comment", "body", "content")
_COLUMN = re.compile(r"(?:perspective_)?(?P<name>[a-z_]+?)(?:_score)?(?:@(?P<version>[0-9]+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file holds what."""

    text: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and the scores that Perspective once gave it: attribute → 0 to 1."""

    text: str
    scores: Mapping[str, float]


@dataclass(slots=True)
class Reading:
    """What was read so far."""

    rows: int = 0
    empty: int = 0
    wrong_values: int = 0
    columns: dict[str, Columns] = field(default_factory=dict)


def columns_find(*, names: Sequence[str], text: str = "", given: Mapping[str, str] | None = None) -> Columns:
    """Returns what each column of a header holds.

    Args:
        names: The header.
        text: The text's column where its name is none of the usual ones.
        given: Attribute → column; it holds for headers that have this column.

    Raises:
        ServiceError: Where there is no text, or no attribute that is served.
    """
    by_hand = {attribute: column for attribute, column in (given or {}).items() if column in names}
    attributes = {**_newest(names), **by_hand}
    lower = {name.lower(): name for name in reversed(names)}
    column = text if text in names else next((lower[name] for name in TEXT_COLUMNS if name in lower), "")
    shown = ", ".join(names)[:500]
    if not column:
        raise invalid("/text", f"No column holds the text; name it with --text. Columns: {shown}.")
    if not attributes:
        raise invalid("/column", f"No column holds Perspective scores; name one with --column. Columns: {shown}.")
    return Columns(column, attributes)


def _newest(names: Sequence[str]) -> dict[str, str]:
    found: dict[str, tuple[int, str]] = {}
    for column in names:
        match = _COLUMN.fullmatch(column.strip())
        attribute = match.group("name").upper() if match else ""
        version = int(match.group("version") or 0) if match else 0
        if attribute in PERSPECTIVE_ATTRIBUTES and version >= found.get(attribute, (0, ""))[0]:
            found[attribute] = (version, column)
    return {attribute: column for attribute, (_, column) in found.items()}


def samples_read(
    *, path: Path, reading: Reading, columns: Callable[[Sequence[str]], Columns], progress: Callable[[int], None]
) -> Iterator[Sample]:
    """Yields the samples of a file and counts in `reading` what it leaves out.

    Raises:
        ServiceError: Where the file cannot be read, naming it and the line.
    """
    line = 0
    try:
        with path.open("rb") as raw:
            rows = csv.DictReader(_lines(raw, progress))
            found = reading.columns[str(path)] = columns(rows.fieldnames or [])
            for row in rows:
                line = rows.line_num
                if sample := _sample(row, found, reading):
                    yield sample
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise invalid("/data", f"{path}, after line {line}: {type(error).__name__}.") from error


def _lines(raw: Iterator[bytes], progress: Callable[[int], None]) -> Iterator[str]:
    for number, line in enumerate(raw):
        progress(len(line))
        yield line.decode("utf-8-sig" if number == 0 else "utf-8").replace("\0", "")


def _sample(row: Mapping[str, str | None], columns: Columns, reading: Reading) -> Sample | None:
    reading.rows += 1
    text = row.get(columns.text) or ""
    scores = {attribute: _value(row.get(column), reading) for attribute, column in columns.attributes.items()}
    known = {attribute: value for attribute, value in scores.items() if value is not None}
    if text.strip() and known:
        return Sample(text, known)
    reading.empty += 1
    return None


def _value(written: str | None, reading: Reading) -> float | None:
    if not written or not written.strip():
        return None
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if 0 <= value <= 1:
        return value
    reading.wrong_values += 1
    return None
