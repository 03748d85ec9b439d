"""Python's search for cyclic garbage, held back while very many objects come and go that hold no cycles.

An import makes some thousands of rows at a time. At the usual threshold each of them is looked through again and again,
which is a seventh of the work; at this one, memory stays where it was.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 100_000


@contextmanager
def gc_threshold_raised() -> Iterator[None]:
    """Stands around the work of a process on very many rows; the search is as it was afterwards."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
