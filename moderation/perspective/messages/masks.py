"""Partial responses: `fields=attributeScores(TOXICITY/summaryScore),languages`, in Google's syntax.

Slashes and dots go one step down, parentheses group, `*` stands for every field. Names are checked against the
response's message; the keys of a map are the caller's own and are never wrong.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moderation.perspective.errors import Refused, Violation, violations_error
from moderation.perspective.messages.schema import Field, Message, json_name

Mask = dict[str, "Mask"]
# What a name is looked up in: a message's fields, the keys of a map, or nothing.
Shape = Message | Field | None

MAX_CHARACTERS = 2000
MAX_DEPTH = 20
_TOKEN = re.compile(r"[^,()/.\s]+|[,()/.]|\s+")


def read_mask(text: str, message: Message) -> Mask:
    """The tree of what is asked for; empty for everything.

    Raises:
        Refused: 400, naming the path that leads nowhere or the part that cannot be read.
    """
    if len(text) > MAX_CHARACTERS:
        raise _refused(text[:100], "is too long")
    tokens = [token for token in _TOKEN.findall(text) if not token.isspace()]
    return _resolved(_MaskReader(tokens).whole(), message, "") if tokens else {}


def masked(value: Any, mask: Mask) -> Any:
    """What a mask leaves of a reply."""
    if not mask or mask.get("*") == {}:
        return value
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    if not isinstance(value, Mapping):
        return value
    chosen = ((name, mask.get(name, mask.get("*"))) for name in value)
    return {name: masked(value[name], inner) for name, inner in chosen if inner is not None}


class _MaskReader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def whole(self) -> Mask:
        mask = self.fields()
        if self.peek():
            raise _refused(self.peek(), "cannot be read here")
        return mask

    def fields(self) -> Mask:
        mask: Mask = {}
        while True:
            self.path(mask)
            if self.peek() != ",":
                return mask
            self.at += 1

    def path(self, mask: Mask) -> None:
        """Adds `a/b(c,d)` to a tree."""
        for name in self.names():
            mask = mask.setdefault(name, {})
        if self.peek() != "(":
            return
        self.depth += 1
        self.at += 1
        mask.update(self.fields())
        if self.peek() != ")":
            raise _refused(self.peek() or "end", "is not the closing parenthesis")
        self.at += 1
        self.depth -= 1

    def names(self) -> Iterator[str]:
        steps = 0
        while True:
            name = self.peek()
            steps += 1
            if not name or name in ",()/." or steps + self.depth > MAX_DEPTH:
                raise _refused(name or "end", "is not a field")
            self.at += 1
            yield name
            if self.peek() not in ("/", "."):
                return
            self.at += 1


def _resolved(mask: Mask, shape: Shape, path: str) -> Mask:
    """The tree with every field by its JSON name."""
    tree: Mask = {}
    for name, inner in mask.items():
        known, below = _below(shape, name, path)
        tree[known] = _resolved(inner, below, f"{path}{name}.")
    return tree


def _below(shape: Shape, name: str, path: str) -> tuple[str, Shape]:
    """A field's JSON name and what is under it."""
    if isinstance(shape, Field):
        return name, _inside(shape)
    if shape is None:
        raise _refused(f"{path}{name}", "cannot be found")
    if name == "*":
        return name, None
    proto = shape.find(name)
    if proto is None:
        raise _refused(f"{path}{name}", "cannot be found")
    field = shape.fields[proto]
    return json_name(proto), field if field.form == "map" else _inside(field)


def _inside(field: Field) -> Shape:
    return field.kind if isinstance(field.kind, Message) else None


def _refused(path: str, why: str) -> Refused:
    fault = Violation(path, f"Error expanding 'fields' parameter: {path[:100]} {why}.")
    return violations_error([fault])
