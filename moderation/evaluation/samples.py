"""Texts that people, or Perspective, have judged, read a row at a time.

The text's column is found by `moderation.evaluation.columns`, the others by their names too. A label: an attribute's
own name or Jigsaw's (`toxic`, `severe_toxic`, `identity_hate`), 0 to 1 or a word for yes or no; `hateful` is judged by
the larger of toxicity and identity_attack. Perspective's score: `perspective_toxicity`, `TOXICITY` in capitals,
`TOXICITY@6` (of several versions the newest). `spans`: characters, or [begin, end] pairs, that are toxic. `set` or
`group`: what figures are also told by. Other names are given by hand.

In a file of Perspective's scores alone, an attribute's name is Perspective's in any case, also as `toxicity_score`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from moderation.evaluation.columns import JSON_LINES, TEXT_COLUMNS, TableForm, first_column, rows_read
from moderation.scoring import ATTRIBUTES
from moderation.scoring.perspective import PERSPECTIVE_ATTRIBUTES
from moderation.services.errors import invalid

HATEFUL = "hateful"
LABELS = (*ATTRIBUTES, HATEFUL)
GROUP_COLUMNS = ("set", "group")
JIGSAW = {"toxic": "toxicity", "severe_toxic": "severe_toxicity", "identity_hate": "identity_attack"}
YES = frozenset({"1", "true", "yes", "bad", "toxic", "hateful"})
NO = frozenset({"0", "false", "no", "not_bad", "not toxic", "nontoxic", "non-toxic", "non-hateful", "not hateful"})
# The share of annotators from which on a character counts as marked.
MARKED_SHARE = 0.5
_PERSPECTIVE = re.compile(r"(?:perspective_(?P<small>[a-z_]+)|(?P<name>[A-Z_]+)(?:@(?P<version>[0-9]+))?)")
_PERSPECTIVE_ALONE = re.compile(
    r"(?:perspective_)?(?P<name>[a-z_]+?)(?:_score)?(?:@(?P<version>[0-9]+))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SampleColumns:
    """Which column of a file holds what; `spans` and `group` are empty if none does."""

    text: str
    labels: Mapping[str, str]
    perspective: Mapping[str, str]
    spans: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and what is known of it.

    Attributes:
        labels: Label → share of those who say so, 0 to 1.
        perspective: Perspective's attribute → its score.
        marked: The characters that are toxic; None if nobody was asked.
        group: What the row belongs to; may be empty.
    """

    text: str
    labels: Mapping[str, float] = field(default_factory=dict)
    perspective: Mapping[str, float] = field(default_factory=dict)
    marked: frozenset[int] | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """How columns are found whose names do not say what they hold, and how rows are read.

    Attributes:
        text: The text's column.
        group: The group's column.
        columns: Label or Perspective's attribute → column, for files that have it.
        form: How the fields of tables are separated.
        unlabelled: Whether a file may have texts alone.
        perspective_alone: Whether all that is read beside texts is Perspective's scores.
    """

    text: str = ""
    group: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    form: TableForm = field(default_factory=TableForm)
    unlabelled: bool = False
    perspective_alone: bool = False


@dataclass(slots=True)
class SampleReport:
    """What was read so far, and how much of it was of no use."""

    rows: int = 0
    empty: int = 0
    wrong_values: int = 0
    columns: dict[str, SampleColumns] = field(default_factory=dict)


def sample_columns(*, names: Sequence[str], options: SampleOptions) -> SampleColumns:
    """Returns what each column of a header holds.

    Raises:
        ServiceError: There is no text, or nothing to compare scores with.
    """
    found = _columns(names, options)
    shown = ", ".join(names)[:500]
    if not found.text:
        raise invalid("/text", f"No column holds the text; name it with --text. Columns: {shown}.")
    if not (found.labels or found.perspective or found.spans or options.unlabelled):
        what = "Perspective scores" if options.perspective_alone else "labels"
        raise invalid("/column", f"No column holds {what}; name one with --column. Columns: {shown}.")
    return found


def _columns(names: Sequence[str], options: SampleOptions) -> SampleColumns:
    by_hand = {name: column for name, column in options.columns.items() if column in names}
    text = options.text if options.text in names else first_column(TEXT_COLUMNS, names)
    scores = _only(by_hand, PERSPECTIVE_ATTRIBUTES)
    if options.perspective_alone:
        return SampleColumns(text, {}, _newest(names, _PERSPECTIVE_ALONE) | scores)
    labels = {_label(name): name for name in names if _label(name)} | _only(by_hand, LABELS)
    group = options.group if options.group in names else first_column(GROUP_COLUMNS, names)
    return SampleColumns(text, labels, _newest(names, _PERSPECTIVE) | scores, first_column(("spans",), names), group)


