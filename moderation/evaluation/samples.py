"""Texts that people, or Perspective, have judged: read from CSV, TSV or JSON lines a row at a time.

Columns are found by their names. The text: `text`, `comment_text`, `comment`, `body`, `content`, `tweet` in any case. A
label: an attribute's own name or Jigsaw's (`toxic`, `severe_toxic`, `identity_hate`), 0 to 1 or a word for yes or no;
`hateful` is judged by the larger of toxicity and identity_attack. Perspective's score: `perspective_toxicity`,
`TOXICITY` in capitals, `TOXICITY@6` (of several versions the newest). `spans`: characters, or [begin, end] pairs, that
are toxic. `set` or `group`: what figures are also told by. Other names are given by hand.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from moderation.scoring import ATTRIBUTES
from moderation.scoring.perspective import PERSPECTIVE_ATTRIBUTES
from moderation.services.errors import invalid

HATEFUL = "hateful"
LABELS = (*ATTRIBUTES, HATEFUL)
TEXT_COLUMNS = ("text", "comment_text", "comment", "body", "content", "tweet")
GROUP_COLUMNS = ("set", "group")
JSON_LINES = frozenset({".jsonl", ".ndjson"})
JIGSAW = {"toxic": "toxicity", "severe_toxic": "severe_toxicity", "identity_hate": "identity_attack"}
YES = frozenset({"1", "true", "yes", "bad", "toxic", "hateful"})
NO = frozenset({"0", "false", "no", "not_bad", "not toxic", "nontoxic", "non-toxic", "non-hateful", "not hateful"})
# The share of annotators from which on a character counts as marked.
MARKED_SHARE = 0.5
_PERSPECTIVE = re.compile(r"(?:perspective_([a-z_]+)|([A-Z_]+)(?:@([0-9]+))?)")


@dataclass(frozen=True, slots=True)
class LabelColumns:
    """Which column of a file holds what; `spans` and `group` are empty where none does."""

    text: str
    labels: Mapping[str, str]
    perspective: Mapping[str, str]
    spans: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what is known of it.

    Attributes:
        labels: Label → share of those who say so, 0 to 1.
        perspective: Perspective's attribute → its score.
        marked: The characters that are toxic; None where nobody was asked.
        group: What the row belongs to, perhaps nothing.
    """

    text: str
    labels: Mapping[str, float]
    perspective: Mapping[str, float]
    marked: frozenset[int] | None
    group: str


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """How columns are found where their names do not say so, and how rows are separated.

    Attributes:
        columns: Label or Perspective's attribute → column, for files that have it.
        delimiter: Of a CSV file; empty: a tab for `.tsv`, else a comma.
        quotes: Whether quotes enclose fields.
        unlabelled: Whether a file may have texts alone.
    """

    text: str = ""
    group: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ""
    quotes: bool = True
    unlabelled: bool = False


@dataclass(slots=True)
class LabelReading:
    """What was read so far, and what of it was of no use."""

    rows: int = 0
    empty: int = 0
    wrong_values: int = 0
    columns: dict[str, LabelColumns] = field(default_factory=dict)


def label_columns(*, names: Sequence[str], options: LabelOptions) -> LabelColumns:
    """Returns what each column of a header holds.

    Raises:
        ServiceError: Where there is no text, or nothing to compare scores with.
    """
    lower = {name.lower(): name for name in reversed(names)}
    text = options.text if options.text in names else _first(TEXT_COLUMNS, lower)
    by_hand = {name: column for name, column in options.columns.items() if column in names}
    labels = {_label(name): name for name in names if _label(name)} | _only(by_hand, LABELS)
    perspective = _newest(names) | _only(by_hand, PERSPECTIVE_ATTRIBUTES)
    group = options.group if options.group in names else _first(GROUP_COLUMNS, lower)
    found = LabelColumns(text, labels, perspective, _first(("spans",), lower), group)
    shown = ", ".join(names)[:500]
    if not text:
        raise invalid("/text", f"No column holds the text; name it with --text. Columns: {shown}.")
    if not (labels or perspective or found.spans or options.unlabelled):
        raise invalid("/column", f"No column holds labels; name one with --column. Columns: {shown}.")
    return found


def _first(names: Sequence[str], lower: Mapping[str, str]) -> str:
    return next((lower[name] for name in names if name in lower), "")


def _only(by_hand: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: column for name, column in by_hand.items() if name in names}


def _label(name: str) -> str:
    bare = name.strip()
    return JIGSAW.get(bare, bare if bare in LABELS else "")


