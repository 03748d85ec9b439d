"""Prints how long hostile texts take: `python -m tests.linear_time patterns|functions [NAME]`.

Each line: milliseconds of processor time of the worst text of 100 KB, the name, and that text. NAME picks those that
have it in their names. `--begin N` begins at the Nth and `--json` writes rows for the tests, which start this as a
process: one that takes longer than `LIMIT_SECONDS` of processor time is killed by the kernel.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import django

from tests.linear_time.attacks import attacks
from tests.linear_time.measure import LIMIT_SECONDS, Row, measured

Measure = tuple[str, Callable[[], Row]]


def pattern_measures() -> Iterator[Measure]:
    """What to run for each pattern and each way that it is called."""
    from tests.linear_time.patterns import found

    for one in found():
        for way in one.ways:
            name = f"{one.module}.{one.name} {way} {str(one.pattern.pattern)[:60]!r}"
            yield name, lambda one=one, way=way, name=name: _pattern(name, one.pattern, way)  # type: ignore[misc]


def _pattern(name: str, pattern: Any, way: str) -> Row:
    is_bytes = isinstance(pattern.pattern, bytes)
    texts = [
        (str(one), lambda size, one=one: one.text(size).encode() if is_bytes else one.text(size))
        for one in attacks(pattern)
    ]
    called = getattr(pattern, way)
    return measured(name, (lambda text: deque(called(text), maxlen=0)) if way == "finditer" else called, texts)


def function_measures() -> Iterator[Measure]:
    """What to run for each function."""
    from tests.linear_time.functions import functions

    for one in functions():
        yield one.name, lambda one=one: measured(one.name, one.call, list(one.texts.items()))  # type: ignore[misc]


KINDS = {"patterns": pattern_measures, "functions": function_measures}


def main() -> None:
    """Runs what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.linear_time")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--begin", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    measures = [one for one in KINDS[asked.kind]() if asked.name in one[0]]
    for name, measure in measures[asked.begin :]:
        if asked.json:
            sys.stdout.write(json.dumps(name) + "\n")
            sys.stdout.flush()
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + LIMIT_SECONDS, resource.RLIM_INFINITY))
        row = measure()
        shown = f"{row.seconds * 1000:8.1f} ms  {row.size:6}  {row.name}  on {row.text}"
        sys.stdout.write((json.dumps(asdict(row)) if asked.json else shown) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