def _only(by_hand: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: column for name, column in by_hand.items() if name in names}


def _label(name: str) -> str:
    bare = name.strip()
    return JIGSAW.get(bare, bare if bare in LABELS else "")


def _newest(names: Sequence[str], pattern: re.Pattern[str]) -> dict[str, str]:
    """Returns Perspective's attribute → the column of its newest version."""
    found: dict[str, tuple[int, str]] = {}
    for column in names:
        parts = match.groupdict() if (match := pattern.fullmatch(column.strip())) else {}
        attribute = (parts.get("small") or parts.get("name") or "").upper()
        version = int(parts.get("version") or 0)
        if attribute in PERSPECTIVE_ATTRIBUTES and version >= found.get(attribute, (0, ""))[0]:
            found[attribute] = (version, column)
    return {attribute: column for attribute, (_, column) in found.items()}


def files_read(
    *,
    paths: Sequence[Path],
    report: SampleReport,
    options: SampleOptions,
    limit: int | None = None,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Iterator[Sample]:
    """Yields the samples of several files, at most `limit` of each; `progress` takes the bytes read and their total.

    Raises:
        ServiceError: As `samples_read` does.
    """
    total, done = sum(path.stat().st_size for path in paths), 0

    def add(size: int) -> None:
        nonlocal done
        done += size
        progress(done, total)

    for path in paths:
        yield from islice(samples_read(path=path, report=report, options=options, progress=add), limit)


def samples_read(
    *,
    path: Path,
    report: SampleReport,
    options: SampleOptions,
    progress: Callable[[int], object] = lambda _size: None,
) -> Iterator[Sample]:
    """Yields the rows of a file that hold a text and something to compare with, and counts the others in `report`.

    Raises:
        ServiceError: The file cannot be read, or lacks a column that it needs; trying again does not help.
    """
    growing = replace(options, unlabelled=True) if path.suffix in JSON_LINES else options
    names: dict[str, None] = {}
    for row in rows_read(path, form=options.form, progress=progress):
        if not row.keys() <= names.keys():
            # Objects need not all have the same names: what is found grows with them.
            names |= dict.fromkeys(row)
            report.columns[str(path)] = sample_columns(names=list(names), options=growing)
        if sample := _sample(row, report.columns[str(path)], report, options):
            yield sample
    if names:
        sample_columns(names=list(names), options=options)


def _sample(
    row: Mapping[str, Any], columns: SampleColumns, report: SampleReport, options: SampleOptions
) -> Sample | None:
    report.rows += 1
    text = row.get(columns.text)
    labels = _values(row, columns.labels, report)
    perspective = _values(row, columns.perspective, report, words=not options.perspective_alone)
    marked = _marked(row.get(columns.spans), report) if columns.spans else None
    judged = labels or perspective or marked is not None or options.unlabelled
    if isinstance(text, str) and text.strip() and judged:
        return Sample(text, labels, perspective, marked, str(row.get(columns.group) or ""))
    report.empty += 1
    return None


def _values(
    row: Mapping[str, Any], columns: Mapping[str, str], report: SampleReport, *, words: bool = True
) -> dict[str, float]:
    found = {name: _value(row.get(column), report, words=words) for name, column in columns.items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(written: Any, report: SampleReport, *, words: bool) -> float | None:
    """Returns a share from 0 to 1, or None.

    Nothing written is no value; nor is -1, unless `words` for yes and no are not read either: the contest's unlabelled
    rows have it.
    """
    word = "" if written is None else str(written).strip().lower()
    if not word or (words and word == "-1"):
        return None
    if words and word in YES | NO:
        return float(word in YES)
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if 0 <= value <= 1:
        return value
    report.wrong_values += 1
    return None


def _marked(written: Any, report: SampleReport) -> frozenset[int] | None:
    """Returns the characters of [3, 4, 5], [[3, 6]] or [[3, 6, 0.8]], the last number a share of annotators."""
    if written is None or written == "":
        return None
    try:
        spans = json.loads(written) if isinstance(written, str) else written
        return frozenset(i for span in spans for i in _characters(span))
    except (ValueError, TypeError):
        report.wrong_values += 1
        return None


def _characters(span: Any) -> Sequence[int]:
    if isinstance(span, int):
        return (span,)
    begin, end, *share = span
    return range(begin, end) if not share or share[0] > MARKED_SHARE else ()
