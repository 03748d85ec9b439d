"""Refuses what JSON can say and no database can store: NUL, half a surrogate pair, numbers without an end."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from moderation.policies.errors import PolicyError, join_pointer
from moderation.policies.messages import Message, gettext_noop

NO_TEXT = gettext_noop("a NUL or half a surrogate pair cannot be stored")
NO_NUMBER = gettext_noop("{value} is not a number that a policy may contain")


def values_check(body: Any) -> None:
    """Raises PolicyError at a text or a number that cannot be stored; a body may be nested however deep."""
    waiting = [("", body)]
    while waiting:
        pointer, value = waiting.pop()
        waiting += _parts(pointer, value)
        if isinstance(value, str) and not _storable(value):
            raise PolicyError(pointer, Message(NO_TEXT))
        if isinstance(value, float) and not isfinite(value):
            raise PolicyError(pointer, Message(NO_NUMBER, value=value))


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
