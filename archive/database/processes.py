"""Starts processes that work on ranges of the same database, each with a connection of its own.

They are spawned, not forked: neither connections nor the model's threads survive a fork.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import django

_told: Any = None


@contextmanager
def process_pool(count: int) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    """Gives a pool of `count` processes on this process's database, and an event that tells them to stop.

    What they run asks `told_to_stop`.
    """
    from django.db import connection

    context = get_context("spawn")
    told = context.Event()
    entering = (str(connection.settings_dict["NAME"]), told)
    with ProcessPoolExecutor(count, mp_context=context, initializer=_enter, initargs=entering) as pool:
        yield pool, told


def told_to_stop() -> bool:
    """Returns whether the process that started this one wants it to stop."""
    return _told is not None and _told.is_set()


def _enter(database: str, told: Any) -> None:
    """Prepares a process. Only after this may it import models."""
    global _told  # noqa: PLW0603 - one a process
    _told = told
    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
