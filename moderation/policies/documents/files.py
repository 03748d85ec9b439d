"""Policies as files, YAML or JSON, read strictly: what is wrong is named by its line and its place.

YAML is read by the core schema of YAML 1.2, which is JSON's: `no` and `on` are words, not truth values, and a date is a
text. Anchors, aliases, merge keys and tags are refused, so that a small file stays small. JSON is read as JSON, for its
values, and as YAML, which it nearly is, for its lines.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml
from yaml.events import AliasEvent, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from moderation.policies.documents.parse import parse_policy
from moderation.policies.errors import PolicyError, join_pointer
from moderation.policies.policy import Policy

MAX_FILE_BYTES = 1_048_576
MAX_NESTING = 30
MAX_DIGITS = 40
FIRST_LINE = 1
# `.inf` and `.nan` have letters other than an exponent's.
WORDED = re.compile(r"[a-df-zA-DF-Z]")
# A text of JSON, or a word that Python's reader takes for a number and JSON does not have.
NO_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*+"?|(-?Infinity|NaN)')
JSON_BEGINS = re.compile(r'\s*+\{\s*+(?:"|\})')
# The tags that YAML 1.2's core schema gives plain words, in the order in which they are tried.
CORE = (
    ("null", re.compile(r"null|Null|NULL|~|"), ["n", "N", "~", ""]),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    ("int", re.compile(r"[-+]?[0-9]+"), list("-+0123456789")),
    (
        "float",
        re.compile(
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        list("-+.0123456789"),
    ),
)


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy's JSON as it stands in a file, with the line, counted from 1, of each place in it."""

    body: Any
    lines: Mapping[str, int]

    def line(self, pointer: str) -> int:
        """Returns the line of the place, or of the nearest one around it that stands in the file."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, FIRST_LINE)

    def policy(self) -> Policy:
        """Returns the policy; raises PolicyError with the line."""
        try:
            return parse_policy(self.body)
        except PolicyError as error:
            place = join_pointer(error.pointer, error.key) if error.key else error.pointer
            raise replace(error, line=self.line(place)) from error


def read_policy(raw: bytes) -> PolicyDocument:
    """Returns what the file says, YAML or JSON; raises PolicyError with the line of what is wrong."""
    if len(raw) > MAX_FILE_BYTES:
        raise PolicyError("", f"a policy's file has at most {MAX_FILE_BYTES:,} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyError("", f"byte {error.start} is not UTF-8", line=line) from error
    return _read_json(text) if text.lstrip()[:1] == "{" and _is_json(text) else _read_yaml(text)


def _is_json(text: str) -> bool:
    """Returns whether the text is JSON and not a flow mapping of YAML, whose words need no quotes."""
    return JSON_BEGINS.match(text) is not None


def _read_json(text: str) -> PolicyDocument:
    try:
        body = json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise PolicyError(
            "", f"this is not valid JSON: {error.msg} (column {error.colno})", line=error.lineno
        ) from error
    except RecursionError as error:
        raise PolicyError("", f"this is nested over {MAX_NESTING} deep", line=FIRST_LINE) from error
    for found in NO_NUMBER.finditer(text):
        if found[1]:
            line = text.count("\n", 0, found.start()) + 1
            raise PolicyError("", f"{found[1]} is not a number that a policy may contain", line=line)
    # Between strings a tab is as good as a blank in JSON, but not in YAML; within strings JSON has none.
    return replace(_read_yaml(text.replace("\t", " ")), body=body)


def _integer(text: str) -> float:
    """Returns the number; one of too many digits is refused where it stands, by `_scalar`."""
    return int(text) if len(text) <= MAX_DIGITS else math.inf


def _read_yaml(text: str) -> PolicyDocument:
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error) from error
    except yaml.YAMLError as error:
        line = text.count("\n", 0, int(getattr(error, "position", 0))) + 1
        raise PolicyError("", "the file contains a character that YAML does not allow", line=line) from error
    if node is None:
        raise PolicyError("", "the file is empty", line=FIRST_LINE)
    lines = {"": node.start_mark.line + 1}
    return PolicyDocument(_value(node, "", lines), lines)


def _unreadable(error: yaml.MarkedYAMLError) -> PolicyError:
    mark = error.problem_mark or error.context_mark
    context = f"{error.context}: " if error.context else ""
    return PolicyError(
        "", f"this is not valid YAML: {context}{error.problem}", line=mark.line + 1 if mark else FIRST_LINE
    )


class _Core(Resolver):
    """Gives plain words the tags of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _name, _pattern, _first in CORE:
    _Core.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"\A(?:{_pattern.pattern})$"), _first)


class _Loader(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, yaml.composer.Composer, _Core):
    """Composes nodes, which know their lines, and refuses what a policy has no use for."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        _Core.__init__(self)
        self._depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor is not None):
            raise _refusal(event, "anchors and aliases are not supported: write it out")
        if getattr(event, "tag", None) is not None:
            raise _refusal(event, f"tags are not supported: {event.tag}")
        if self._depth >= MAX_NESTING:
            raise _refusal(event, f"this is nested over {MAX_NESTING} deep")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _refusal(event: Any, detail: str) -> PolicyError:
    return PolicyError("", detail, line=event.start_mark.line + 1)


def _value(node: Node, pointer: str, lines: dict[str, int]) -> Any:
    """Returns the node's value; enters the lines of all that is in it."""
    if isinstance(node, SequenceNode):
        return [_item(child, join_pointer(pointer, index), lines) for index, child in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return dict(_pairs(node, pointer, lines))
    return _scalar(node, pointer)


def _item(node: Node, pointer: str, lines: dict[str, int]) -> Any:
    lines[pointer] = node.start_mark.line + 1
    return _value(node, pointer, lines)


def _pairs(node: MappingNode, pointer: str, lines: dict[str, int]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode) or (key.style is None and not key.tag.endswith(":str")):
            raise PolicyError(pointer, "the name of a field is a string: quote it", line=line)
        if key.value == "<<" and key.style is None:
            raise PolicyError(pointer, "merge keys are not supported: write it out", line=line)
        place = join_pointer(pointer, key.value)
        if key.value in seen:
            raise PolicyError(place, f"the field {key.value} occurs twice here", line=line)
        seen.add(key.value)
        lines[place] = line
        yield key.value, _value(value, place, lines)


def _scalar(node: Node, pointer: str) -> Any:
    kind, text = node.tag.rpartition(":")[2], str(node.value)
    line = node.start_mark.line + 1
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int" and len(text) > MAX_DIGITS:
        raise PolicyError(pointer, f"a number has at most {MAX_DIGITS} digits", line=line)
    if kind not in {"int", "float"}:
        return text
    number = int(text) if kind == "int" else math.nan if WORDED.search(text) else float(text)
    if not math.isfinite(number):
        raise PolicyError(pointer, f"{text} is not a number that a policy may contain", line=line)
    return number
