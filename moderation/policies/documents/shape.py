"""Checks JSON against a schema, in bounded time, and says what is wrong by a JSON pointer."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from moderation.policies.errors import PolicyError, join_pointer

# The one fault that is told is chosen among so many.
MAX_FAULTS = 200
# Of a message that quotes what it is about, the beginning and the end are told.
MAX_MESSAGE, KEPT, NAME_SHOWN = 300, 140, 100


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """As JSON Schema has it, but for Python's `$`, which lets a line feed follow."""
    if isinstance(value, str) and re.fullmatch(pattern, value) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


Validator: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def lists_check(body: Any, limits: Mapping[str, int], pointer: str = "") -> None:
    """Raises PolicyError for a list that is longer than its limit, before anything looks at what is in it."""
    for name, limit in limits.items() if isinstance(body, Mapping) else ():
        given = body.get(name)
        if isinstance(given, list) and len(given) > limit:
            raise PolicyError(join_pointer(pointer, name), f"{name} has at most {limit} entries, not {len(given):,}")


def shape_check(validator: Any, body: Any, pointer: str = "", *, keyed: bool = True) -> None:
    """Raises PolicyError unless the body fits; a field too many is named itself where `keyed`, as schema 1 is not."""
    errors = list(islice(validator.iter_errors(body), MAX_FAULTS))
    # A misspelt field is told before the one that it was meant for is missed; schema 1 told them as they came.
    misspelt = [error for error in errors if keyed and _unknown_field(error)]
    error = misspelt[0] if misspelt else best_match(errors)
    if error is not None:
        raise _policy_error(error, pointer, keyed=keyed)


def _policy_error(error: ValidationError, pointer: str, *, keyed: bool) -> PolicyError:
    place, key = join_pointer(pointer, *error.absolute_path), _unknown_field(error)
    if key and keyed:
        known = ", ".join(error.schema["properties"])  # type: ignore[index]
        return PolicyError(join_pointer(place, key), f"there is no field {key} here; there are {known}")
    return PolicyError(place, message_told(error.message), key)


def message_told(message: str) -> str:
    """Returns a message without its middle if it is long."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:KEPT]} … {message[-KEPT:]}"


def _unknown_field(error: ValidationError) -> str:
    if error.validator != "additionalProperties" or not isinstance(error.instance, Mapping):
        return ""
    known = error.schema.get("properties", {})  # type: ignore[union-attr]
    return next((str(name)[:NAME_SHOWN] for name in error.instance if name not in known), "")
