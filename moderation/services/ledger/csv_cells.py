"""CSV that is safe to open in a spreadsheet: no cell is read as a formula, and no stray character ends a row."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

# What starts a formula after NFKC, which maps variants such as `＝`, `﹦` and `⁼` to `=`; word processors turn a hyphen
# into `−`.
FORMULA_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
# Spreadsheets strip these from the start of a cell, which would leave a formula behind.
LINE_STARTS = ("\t", "\r", "\n")
# Control characters except tab and line ends, and Unicode's line and paragraph separators: programs may act on them.
UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
# White space, controls and zero-width characters such as U+FEFF.
UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


def cell(value: Any) -> Any:
    """Returns the value as a CSV cell: JSON for lists and objects, control characters as `\\u001b`, no formulas.

    Text that a spreadsheet could read as a formula gets a leading apostrophe, as OWASP recommends against CSV
    injection: text whose first visible character is `=`, `+`, `-` or `@` in any width, and text that starts with a tab
    or a line end.
    """
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return value
    text = UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return f"'{text}" if value.startswith(LINE_STARTS) or _is_formula(value) else text


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Yields a header and a line per row; everything but numbers is quoted, so that line ends do not end a row."""
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
    """Returns whether the first visible character starts a formula."""
    first = next((one for one in text if unicodedata.category(one) not in UNSEEN_CATEGORIES), "")
    return unicodedata.normalize("NFKC", first)[:1] in FORMULA_SIGNS
