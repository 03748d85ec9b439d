"""Policies in words: rules as sentences, what two versions differ in, what the policy's tests did."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from moderation.policies import Policy, PolicyError, parse_policy
from moderation.policies.checks import Finding
from moderation.policies.documents.diff import ADDED, CHANGED, MOVED, REMOVED, Change
from moderation.policies.documents.sentences import condition_phrase, rule_sentence
from moderation.policies.examples import Example
from moderation.policies.messages import message_said
from moderation.policies.rules import Rule

KINDS: Mapping[str, str | Promise] = {
    ADDED: _("added"),
    REMOVED: _("removed"),
    CHANGED: _("changed"),
    MOVED: _("moved"),
}
PARTS: Mapping[str, str | Promise] = {
    "schema": _("schema"),
    "name": _("name"),
    "audit_share": _("share of passing comments that are checked"),
    "audit": _("share of passing comments that are checked"),
    "tests": _("tests"),
    "scope": _("where it holds"),
    "when": _("condition"),
    "action": _("action"),
    "priority": _("priority"),
    "floor": _("floor"),
}
MAX_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule for reading; `place` is where it stands in the JSON.

    `sentence` is empty for a rule that is not finished; `fault` says what is missing then.
    """

    id: str
    sentence: str
    priority: Any = 0
    fault: str = ""
    warnings: tuple[str, ...] = ()
    place: int = 0


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One difference in words; `before` and `after` are empty where there is none."""

    kind: str
    label: str
    rule: str
    part: str
    before: str
    after: str


def rule_lines(policy: Policy, findings: Iterable[Finding] = ()) -> list[RuleLine]:
    """Returns the rules in the order in which they are tried, with what the checks say of them."""
    told: dict[str, list[str]] = {}
    for one in findings:
        told.setdefault(one.rule, []).append(message_said(one.detail, gettext))
    return [_rule_line(rule, tuple(told.get(rule.id, ()))) for rule in policy.rules]


def _rule_line(rule: Rule, warnings: tuple[str, ...]) -> RuleLine:
    place = int(rule.pointer.rpartition("/")[2])
    return RuleLine(rule.id, rule_sentence(rule, gettext), rule.priority, warnings=warnings, place=place)


def draft_lines(rules: Sequence[Mapping[str, Any]]) -> list[RuleLine]:
    """Returns the rules of a draft in their order, finished or not."""
    return [_draft_line(rule) for rule in rules]


def _draft_line(rule: Mapping[str, Any]) -> RuleLine:
    try:
        sentence, fault = rule_sentence(_rule(rule), gettext), ""
    except PolicyError as error:
        sentence, fault = "", message_said(error.detail, gettext)
    return RuleLine(str(rule.get("id", "")), sentence, rule.get("priority", 0), fault)


def _rule(rule: Mapping[str, Any]) -> Rule:
    return parse_policy({"schema": 2, "name": "-", "rules": [rule]}).rules[0]


def change_lines(changes: Iterable[Change]) -> list[ChangeLine]:
    """Returns the differences in words."""
    return [_change_line(one) for one in changes]


def _change_line(change: Change) -> ChangeLine:
    words = change.part.split(" ") if change.part.startswith("rule ") else ["", "", change.part]
    rule, part = words[1], words[2] if len(words) > 2 else ""  # noqa: PLR2004 - `rule ID PART`
    label = str(KINDS[change.kind])
    before, after = (_value(part, value, moved=change.kind == MOVED) for value in (change.before, change.after))
    return ChangeLine(change.kind, label, rule, str(PARTS.get(part, part)), before, after)


def _value(part: str, value: Any, *, moved: bool) -> str:
    if value is None:
        return ""
    if moved:
        return gettext("place %(number)d") % {"number": value}
    if part == "when" or (not part and isinstance(value, Mapping)):
        # A rule that is not read any more stands there as it is.
        with suppress(PolicyError):
            return _clause(part, value)
    if part == "tests":
        return ngettext("%(number)d test", "%(number)d tests", len(value)) % {"number": len(value)}
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:MAX_CHARACTERS]


def _clause(part: str, value: Mapping[str, Any]) -> str:
    if part == "when":
        return condition_phrase(_rule({"id": "x", "when": value, "action": "queue"}).when, gettext)
    return rule_sentence(_rule(value), gettext)


def example_words(example: Example) -> str:
    """Returns a test in one line: its name, or its text, or its scores."""
    if example.name or example.text:
        return example.name or example.text[:MAX_CHARACTERS]
    return ", ".join(f"{name} {score:.2g}" for name, score in (example.scores or {}).items())[:MAX_CHARACTERS]


def draft_test_words(test: Mapping[str, Any]) -> str:
    """Returns a test of a draft in one line, whatever is in it."""
    shown = test.get("name") or test.get("text") or test.get("scores") or ""
    return (shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False))[:MAX_CHARACTERS]
