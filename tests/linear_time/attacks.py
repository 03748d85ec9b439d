"""Texts that a pattern is slow on if it can be: made out of the pattern's own parse tree.

A backtracking search is slow where two parts of a pattern fit the same characters, or where each of many beginnings is
followed to the end in vain. So each text is a beginning that fits, a piece repeated to any size, and an end that does
not fit: pieces are what each part of the pattern fits, its members one by one, and beginnings of a whole match.
"""

import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

# What fits the classes of characters, and what hardly any pattern fits.
CHARACTERS = "a0 _.-!*A\n\t/<>&\"'(,:;=@[]éı\u0301"
ENDS = ("", "\x00", "a!")
MAX_MEMBERS = 8
# On each pattern; LINEAR_TIME_ATTACKS=200 tries all that most patterns have, in some minutes.
MAX_ATTACKS = int(os.environ.get("LINEAR_TIME_ATTACKS", "20"))

Node = tuple[Any, Any]
REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


@dataclass(frozen=True, slots=True)
class Attack:
    """A beginning, a piece to repeat, and an end."""

    begin: str
    piece: str
    end: str

    def text(self, size: int) -> str:
        """The text of `size` characters, or a few more."""
        return self.begin + self.piece * (size // len(self.piece)) + self.end

    def __str__(self) -> str:
        return f"{self.begin!r} + {self.piece!r} * n + {self.end!r}"


def attacks(pattern: re.Pattern[Any], most: int = MAX_ATTACKS) -> list[Attack]:
    """Attacks on a pattern, `most` of them, the same ones each time."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    found = dict.fromkeys(
        Attack(begin, piece, end) for begin, piece in _pairs(tree) if piece for end in _ends(pattern, begin)
    )
    every = list(found)
    return every if len(every) <= most else random.Random(0).sample(every, most)  # noqa: S311


def _ends(pattern: re.Pattern[Any], begin: str) -> Sequence[str]:
    return ENDS if begin else ENDS[:2]


def _pairs(tree: Any) -> Iterator[tuple[str, str]]:
    groups: dict[int, str] = {}
    visited = list(_visited(tree, "", groups))
    members = list(dict.fromkeys(one for _, node in visited for one in _members(node)))
    for begin, node in visited:
        fits = [_sample(node, groups), *_members(node)]
        yield from ((begin, piece) for piece in dict.fromkeys(fits))
        yield "", begin
        yield "", begin + fits[0]
        yield from ((begin, first + second) for first in _members(node)[:3] for second in members[:6])
    yield from (("", one) for one in (*members, *CHARACTERS))
    yield from (("", first + second) for first in members[:12] for second in members[:12])


def _visited(seq: Any, begin: str, groups: dict[int, str]) -> Iterator[tuple[str, Node]]:
    """Each part of the tree, with a text that fits what stands before it."""
    for node in seq:
        yield begin, node
        for inner in _inside(node):
            yield from _visited(inner, begin, groups)
        begin += _sample(node, groups)


def _inside(node: Node) -> list[Any]:
    op, value = node
    if op in REPEATS:
        return [value[2]]
    if op is ops.BRANCH:
        return list(value[1])
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return [value[1]]
    if op is ops.SUBPATTERN:
        return [value[3]]
    return [value] if op is ops.ATOMIC_GROUP else []


def _sample(node: Node, groups: dict[int, str]) -> str:
    """A text that the part fits; empty if it fits none or says only where."""
    op, value = node
    if op is ops.SUBPATTERN:
        text = _joined(value[3], groups)
        groups[value[0]] = text
        return text
    if op in REPEATS:
        return _joined(value[2], groups) * max(1, min(value[0], 50))
    if op is ops.BRANCH:
        return _joined(value[1][0], groups)
    if op is ops.ATOMIC_GROUP:
        return _joined(value, groups)
    if op is ops.GROUPREF:
        return groups.get(value, "")
    return next(iter(_members(node)), "")


def _joined(seq: Any, groups: dict[int, str]) -> str:
    return "".join(_sample(node, groups) for node in seq)


def _members(node: Node) -> list[str]:
    """Characters that a part of one character fits; none for any other part, but a repeat has those of its body."""
    op, value = node
    if op in REPEATS:
        return _members(value[2][0]) if len(value[2]) == 1 else []
    if op is ops.LITERAL:
        return [chr(value)]
    if op is ops.NOT_LITERAL:
        return [one for one in CHARACTERS if ord(one) != value][:MAX_MEMBERS]
    if op is ops.ANY:
        return list(CHARACTERS[:MAX_MEMBERS])
    return _of_class(value) if op is ops.IN else []


def _of_class(parts: Sequence[Node]) -> list[str]:
    negated = parts[0][0] is ops.NEGATE
    named = [chr(value if op is ops.LITERAL else value[0]) for op, value in parts if op in (ops.LITERAL, ops.RANGE)]
    fits = [one for one in (*named, *CHARACTERS) if _is_in(one, parts) is not negated]
    return list(dict.fromkeys(fits))[:MAX_MEMBERS]


def _is_in(one: str, parts: Sequence[Node]) -> bool:
    return any(
        (op is ops.LITERAL and ord(one) == value)
        or (op is ops.RANGE and value[0] <= ord(one) <= value[1])
        or (op is ops.CATEGORY and CATEGORIES[value](one))
        for op, value in parts
    )


CATEGORIES = {
    ops.CATEGORY_DIGIT: str.isdigit,
    ops.CATEGORY_NOT_DIGIT: lambda one: not one.isdigit(),
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    ops.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    ops.CATEGORY_NOT_WORD: lambda one: not (one.isalnum() or one == "_"),
}
