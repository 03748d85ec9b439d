"""Nothing that reads a text from outside takes more than linear time, whatever the text is.

`python -m tests.linear_time patterns` and `… functions` print the tables.
"""

import signal
import subprocess
import sys

import pytest

from archive.importers import FORMATS
from archive.importers.rows.presets import PRESETS
from tests.linear_time.functions import FILES
from tests.linear_time.measure import ROOT, SIZES, Row, rows_measured
from tests.linear_time.patterns import found, strays

FAULT = 3
SEARCH = f"""
import re, resource, sys
from tests.linear_time.attacks import attacks
from tests.linear_time.measure import measured
resource.setrlimit(resource.RLIMIT_CPU, (8, resource.RLIM_INFINITY))
slow = re.compile(sys.argv[1])
texts = [(str(one), one.text) for one in attacks(slow, most=200)]
sys.exit({FAULT} if measured(slow.pattern, lambda text: list(slow.finditer(text)), texts).fault else 0)
"""


def test_every_pattern_is_linear() -> None:
    rows, killed = rows_measured("patterns")
    assert len(rows) >= len(found()) > 100
    assert killed + [row.fault for row in rows if row.fault] == []


def test_every_function_over_text_is_linear() -> None:
    rows, killed = rows_measured("functions")
    assert len(rows) > 30
    assert killed + [row.fault for row in rows if row.fault] == []


def test_every_format_and_every_preset_of_rows_is_among_the_functions() -> None:
    assert {name.split()[0] for name in FILES} == {*FORMATS, *PRESETS}


def test_every_pattern_is_where_the_catalogue_finds_it() -> None:
    """A pattern inside a call, or compiled in a function, is moved to its module or named in `patterns.MADE`."""
    assert strays() == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\S+@\S+",
        r"<!--.*?-->",
        r"\s+$",
        r"(?:a|b)*?c|a+b+a+d",
        r"c[o*.]+[n*.]+x",
        r"<a>\s*(\w*)\s*</a>",
        r"(\w+\s?)*:",
    ],
)
def test_a_pattern_that_is_not_linear_is_found_out(pattern: str) -> None:
    assert search_ends(pattern) in (FAULT, -signal.SIGXCPU)


def test_a_linear_pattern_has_no_fault() -> None:
    assert search_ends(r"[a-z]+") == 0


def search_ends(pattern: str) -> int:
    """Measures a pattern in a process of its own: an exponential one would never end."""
    command = [sys.executable, "-W", "ignore", "-c", SEARCH, pattern]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def test_growth_tells_linear_from_quadratic() -> None:
    linear = Row("linear", "", SIZES[2], 0.3, 0.06)
    quadratic = Row("quadratic", "", SIZES[2], 0.3, 0.012)
    assert not linear.fault
    assert quadratic.fault
