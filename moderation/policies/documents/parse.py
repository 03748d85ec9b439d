"""Parses a policy's JSON strictly; a JSON pointer names what is wrong."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from moderation.policies.audit import Audit, parse_audit
from moderation.policies.conditions import GROUPS, KINDS, Condition, ConditionKind, Group
from moderation.policies.conditions.kinds import KINDS_ONE, MAX_VALUES
from moderation.policies.documents.schema import MAX_RULES, MAX_TESTS, SCHEMAS
from moderation.policies.documents.shape import Validator, lists_check, shape_check
from moderation.policies.documents.values import values_check
from moderation.policies.errors import PolicyError, join_pointer
from moderation.policies.examples import Example, parse_example
from moderation.policies.messages import Message, gettext_noop
from moderation.policies.policy import Policy
from moderation.policies.rules import Rule

MAX_DEPTH = 3
MAX_PARTS = 50
MAX_CONDITIONS = 200
NO_SCHEMA = gettext_noop("there is no schema {number}; there are {known}")
TOO_MANY = gettext_noop("a rule has at most {most} conditions")
NO_GROUP = gettext_noop("a group has exactly one of all, any and not, and nothing else")
TOO_DEEP = gettext_noop("all, any and not nest at most {most} deep")
NO_LIST = gettext_noop("{group} takes a list of 1 to {most} conditions")
NO_OBJECT = gettext_noop("a condition is an object, not {found}")
NO_KIND = gettext_noop("a condition has one of {kinds}")
TWO_SHARES = gettext_noop("the share is already given in audit")
NO_TEST = gettext_noop("a test needs either a text or scores")
SAME_ID = gettext_noop("the id {rule} is used by an earlier rule")
VALIDATORS = {number: Validator(schema) for number, schema in SCHEMAS.items()}


def parse_policy(body: Any, *, version: int = 0) -> Policy:
    """Returns the policy that the JSON value `body` describes; raises PolicyError at the first fault."""
    number = _schema_number(body)
    values_check(body)
    lists_check(body, {"rules": MAX_RULES, "tests": MAX_TESTS})
    shape_check(VALIDATORS[number], body, keyed=number > 1)
    rules = tuple(_rule(rule, f"/rules/{index}", number) for index, rule in enumerate(body["rules"]))
    _refuse_equal_ids(rules)
    audit = _audit(body)
    return Policy(
        version=version,
        name=body["name"],
        rules=tuple(sorted(rules, key=lambda rule: -rule.priority)),
        audit_share=audit.share if audit else float(body.get("audit_share", 0.0)),
        audit=audit,
        tests=tuple(_examples(body)),
    )


def policy_sha256(body: Any) -> str:
    """Returns the SHA-256, in hexadecimal, of the policy's JSON with sorted keys and no spaces."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _schema_number(body: Any) -> int:
    """Returns which schema the policy says it has: 1 unless it says 2; a number that is not there fails that of 1."""
    number = body.get("schema") if isinstance(body, Mapping) else None
    if isinstance(number, int) and number > max(SCHEMAS):
        raise PolicyError("/schema", Message(NO_SCHEMA, number=number, known=", ".join(map(str, SCHEMAS))))
    return number if type(number) is int and number in SCHEMAS else 1


def _rule(rule: Mapping[str, Any], pointer: str, number: int) -> Rule:
    kinds = KINDS if number > 1 else KINDS_ONE
    when = _group(rule["when"], f"{pointer}/when", kinds, MAX_DEPTH)
    scope = rule.get("scope", {})
    made = Rule(
        id=rule["id"],
        action=rule["action"],
        when=when,
        source=scope.get("source", ""),
        section=scope.get("section", ""),
        priority=rule.get("priority", 0),
        floor=rule.get("floor", False),
        pointer=pointer,
    )
    if sum(1 for _ in made.leaves()) > MAX_CONDITIONS:
        raise PolicyError(f"{pointer}/when", Message(TOO_MANY, most=MAX_CONDITIONS))
    return made


def _group(body: Mapping[str, Any], pointer: str, kinds: Mapping[str, ConditionKind], depth: int) -> Group:
    """Returns the `all`, `any` or `not` that `body` describes; `depth` is how many may still be nested."""
    if len(body) != 1 or not body.keys() <= GROUPS.keys():
        raise PolicyError(pointer, Message(NO_GROUP))
    ((quantifier, parts),) = body.items()
    if depth == 0:
        raise PolicyError(pointer, Message(TOO_DEEP, most=MAX_DEPTH))
    places = _places(quantifier, parts, join_pointer(pointer, quantifier))
    return GROUPS[quantifier](tuple(_condition(part, place, kinds, depth - 1) for place, part in places))


def _places(quantifier: str, parts: Any, pointer: str) -> list[tuple[str, Any]]:
    """Returns the parts of a group with their pointers; raises PolicyError if they are no parts."""
    if quantifier == "not":
        return [(pointer, parts)]
    if not isinstance(parts, list) or not 1 <= len(parts) <= MAX_PARTS:
        raise PolicyError(pointer, Message(NO_LIST, group=quantifier, most=MAX_PARTS))
    return [(f"{pointer}/{index}", part) for index, part in enumerate(parts)]


def _condition(body: Any, pointer: str, kinds: Mapping[str, ConditionKind], depth: int) -> Condition:
    if not isinstance(body, Mapping):
        raise PolicyError(pointer, Message(NO_OBJECT, found=f"{body!r:.50}"))
    if body.keys() & GROUPS.keys():
        return _group(body, pointer, kinds, depth)
    mark = next((mark for mark in kinds if mark in body), None)
    if mark is None:
        raise PolicyError(pointer, Message(NO_KIND, kinds=", ".join([*kinds, *GROUPS])))
    lists_check(body, {mark: MAX_VALUES}, pointer)
    shape_check(Validator(kinds[mark].schema), body, pointer)
    return kinds[mark].parse(body, pointer)


def _audit(body: Mapping[str, Any]) -> Audit | None:
    if "audit" in body and "audit_share" in body:
        raise PolicyError("/audit_share", Message(TWO_SHARES))
    return parse_audit(body["audit"]) if "audit" in body else None


def _examples(body: Mapping[str, Any]) -> Iterator[Example]:
    for index, example in enumerate(body.get("tests", ())):
        pointer = f"/tests/{index}"
        if ("text" in example) == ("scores" in example):
            raise PolicyError(pointer, Message(NO_TEST))
        yield parse_example(example, pointer)


def _refuse_equal_ids(rules: tuple[Rule, ...]) -> None:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.id in seen:
            raise PolicyError(f"/rules/{index}/id", Message(SAME_ID, rule=rule.id))
        seen.add(rule.id)
