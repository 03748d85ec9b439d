"""Where a service's error lies in the request that caused it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from moderation.services.errors import ServiceError


@contextmanager
def below(pointer: str, *, fields: frozenset[str] = frozenset({"/note"})) -> Iterator[None]:
    """Puts `pointer` before the pointers of a ServiceError, except for those that are `fields` of the request."""
    try:
        yield
    except ServiceError as error:
        moved = (one if one.pointer in fields else replace(one, pointer=pointer + one.pointer) for one in error.errors)
        raise replace(error, errors=tuple(moved)) from error
