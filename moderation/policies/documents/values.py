"""Refuses what JSON can say and no database can store: NUL, half a surrogate pair, numbers without an end."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from moderation.policies.errors import PolicyError, join_pointer


def values_check(body: Any) -> None:
    """Raises PolicyError at a text or a number that cannot be stored; a body may be nested however deep."""
    waiting = [("", body)]
    while waiting:
        pointer, value = waiting.pop()
        waiting += _parts(pointer, value)
        if isinstance(value, str) and not _storable(value):
            raise PolicyError(pointer, "a NUL or half a surrogate pair cannot be stored")
        if isinstance(value, float) and not isfinite(value):
            raise PolicyError(pointer, f"{value} is not a number that a policy may contain")


def _parts(pointer: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, list):
        return [(join_pointer(pointer, at), part) for at, part in enumerate(value)]
    if isinstance(value, Mapping):
        # A name is looked at before the pointer to its value is told.
        return [
            *((join_pointer(pointer, name), part) for name, part in value.items()),
            *((pointer, one) for one in value),
        ]
    return ()


def _storable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text))
