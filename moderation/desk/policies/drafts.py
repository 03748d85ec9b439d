"""A policy while it is written: its JSON, in which things may be missing or wrong until it is saved.

A page carries the whole of it, so that nothing is kept on the server and nothing is lost by an error. Only one rule is
open at a time, for its form; the others are in the JSON.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from moderation.desk.policies.kinds import (
    GROUPS,
    KINDS,
    NEGATION,
    Part,
    Posted,
    group_made,
    kind_of,
    number_read,
    parts_of,
)
from moderation.policies import PolicyError
from moderation.policies.documents.parse import MAX_DEPTH
from moderation.policies.documents.values import values_check
from moderation.services.errors import FieldError, ServiceError, invalid

Draft = dict[str, Any]
SCHEMA = 2
ROOT = "when"
# A form has as many fields as a browser may send; a rule with more conditions is written as a file.
MAX_OPEN_PARTS = 150
RULE_FIELDS = ("id", "action", "priority", "source", "section")


def draft_of(body: Mapping[str, Any]) -> Draft:
    """Returns the draft of a version: the same, by the newest schema."""
    return {**copy.deepcopy(dict(body)), "schema": SCHEMA}


def draft_new() -> Draft:
    """Returns a draft without rules."""
    return {"schema": SCHEMA, "name": "", "rules": []}


def draft_read(text: str) -> Draft:
    """Returns the draft that a page carried; raises ServiceError if it is none."""
    try:
        draft = json.loads(text)
        values_check(draft)
        _check_shape(draft)
    except (ValueError, RecursionError, PolicyError) as error:
        raise invalid("", _("The form is incomplete.")) from error
    return dict(draft)


def draft_text(draft: Draft) -> str:
    """Returns the draft as a page carries it."""
    return json.dumps(draft, ensure_ascii=False)


def _check_shape(draft: Any) -> None:
    """Raises ValueError unless rules, groups and tests are where a page puts them; values may be anything."""
    if not isinstance(draft, dict) or not isinstance(draft.get("rules"), list):
        raise ValueError
    tests = draft.get("tests", [])
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        raise ValueError
    for rule in draft["rules"]:
        if not isinstance(rule, dict) or not isinstance(rule.get("scope", {}), dict):
            raise ValueError
        _check_part(rule.get("when"), MAX_DEPTH)


def _check_part(part: Any, depth: int) -> None:
    kind = kind_of(part) if isinstance(part, dict) else ""
    if not kind or (kind in GROUPS and depth == 0) or (kind in KINDS and depth == MAX_DEPTH):
        raise ValueError
    for child in parts_of(part) if kind in GROUPS else ():
        _check_part(child, depth - 1)


def part_count(part: Part) -> int:
    """Returns how many conditions and groups there are, itself included."""
    return 1 + (sum(map(part_count, parts_of(part))) if kind_of(part) in GROUPS else 0)


def policy_posted(draft: Draft, data: Posted) -> Draft:
    """Returns the draft with what was filled in for the policy as a whole."""
    kept = {name: value for name, value in draft.items() if name not in {"audit", "audit_share"}}
    typed = {name: data.get(f"audit.{name}", "").strip() for name in ("share", "floor", "strata")}
    audit = {name: number_read(text) for name, text in typed.items() if text}
    drawn = {"audit_share": audit["share"]} if audit.keys() == {"share"} else {"audit": audit} if audit else {}
    return {**kept, "name": data.get("name", "").strip(), **drawn}


def rule_posted(rule: Part, data: Posted) -> Part:
    """Returns the rule with what was filled in for it; its conditions are those that it has."""
    typed = {name: data.get(f"rule.{name}", "").strip() for name in RULE_FIELDS}
    scope = {name: typed[name] for name in ("source", "section") if typed[name]}
    priority = number_read(typed["priority"]) if typed["priority"] else 0
    return {
        "id": typed["id"],
        **({"scope": scope} if scope else {}),
        "when": _part_posted(rule["when"], data, ROOT),
        "action": typed["action"],
        **({"priority": priority} if priority != 0 or "priority" in rule else {}),
        **({"floor": True} if "rule.floor" in data else {}),
    }


def _part_posted(part: Part, data: Posted, path: str) -> Part:
    kind = kind_of(part)
    if kind in KINDS:
        return KINDS[kind].posted(data, path)
    parts = [_part_posted(child, data, f"{path}-{at}") for at, child in enumerate(parts_of(part))]
    chosen = data.get(f"{path}.is", kind)
    return group_made(chosen if chosen in GROUPS else kind, parts)


def draft_check(draft: Draft) -> None:
    """Raises ServiceError for what the form alone knows to be wrong: a `not` of none or of several conditions."""
    detail = _("“Not” takes exactly one condition; put several into a group of their own.")
    places = [
        place for at, rule in enumerate(draft["rules"]) for place in _open_nots(rule["when"], f"/rules/{at}/when")
    ]
    if places:
        raise ServiceError("validation_error", detail, tuple(FieldError(one, "invalid", detail) for one in places))


def _open_nots(part: Part, pointer: str) -> Iterator[str]:
    kind = kind_of(part)
    if kind == NEGATION and isinstance(part[kind], list):
        yield pointer
    for child, place in parts_placed(part, pointer) if kind in GROUPS else ():
        yield from _open_nots(child, place)


def parts_placed(group: Part, pointer: str) -> Iterator[tuple[Part, str]]:
    """Yields what is in the group, each with its JSON pointer."""
    kind, inner = kind_of(group), group[kind_of(group)]
    for at, child in enumerate(parts_of(group)):
        yield child, f"{pointer}/{kind}/{at}" if isinstance(inner, list) else f"{pointer}/{kind}"
