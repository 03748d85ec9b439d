"""A JSON value to the fields of a message, by the rules and with the errors of protobuf's JSON mapping.

Names come in JSON or in proto form; null is the same as absent; numbers and booleans may come as strings; enumerations
as names or numbers. Faults are collected, so that a caller sees them at once; a hundred end the reading.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from moderation.perspective.errors import MAX_VIOLATIONS, PACKAGE, TYPES, Violation, violations_error
from moderation.perspective.messages.schema import MAX_NAME_CHARACTERS, Enum, Field, Message, json_name

PREFIX = "Invalid JSON payload received. "
INT32 = range(-(2**31), 2**31)
SHOWN = 200
BOOLEANS = {"true": True, "false": False}
SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")

Bound = dict[str, Any]
Item = TypeVar("Item")


class _MisfitError(Exception):
    """A value that is not of its field's kind."""


def bind(message: Message, value: Any) -> Bound:
    """The fields that are set, by proto name: messages as such mappings, maps and lists as Python's.

    Raises:
        Refused: 400 with every fault as a field violation, at most a hundred.
    """
    binder = _Binder()
    bound = binder.root(message, value)
    if binder.faults:
        raise violations_error(binder.faults)
    return bound


class _Binder:
    def __init__(self) -> None:
        self.faults: list[Violation] = []

    def root(self, message: Message, value: Any) -> Bound:
        if not isinstance(value, Mapping):
            self.unknown("", "", "Root element must be a message.")
            return {}
        return self.message(message, value, "")

    def fault(self, path: str, description: str) -> None:
        self.faults.append(Violation(path, description))
        if len(self.faults) == MAX_VIOLATIONS:
            raise violations_error(self.faults)

    def unknown(self, path: str, name: str, why: str) -> None:
        place = f" at '{path}'" if path else ""
        self.fault(path, f'{PREFIX}Unknown name "{name[:SHOWN]}"{place}: {why}')

    def invalid(self, path: str, kind: str, value: Any) -> None:
        self.fault(path, f"Invalid value at '{path}' ({kind}), {_shown(value)}")

    def message(self, message: Message, value: Mapping[str, Any], path: str) -> Bound:
        bound: Bound = {}
        for given, item in value.items():
            name = message.find(given)
            if name is None:
                self.unknown(path, given, "Cannot find field.")
            elif item is not None:
                self.field(bound, name, message.fields[name], item, path)
        return bound

    def field(self, bound: Bound, name: str, field: Field, value: Any, parent: str) -> None:
        path = f"{parent}.{name}" if parent else name
        if field.form == "map":
            self.map(bound, name, field, value, parent)
        elif field.form == "list":
            items = self.bounded(value if isinstance(value, list) else [value], field.most, path)
            bound[name] = [self.one(field, item, f"{path}[{i}]", parent, name) for i, item in enumerate(items)]
        elif isinstance(value, list):
            self.unknown(parent, json_name(name), "Proto field is not repeating, cannot start list.")
        else:
            bound[name] = self.one(field, value, path, parent, name)

    def map(self, bound: Bound, name: str, field: Field, value: Any, parent: str) -> None:
        if not isinstance(value, Mapping):
            self.unknown(parent, json_name(name), f"Cannot bind {_shown(value)} to map for field '{name}'.")
            return
        path = f"{parent}.{name}" if parent else name
        entries = self.bounded(list(value.items()), field.most, path)
        bound[name] = {
            self.key(key, path): self.one(field, {} if item is None else item, f"{path}[{i}].value", path, key)
            for i, (key, item) in enumerate(entries)
        }

    def key(self, key: str, path: str) -> str:
        if len(key) > MAX_NAME_CHARACTERS:
            self.fault(path, f"Invalid key at '{path}': it has more than {MAX_NAME_CHARACTERS} characters.")
        return key.translate(SURROGATES)

    def bounded(self, items: list[Item], most: int, path: str) -> list[Item]:
        """Returns the items, none if there are more than `most`: what is refused is not read."""
        if len(items) <= most:
            return items
        self.fault(path, f"Invalid value at '{path}': {len(items)} items, at most {most} are taken.")
        return []

    def one(self, field: Field, value: Any, path: str, parent: str, name: str) -> Any:
        if isinstance(field.kind, Message):
            if isinstance(value, Mapping):
                return self.message(field.kind, value, path)
            self.invalid(path, f"{TYPES}{PACKAGE}.{field.kind.name}", value)
            return {}
        if isinstance(value, Mapping):
            self.unknown(parent, json_name(name), "Starting an object on a scalar field.")
            return None
        if isinstance(value, str) and len(value) > field.characters:
            self.fault(path, f"Invalid value at '{path}': it has more than {field.characters} characters.")
            return None
        return self.scalar(field.kind, value, path)

    def scalar(self, kind: Enum | str, value: Any, path: str) -> Any:
        try:
            return _enum(kind, value) if isinstance(kind, Enum) else READERS[kind](value)
        except _MisfitError:
            label = f"{TYPES}{PACKAGE}.{kind.name}" if isinstance(kind, Enum) else f"TYPE_{kind.upper()}"
            self.invalid(path, label, value)
            return None


def _shown(value: Any) -> str:
    """A value for its sender's eyes; containers may be deep, so only their kind is shown."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value[: SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _enum(enum: Enum, value: Any) -> str:
    if isinstance(value, str) and value in enum.values:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(enum.values):
        return enum.values[value]
    raise _MisfitError


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _MisfitError
    return value if value.isascii() else value.translate(SURROGATES)


def _bool(value: Any) -> bool:
    found = BOOLEANS.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _MisfitError
    return found


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _MisfitError
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _MisfitError from None
    if not math.isfinite(number):
        raise _MisfitError
    return number


def _int32(value: Any) -> int:
    number = _float(value)
    if number != int(number) or int(number) not in INT32:
        raise _MisfitError
    return int(number)


READERS: Mapping[str, Callable[[Any], Any]] = {"string": _string, "bool": _bool, "float": _float, "int32": _int32}
