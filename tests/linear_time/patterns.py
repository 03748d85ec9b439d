"""Every regular expression of the project, found: those that modules hold, and those that functions make.

A pattern may be compiled in a module's body, where it is found in whatever holds it, or in a function of a module that
`MADE` names. Nothing else of `re` is called: `strays` finds what is.
"""

import ast
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from moderation.policies.conditions import KINDS
from moderation.policies.documents.schema import SCHEMAS

ROOT = Path(__file__).parents[2]
PACKAGES = ("archive", "config", "moderation")
SCANS = {"search": "finditer", "findall": "finditer", "sub": "finditer", "subn": "finditer", "split": "finditer"}
WAYS = ("finditer", "match", "fullmatch")
# How patterns are called that stand in a table.
CALLED = {
    "archive.importers.page.thread.BUTTON": {"fullmatch"},
    "archive.importers.page.thread.REPLY": {"fullmatch"},
    "archive.importers.page.unnumbered.BUTTON": {"fullmatch"},
    "archive.importers.page.unnumbered.REPLY": {"fullmatch"},
    "archive.importers.page.furniture.EVERYWHERE": {"fullmatch"},
    "archive.importers.page.furniture.AT_THE_END": {"search"},
    "archive.importers.xml.prefixes._USUAL": {"fullmatch"},
    "archive.importers.xml.wxr._NAMING": {"search"},
    "archive.importers.xml.export._ROOTS": {"search"},
}
# Not called on texts, and no search.
HARMLESS = {"compile", "escape"}


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern, where it is, and how it is called."""

    module: str
    name: str
    pattern: re.Pattern[Any]
    ways: tuple[str, ...]


def _fragments() -> list[re.Pattern[Any]]:
    from archive.importers.xml import disqus, wxr
    from archive.importers.xml.fragments import Fragments

    return [
        one
        for grammar in (wxr.GRAMMAR, disqus.GRAMMAR)
        for one in vars(Fragments(None, grammar)).values()  # type: ignore[arg-type]
        if isinstance(one, re.Pattern)
    ]


def _renamed() -> list[re.Pattern[Any]]:
    from archive.importers.xml.prefixes import Renamed

    return [Renamed(None, {b"ns1": b"wp", b"ns2": b"dc"}, b"")._form]  # type: ignore[arg-type]


# Functions that compile a pattern, with what they make; nothing if a module keeps it.
def _of_schemas() -> list[re.Pattern[Any]]:
    schemas = [*SCHEMAS.values(), *(kind.schema for kind in KINDS.values())]
    return [re.compile(pattern) for pattern in sorted(set(_schema_patterns(schemas)))]


def _schema_patterns(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (pattern for name, pattern in value.items() if name == "pattern" and isinstance(pattern, str))
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _schema_patterns(one)


MADE: dict[str, Callable[[], list[re.Pattern[Any]]]] = {
    "archive.importers.page.furniture": list,
    "archive.importers.xml.fragments": _fragments,
    "archive.importers.xml.prefixes": _renamed,
    "moderation.policies.documents.shape": _of_schemas,
}


@cache
def found() -> list[Found]:
    """Every pattern, each once."""
    every = {(one.pattern, one.ways): one for one in (*_held(), *_made())}
    return list(every.values())


def modules() -> Iterator[str]:
    """The names of the project's modules, without migrations and what runs when it is imported."""
    for package in PACKAGES:
        yield package
        for info in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if ".migrations" not in info.name and not info.name.endswith("__main__"):
                yield info.name


def _held() -> Iterator[Found]:
    for module in modules():
        for name, value in vars(import_module(module)).items():
            for pattern in _patterns_in(value):
                yield Found(module, name, pattern, _ways(module, name))


def _made() -> Iterator[Found]:
    for module, make in MADE.items():
        yield from (Found(module, "(made)", pattern, ("finditer",)) for pattern in make())


def _patterns_in(value: Any, depth: int = 4) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict) and depth:
        yield from (one for each in value.values() for one in _patterns_in(each, depth - 1))
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        yield from (one for each in value for one in _patterns_in(each, depth - 1))
    elif isinstance(value, type) and value.__module__.split(".")[0] in PACKAGES and depth:
        yield from (one for each in vars(value).values() for one in _patterns_in(each, depth - 1))


def _ways(module: str, name: str) -> tuple[str, ...]:
    """How a module's pattern is called, in it and by whoever imports it; in every way if no call is seen."""
    used = {SCANS.get(way, way) for way in CALLED.get(f"{module}.{name}") or _calls()[module, name]} & set(WAYS)
    return tuple(way for way in WAYS if way in used) or WAYS


@cache
def _calls() -> dict[tuple[str, str], set[str]]:
    """What is called of each name, by the module that the name is from."""
    found = defaultdict(set)
    for module, tree in sources():
        nodes = list(ast.walk(tree))
        origins = {
            alias.name: node.module for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        for node in nodes:
            if isinstance(node, ast.Attribute) and (name := _name(node.value)):
                found[origins.get(name) or module, name].add(node.attr)
    return found


def _name(node: ast.AST) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@cache
def sources() -> list[tuple[str, ast.Module]]:
    """The names of the project's modules with their syntax trees."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [
        (".".join(path.relative_to(ROOT).with_suffix("").parts), ast.parse(path.read_text(encoding="utf-8")))
        for path in paths
    ]


def strays() -> list[str]:
    """Calls of `re` that the catalogue does not see: inside a function that `MADE` does not name, or not compiled."""
    return [
        f"{module}:{call.lineno} re.{call.func.attr}"  # type: ignore[attr-defined]
        for module, tree in sources()
        for call, inside in _re_calls(tree, False)
        if call.func.attr not in HARMLESS or (inside and call.func.attr == "compile" and module not in MADE)  # type: ignore[attr-defined]
    ]


def _re_calls(node: ast.AST, inside: bool) -> Iterator[tuple[ast.Call, bool]]:
    inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _name(node.func.value) == "re":
        yield node, inside
    for child in ast.iter_child_nodes(node):
        yield from _re_calls(child, inside)
