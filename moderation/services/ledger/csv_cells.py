"""CSV that a spreadsheet takes for a table and nothing else: no cell is a formula, and no character ends a row."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

# What begins a formula, after NFKC, which makes `＝`, `﹦` and `⁼` of other widths plain; `−` is what a word processor
# makes of a hyphen.
FORMULA_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
# Spreadsheets drop these at the start of a cell, so that a formula would come to be first.
LINE_STARTS = ("\t", "\r", "\n")
# The control characters but tab and line ends, and Unicode's two separators: what a program may take for an order.
UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
# Blanks, controls and characters of no width, of which U+FEFF is one.
UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


def cell(value: Any) -> Any:
    """Returns the value as a CSV cell: JSON for lists and objects, control characters as `\\u001b`, no formulas.

    An apostrophe stands before text that a spreadsheet could take for a formula, the remedy that OWASP gives for CSV
    injection: text whose first character that can be seen is `=`, `+`, `-` or `@` in any width, and text that begins
    with a tab or a line end.
    """
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return value
    text = UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return f"'{text}" if value.startswith(LINE_STARTS) or _is_formula(value) else text


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Yields a header and one line a row; all that is no number is in quotes, so that a line end in it ends no row."""
    line = StringIO()
    writer = csv.writer(line, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    yield line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow([cell(row[name]) for name in columns])
        yield line.getvalue()


def _is_formula(text: str) -> bool:
    """Says whether the first character that can be seen begins a formula."""
    first = next((one for one in text if unicodedata.category(one) not in UNSEEN_CATEGORIES), "")
    return unicodedata.normalize("NFKC", first)[:1] in FORMULA_SIGNS
