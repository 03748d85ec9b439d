"""What differs between two policies: rule by rule, as people speak of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.policies.documents.schema import SCHEMAS

NEWEST = SCHEMAS[max(SCHEMAS)]["properties"]
FIELDS = [*NEWEST, *NEWEST["rules"]["items"]["properties"]]
ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
SIGNS = {ADDED: "+", REMOVED: "-", CHANGED: "~", MOVED: "~"}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what became of a `part` (`name`, `rule flag-toxic`, `rule flag-toxic action` …).

    `kind` is added, removed, changed or moved; `before` and `after` are JSON values, None where there is none, and
    places counted from 1 for what moved.
    """

    kind: str
    part: str
    before: Any = None
    after: Any = None

    def as_json(self) -> dict[str, Any]:
        """Returns the change as the API shows it."""
        return {"kind": self.kind, "part": self.part, "before": self.before, "after": self.after}

    def __str__(self) -> str:
        if self.kind == MOVED:
            return f"~ {self.part}: moved from place {self.before} to {self.after}"
        values = [_shown(value) for value in (self.before, self.after) if value is not None]
        return f"{SIGNS[self.kind]} {self.part}: {' → '.join(values)}"


def policy_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Returns what has to change in the JSON `before` to make it `after`; nothing if they say the same."""
    top = _fields(_without(before, "rules"), _without(after, "rules"), "")
    return [*top, *_rules(before.get("rules", []), after.get("rules", []))]


def _rules(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Change]:
    old, new = ({rule["id"]: rule for rule in rules} for rules in (before, after))
    for name, rule in old.items():
        if name not in new:
            yield Change(REMOVED, f"rule {name}", before=rule)
    for name, rule in new.items():
        if name not in old:
            yield Change(ADDED, f"rule {name}", after=rule)
        else:
            yield from _fields(old[name], rule, f"rule {name} ")
    yield from _moved([name for name in old if name in new], [name for name in new if name in old])


def _fields(before: Mapping[str, Any], after: Mapping[str, Any], of: str) -> Iterator[Change]:
    for name in sorted({*before, *after}, key=_place):
        old, new = before.get(name), after.get(name)
        if old != new:
            kind = ADDED if name not in before else REMOVED if name not in after else CHANGED
            yield Change(kind, f"{of}{name}", old, new)


def _place(name: str) -> tuple[int, str]:
    """Sorts fields as the schema names them: PostgreSQL keeps no order of an object's names."""
    return FIELDS.index(name) if name in FIELDS else len(FIELDS), name


def _moved(before: list[str], after: list[str]) -> Iterator[Change]:
    """Yields the rules that both have in another order; rules that only made room for others did not move."""
    order = list(before)
    for place, name in enumerate(after):
        at = order.index(name)
        if at != place:
            order.insert(place, order.pop(at))
            yield Change(MOVED, f"rule {name}", before.index(name) + 1, place + 1)


def _without(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
