"""Parses a policy's JSON strictly; a JSON pointer names what is wrong."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from moderation.policies.audit import Audit, parse_audit
from moderation.policies.conditions import GROUPS, KINDS, Condition, ConditionKind, Group
from moderation.policies.conditions.kinds import KINDS_ONE
from moderation.policies.errors import PolicyError, join_pointer
from moderation.policies.examples import Example, parse_example
from moderation.policies.messages import Message, gettext_noop
from moderation.policies.policy import Policy
from moderation.policies.rules import Rule
from moderation.policies.schema import SCHEMAS

MAX_DEPTH = 3
MAX_PARTS = 50
MAX_CONDITIONS = 200
NO_SCHEMA = gettext_noop("there is no schema {number}; there are {known}")
NO_FIELD = gettext_noop("there is no field {key} here; there are {known}")
TOO_MANY = gettext_noop("a rule has at most {most} conditions")
NO_GROUP = gettext_noop("this has one of all, any, not, and nothing else")
TOO_DEEP = gettext_noop("all, any and not are nested at most {most} deep")
NO_LIST = gettext_noop("{group} has a list of 1 to {most} conditions")
NO_OBJECT = gettext_noop("a condition is an object, not {found}")
NO_KIND = gettext_noop("a condition has one of {kinds}")
TWO_SHARES = gettext_noop("audit has the share already")
NO_TEST = gettext_noop("a test has either a text or scores")
SAME_ID = gettext_noop("the id {rule} is used by an earlier rule")
# What jsonschema says, by its keyword; other messages of its stay English.
SHAPES = {
    "required": (gettext_noop("{missing} is a required property"),),
    "enum": (gettext_noop("{found} is not one of {limit}"),),
    "type": (gettext_noop("{found} is not of type {limit}"),),
    "const": (gettext_noop("{limit} was expected"),),
    "minimum": (gettext_noop("{found} is less than the minimum of {limit}"),),
    "maximum": (gettext_noop("{found} is greater than the maximum of {limit}"),),
    "minLength": (gettext_noop("{found} should be non-empty"), gettext_noop("{found} is too short")),
    "minItems": (gettext_noop("{found} should be non-empty"), gettext_noop("{found} is too short")),
    "maxLength": (gettext_noop("{found} is too long"),),
    "maxItems": (gettext_noop("{found} is too long"),),
    "pattern": (gettext_noop("{found} does not match {limit}"),),
    "minProperties": (gettext_noop("{found} does not have enough properties"),),
}
VALIDATORS = {number: Draft202012Validator(schema) for number, schema in SCHEMAS.items()}


def parse_policy(body: Any, *, version: int = 0) -> Policy:
    """Returns the policy that the JSON value `body` describes; raises PolicyError at the first fault."""
    number = _schema_number(body)
    _check_shape(VALIDATORS[number], body, "", keyed=number > 1)
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


def _check_shape(validator: Any, body: Any, pointer: str, *, keyed: bool = True) -> None:
    errors = list(validator.iter_errors(body))
    # A misspelt field is told before the one that it was meant for is missed; schema 1 told them as they came.
    misspelt = [error for error in errors if keyed and _unknown_field(error)]
    error = misspelt[0] if misspelt else best_match(errors)
    if error is not None:
        raise _policy_error(error, pointer, keyed=keyed)


def _policy_error(error: ValidationError, pointer: str, *, keyed: bool) -> PolicyError:
    """Returns what is wrong; a field too many is named itself where `keyed`, for schema 1 names what has it."""
    place, key = join_pointer(pointer, *error.absolute_path), _unknown_field(error)
    if key and keyed:
        known = ", ".join(error.schema["properties"])  # type: ignore[index]
        return PolicyError(join_pointer(place, key), Message(NO_FIELD, key=key, known=known))
    return PolicyError(place, _shape_message(error), key)


def _shape_message(error: ValidationError) -> str:
    """Returns what the schema says, as a message that can be translated if it is one of the usual ones."""
    limit: Any = error.validator_value
    values = {"found": repr(error.instance), "limit": repr(limit), "missing": ""}
    if error.validator == "required" and isinstance(error.instance, Mapping):
        values["missing"] = repr(next((name for name in limit if name not in error.instance), ""))
    messages = (Message(template, **values) for template in SHAPES.get(str(error.validator), ()))
    return next((message for message in messages if message == error.message), error.message)


def _unknown_field(error: ValidationError) -> str:
    if error.validator != "additionalProperties" or not isinstance(error.instance, Mapping):
        return ""
    known = error.schema.get("properties", {})  # type: ignore[union-attr]
    return next((str(name) for name in error.instance if name not in known), "")


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
    _check_shape(Draft202012Validator(kinds[mark].schema), body, pointer)
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