def _newest(names: Sequence[str]) -> dict[str, str]:
    found: dict[str, tuple[int, str]] = {}
    for column in names:
        match = _PERSPECTIVE.fullmatch(column.strip())
        attribute = (match[1] or match[2]).upper() if match else ""
        version = int(match[3] or 0) if match else 0
        if attribute in PERSPECTIVE_ATTRIBUTES and version >= found.get(attribute, (0, ""))[0]:
            found[attribute] = (version, column)
    return {attribute: column for attribute, (_, column) in found.items()}


def labelled_read(
    *, path: Path, reading: LabelReading, options: LabelOptions, progress: Callable[[int], None]
) -> Iterator[Labelled]:
    """Yields the rows of a file that hold a text and something to compare with, and counts the others in `reading`.

    Raises:
        ServiceError: Where the file cannot be read, naming it and how far it was read; trying again does not help.
    """
    before = reading.rows
    try:
        with path.open("rb") as raw:
            lines = _lines(raw, progress)
            if path.suffix in JSON_LINES:
                rows, growing = _json_rows(lines), replace(options, unlabelled=True)
            else:
                rows, growing = _csv_rows(lines, path, options), options
            names: dict[str, None] = {}
            for row in rows:
                if not row.keys() <= names.keys():
                    # Objects need not all have the same names: what is found grows with them.
                    names |= dict.fromkeys(row)
                    reading.columns[str(path)] = label_columns(names=list(names), options=growing)
                if sample := _sample(row, reading.columns[str(path)], reading, unlabelled=options.unlabelled):
                    yield sample
            if names:
                label_columns(names=list(names), options=options)
    except (OSError, ValueError, csv.Error) as error:
        read = reading.rows - before
        raise invalid("/data", f"{path} cannot be read after {read:,} rows: {type(error).__name__}.") from error


def _lines(raw: Iterator[bytes], progress: Callable[[int], None]) -> Iterator[str]:
    for number, line in enumerate(raw):
        progress(len(line))
        yield line.decode("utf-8-sig" if number == 0 else "utf-8").replace("\0", "")


def _csv_rows(lines: Iterator[str], path: Path, options: LabelOptions) -> Iterator[dict[str, Any]]:
    delimiter = options.delimiter or ("\t" if path.suffix == ".tsv" else ",")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if options.quotes else csv.QUOTE_NONE
    reader: csv.DictReader[str] = csv.DictReader(lines, delimiter=delimiter, quoting=quoting)
    for row in reader:
        yield {name: value for name, value in row.items() if name is not None}


def _json_rows(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("a line is no object")
            yield row


def _sample(
    row: Mapping[str, Any], columns: LabelColumns, reading: LabelReading, *, unlabelled: bool
) -> Labelled | None:
    reading.rows += 1
    text = row.get(columns.text)
    labels = _values(row, columns.labels, reading)
    perspective = _values(row, columns.perspective, reading)
    marked = _marked(row.get(columns.spans), reading) if columns.spans else None
    judged = labels or perspective or marked is not None or unlabelled
    if isinstance(text, str) and text.strip() and judged:
        return Labelled(text, labels, perspective, marked, str(row.get(columns.group) or ""))
    reading.empty += 1
    return None


def _values(row: Mapping[str, Any], columns: Mapping[str, str], reading: LabelReading) -> dict[str, float]:
    found = {name: _value(row.get(column), reading) for name, column in columns.items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(written: Any, reading: LabelReading) -> float | None:
    """A share from 0 to 1; None where nothing is written, or -1, which the contest's unlabelled rows have."""
    word = str(written).strip().lower()
    if written is None or word in {"", "-1"}:
        return None
    if word in YES | NO:
        return float(word in YES)
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if 0 <= value <= 1:
        return value
    reading.wrong_values += 1
    return None


def _marked(written: Any, reading: LabelReading) -> frozenset[int] | None:
    """The characters of [3, 4, 5] or of [[3, 6]] or of [[3, 6, 0.8]], the last a share of annotators."""
    if written is None or written == "":
        return None
    try:
        spans = json.loads(written) if isinstance(written, str) else written
        return frozenset(i for span in spans for i in _characters(span))
    except (ValueError, TypeError):
        reading.wrong_values += 1
        return None


def _characters(span: Any) -> Sequence[int]:
    if isinstance(span, int):
        return (span,)
    begin, end, *share = span
    return range(begin, end) if not share or share[0] > MARKED_SHARE else ()
