"""The `jsonl` format: one JSON object per line, each a comment with what is known of its article.

A row has the shape of an item of `POST comments/`. `--map FIELD=COLUMN` reads other shapes: COLUMN is a key, or a
dotted path into nested objects and lists (`revisions.-1.body`); `--preset` reads the dumps of some systems as they are.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from archive.importers.records import FormatError, ImportSource, Item, Notice, Rejected
from archive.importers.rows.objects import Values, head_taken, line_objects
from archive.importers.rows.presets import PRESETS, parse_preset
from archive.importers.rows.row import FIELDS, META, MONGO_DATE, row_records

# If this many lines hold no JSON object, the file is something else.
HEAD_LINES = 20
_TOLD_KEYS = 20
_INDEX = re.compile(r"-?\d{1,6}")
_GROUPS = ("article", "commenter")


def parse_jsonl(reading: ImportSource) -> Iterator[Item]:
    """Yields a record or a rejected record per line, and a notice for each unused key.

    Raises:
        FormatError: before anything is yielded, if none of the first `HEAD_LINES` lines is a JSON object.
    """
    if reading.preset:
        yield from parse_preset(reading, PRESETS[reading.preset])
        return
    rows = line_objects(reading.stream)
    head, is_jsonl = head_taken(rows, HEAD_LINES, lambda _: True)
    if not is_jsonl:
        raise FormatError(_no_jsonl(head))
    flat = _flattener(reading.mapping)
    told: set[str] = set()
    for line, row in chain(head, rows):
        if isinstance(row, Rejected):
            yield row
        else:
            yield from row_records(
                flat(row), line=line, time_format=reading.time_format, text_format=reading.text_format
            )
            yield from _unused(row, line, told, reading.mapping)


def _no_jsonl(head: list[tuple[int, Values | Rejected]]) -> str:
    if not head:
        return "the file is empty"
    return f"this is not jsonl: its first {len(head)} lines hold no JSON object"


def _flattener(mapping: Mapping[str, str]) -> Callable[[Values], Values]:
    """Returns the function that maps a row to its FIELDs."""
    if not mapping:
        return _flat
    own = [field for field in (*FIELDS, META) if field not in mapping]
    paths = [(field, column.split(".")) for field, column in mapping.items()]
    return lambda row: {
        **{k: v for k, v in _flat(row).items() if k in own},
        **{f: _dig(row, path) for f, path in paths},
    }


def _flat(row: Values) -> Values:
    """Flattens the objects `article` and `commenter` into dotted FIELDs; any other value there is its id or name."""
    flat = {key: value for key, value in row.items() if key not in _GROUPS}
    for group in _GROUPS:
        inner = row.get(group)
        if isinstance(inner, dict):
            flat.update({f"{group}.{key}": value for key, value in inner.items()})
        elif inner is not None:
            flat[f"{group}.{'external_id' if group == 'article' else 'name'}"] = inner
    return flat


def _dig(row: Values, path: list[str]) -> Any:
    """Returns the value at `path`, or None. Also finds a key that itself contains dots; a number indexes a list.

    A final `$date` of MongoDB is returned with its object, whose value tells how to read it.
    """
    value: Any = row
    if (whole := ".".join(path)) in row:
        return row[whole]
    for key in path[:-1] if path[-1] == MONGO_DATE else path:
        value = _inside(value, key)
    return value


def _inside(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and _INDEX.fullmatch(key) and -len(value) <= int(key) < len(value):
        return value[int(key)]
    return None


def _unused(row: Values, line: int, told: set[str], mapping: Mapping[str, str]) -> Iterator[Notice]:
    """Yields a notice, once each, for top-level keys that are neither a FIELD nor mapped."""
    known = {field.partition(".")[0] for field in (*FIELDS, META)} | {
        name.partition(".")[0] for name in mapping.values()
    }
    for key in row:
        if key not in known and key not in told and key not in mapping.values() and len(told) < _TOLD_KEYS:
            told.add(key)
            yield Notice(line=line, code="unused_column", reason=f"nothing is done with the key {key[:60]!r}")
