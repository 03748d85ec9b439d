"""Checks JSON against a schema, in bounded time, and says what is wrong by a JSON pointer."""

import re
from collections.abc import Iterator, Mapping, Sized
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from moderation.policies.errors import PolicyError, join_pointer
from moderation.policies.messages import Message, gettext_noop

# The one fault that is told is chosen among so many.
MAX_FAULTS = 200
# Of a message that quotes what it is about, the beginning and the end are told.
MAX_MESSAGE, KEPT, NAME_SHOWN = 300, 140, 100
NO_FIELD = gettext_noop("there is no field {key} here; there are {known}")
TOO_MANY = gettext_noop("{name} has at most {most} entries, not {number}")
# What jsonschema says, by its keyword; other messages of its stay English.
SHAPES = {
    "required": (gettext_noop("{missing} is a required property"),),
    "enum": (gettext_noop("{found} is not one of {limit}"),),
    "type": (gettext_noop("{found} is not of type {limit}"),),
    "const": (gettext_noop("{limit} was expected"),),
    "minimum": (gettext_noop("{found} is less than the minimum of {limit}"),),
    "maximum": (gettext_noop("{found} is greater than the maximum of {limit}"),),
    "minLength": (gettext_noop("{found} should be non-empty"), gettext_noop("{found} is too short")),
    "minItems": (gettext_noop("{found} should be non-empty"), gettext_noop("{found} is too short")),
    "maxLength": (gettext_noop("{found} is too long"),),
    "maxItems": (gettext_noop("{found} is too long"),),
    "pattern": (gettext_noop("{found} does not match {limit}"),),
    "minProperties": (gettext_noop("{found} does not have enough properties"),),
}


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """As JSON Schema has it, but for Python's `$`, which lets a line feed follow."""
    if isinstance(value, str) and re.compile(pattern).fullmatch(value) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


Validator: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def lists_check(body: Any, limits: Mapping[str, int], pointer: str = "") -> None:
    """Raises PolicyError for a list that is longer than its limit, before anything looks at what is in it."""
    for name, limit in limits.items() if isinstance(body, Mapping) else ():
        given = body.get(name)
        if isinstance(given, list) and len(given) > limit:
            raise PolicyError(join_pointer(pointer, name), _too_many(name, limit, given))


def _too_many(name: str, limit: int, given: Sized) -> Message:
    return Message(TOO_MANY, name=name, most=limit, number=f"{len(given):,}")


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
        return PolicyError(join_pointer(place, key), Message(NO_FIELD, key=key, known=known))
    return PolicyError(place, _shape_message(error), key)


def _shape_message(error: ValidationError) -> str:
    """Returns what the schema says, as a message that can be translated if it is one of the usual ones."""
    limit: Any = error.validator_value
    values = {"found": repr(error.instance), "limit": repr(limit), "missing": ""}
    if error.validator == "required" and isinstance(error.instance, Mapping):
        values["missing"] = repr(next((name for name in limit if name not in error.instance), ""))
    messages = (Message(template, **values) for template in SHAPES.get(str(error.validator), ()))
    told = next((message for message in messages if message == error.message), error.message)
    return told if len(told) <= MAX_MESSAGE else message_told(told)


def message_told(message: str) -> str:
    """Returns a message without its middle if it is long."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:KEPT]} … {message[-KEPT:]}"


def _unknown_field(error: ValidationError) -> str:
    if error.validator != "additionalProperties" or not isinstance(error.instance, Mapping):
        return ""
    known = error.schema.get("properties", {})  # type: ignore[union-attr]
    return next((str(name)[:NAME_SHOWN] for name in error.instance if name not in known), "")
