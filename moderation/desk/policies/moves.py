"""What the buttons of the editor do to a draft: rules, conditions and tests are added, moved and taken away."""

import re
from dataclasses import dataclass
from typing import Any

from moderation.desk.policies.drafts import ROOT, Draft, policy_posted, rule_posted
from moderation.desk.policies.kinds import GROUPS, NEGATION, Part, Posted, group_made, kind_of, part_new, parts_of
from moderation.policies.documents.parse import MAX_DEPTH, MAX_PARTS
from moderation.policies.documents.schema import MAX_RULES, MAX_TESTS

PLACE = re.compile(r"[0-9]{1,4}", re.ASCII)
PATH = re.compile(rf"{ROOT}(?:-[0-9]{{1,3}}){{1,{MAX_DEPTH}}}", re.ASCII)
BY = {"up": -1, "down": 1}


@dataclass(slots=True)
class Editing:
    """A draft on its page: which rule is `open` (None: none), and the id of what gets the focus."""

    draft: Draft
    open: int | None = None
    focus: str = ""

    @property
    def rules(self) -> list[Part]:
        """The draft's rules."""
        rules: list[Part] = self.draft["rules"]
        return rules

    def fill(self, data: Posted) -> None:
        """Takes in what was filled in."""
        self.draft = policy_posted(self.draft, data)
        if self.open is not None:
            self.rules[self.open] = rule_posted(self.rules[self.open], data)

    def do(self, what: str, data: Posted) -> None:
        """Does what a button says: `rule-add`, `rule-up:2`, `part-remove:when-0` …; anything else changes nothing."""
        verb, _mark, place = what.partition(":")
        thing, _mark, verb = verb.partition("-")
        if thing == "rule":
            self._rule(verb, place)
        elif thing == "part" and self.open is not None:
            self._part(verb, place, data)
        elif thing == "test":
            self._test(verb, place, data)

    def _rule(self, verb: str, place: str) -> None:
        if verb == "add" and len(self.rules) < MAX_RULES:
            self.rules.append({"id": _free_id(self.rules), "when": group_made("all", []), "action": "queue"})
            self._opened(len(self.rules) - 1)
        elif verb == "close":
            self.focus, self.open = f"rule-{self.open}", None
        elif (at := placed(place, self.rules)) is not None:
            self._at_rule(verb, at)

    def _at_rule(self, verb: str, at: int) -> None:
        if verb == "open":
            self._opened(at)
        elif verb == "remove":
            del self.rules[at]
            self.open = None if self.open in {at, None} else _moved(self.open, at)
            self.focus = f"rule-{min(at, len(self.rules) - 1)}" if self.rules else "rules"
        elif verb in BY:
            self.focus = f"rule-{self._swapped(at, at + BY[verb])}"

    def _opened(self, at: int) -> None:
        self.open, self.focus = at, "rule-form"

    def _swapped(self, at: int, other: int) -> int:
        """Puts the rule in the other's place and returns where it is now."""
        if not 0 <= other < len(self.rules):
            return at
        self.rules[at], self.rules[other] = self.rules[other], self.rules[at]
        self.open = {at: other, other: at}.get(self.open, self.open) if self.open is not None else None
        return other

    def _part(self, verb: str, path: str, data: Posted) -> None:
        rule = self.rules[self.open or 0]
        steps = [int(step) for step in path.split("-")[1:]] if path == ROOT or PATH.fullmatch(path) else None
        if steps is None:
            return
        found = _changed(rule["when"], steps, verb, data.get(f"{path}.new", ""))
        if found is not None:
            rule["when"], left = found
            self.focus = "-".join(["part", ROOT, *map(str, left)])

    def _test(self, verb: str, place: str, data: Posted) -> None:
        tests = list(self.draft.get("tests", []))
        self.focus = "tests"
        if verb == "add" and len(tests) < MAX_TESTS:
            names = ("text", "expect", "name", "source", "section")
            typed = {name: data.get(f"test.{name}", "").strip() for name in names}
            tests.append({name: value for name, value in typed.items() if value or name in {"text", "expect"}})
        elif verb == "remove" and (at := placed(place, tests)) is not None:
            del tests[at]
        self.draft = {**{name: value for name, value in self.draft.items() if name != "tests"}, "tests": tests}


def placed(text: str, among: list[Any]) -> int | None:
    """Returns the place that `text` names in the list, None if it names none."""
    return int(text) if PLACE.fullmatch(text) and int(text) < len(among) else None


def _moved(place: int | None, removed: int) -> int | None:
    return place - 1 if place is not None and place > removed else place


def _free_id(rules: list[Part]) -> str:
    used = {rule.get("id") for rule in rules}
    return next(name for number in range(1, MAX_RULES + 2) if (name := f"rule-{number}") not in used)


def _changed(
    group: Part, steps: list[int], verb: str, kind: str, depth: int = MAX_DEPTH
) -> tuple[Part, list[int]] | None:
    """Returns the group after a change at `steps` below it, and the steps to what gets the focus; None for none."""
    if kind_of(group) not in GROUPS:
        return None
    parts = list(parts_of(group))
    if not steps:
        return _added(group, parts, kind, depth) if verb == "add" else None
    at, *rest = steps
    if at >= len(parts):
        return None
    if not rest and verb in {"remove", *BY}:
        return _shifted(group, parts, at, verb)
    found = _changed(parts[at], rest, verb, kind, depth - 1)
    if found is None:
        return None
    parts[at] = found[0]
    return group_made(kind_of(group), parts), [at, *found[1]]


def _added(group: Part, parts: list[Part], kind: str, depth: int) -> tuple[Part, list[int]] | None:
    made = part_new(kind)
    most = 1 if kind_of(group) == NEGATION else MAX_PARTS
    if made is None or len(parts) >= most or (kind in GROUPS and depth == 1):
        return None
    return group_made(kind_of(group), [*parts, made]), [len(parts)]


def _shifted(group: Part, parts: list[Part], at: int, verb: str) -> tuple[Part, list[int]]:
    part = parts.pop(at)
    if verb == "remove":
        return group_made(kind_of(group), parts), []
    to = min(max(at + BY[verb], 0), len(parts))
    parts.insert(to, part)
    return group_made(kind_of(group), parts), [to]
