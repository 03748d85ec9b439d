"""Parses a policy's JSON strictly; a JSON pointer names what is wrong."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from moderation.policies.conditions import AttributeRange, Condition, Subject, condition_schema, parse_condition
from moderation.policies.errors import PolicyError

ACTIONS = ("pass", "queue", "hold", "approve", "reject", "highlight")
ID = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"}
SCOPE = {
    "type": "object",
    "properties": {"source": {"type": "string"}, "section": {"type": "string"}},
    "additionalProperties": False,
}


def policy_schema() -> dict[str, Any]:
    """Returns the JSON Schema of a policy, with the kinds of conditions that there are."""
    return {
        "type": "object",
        "properties": {
            "schema": {"const": 1},
            "name": {"type": "string", "minLength": 1, "maxLength": 200},
            "audit_share": {"type": "number", "minimum": 0, "maximum": 1},
            "rules": {"type": "array", "items": _rule_schema(), "maxItems": 500},
        },
        "required": ["schema", "name", "rules"],
        "additionalProperties": False,
    }


def _rule_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "id": ID,
            "scope": SCOPE,
            "when": _when_schema(),
            "action": {"enum": list(ACTIONS)},
            "priority": {"type": "integer"},
            "floor": {"type": "boolean"},
        },
        "required": ["id", "when", "action"],
        "additionalProperties": False,
    }


def _when_schema() -> dict[str, Any]:
    conditions = {"type": "array", "items": condition_schema(), "minItems": 1, "maxItems": 50}
    return {
        "type": "object",
        "properties": {"all": conditions, "any": conditions},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. An empty `source` or `section` means every one; a `floor` overrides what is less safe than itself."""

    id: str
    action: str
    conditions: tuple[Condition, ...]
    match_all: bool
    source: str = ""
    section: str = ""
    priority: int = 0
    floor: bool = False

    @property
    def level(self) -> int:
        """How specific the rule is: 0 everywhere, 1 a section, 2 a source, 3 a section of a source."""
        return (2 if self.source else 0) + (1 if self.section else 0)

    def applies(self, *, source: str, section: str) -> bool:
        """Returns whether the comment is in the rule's scope."""
        return self.source in {"", source} and self.section in {"", section}

    @property
    def ranges(self) -> tuple[AttributeRange, ...]:
        """The conditions on scores."""
        return tuple(condition for condition in self.conditions if isinstance(condition, AttributeRange))

    def holds(self, subject: Subject) -> bool:
        """Returns whether the rule's conditions are met: all of them, or any, as the rule says."""
        held = [condition.holds(subject) for condition in self.conditions]
        return all(held) if self.match_all else any(held)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it is applied: rules in the order in which they are tried."""

    version: int
    name: str
    rules: tuple[Rule, ...]
    audit_share: float = 0.0


def parse_policy(body: Any, *, version: int = 0) -> Policy:
    """Returns the policy that the JSON value `body` describes; raises PolicyError at the first fault."""
    error = best_match(Draft202012Validator(policy_schema()).iter_errors(body))
    if error is not None:
        raise _policy_error(error)
    rules = tuple(_rule(rule, index) for index, rule in enumerate(body["rules"]))
    _refuse_equal_ids(rules)
    ordered = tuple(sorted(rules, key=lambda rule: -rule.priority))
    return Policy(version, body["name"], ordered, float(body.get("audit_share", 0.0)))


def policy_sha256(body: Any) -> str:
    """Returns the SHA-256, in hexadecimal, of the policy's JSON with sorted keys and no spaces."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _policy_error(error: ValidationError) -> PolicyError:
    return PolicyError("".join(f"/{part}" for part in error.absolute_path), error.message)


def _rule(rule: Mapping[str, Any], index: int) -> Rule:
    ((quantifier, bodies),) = rule["when"].items()
    conditions = (parse_condition(body, f"/rules/{index}/when/{quantifier}/{at}") for at, body in enumerate(bodies))
    scope = rule.get("scope", {})
    return Rule(
        id=rule["id"],
        action=rule["action"],
        conditions=tuple(conditions),
        match_all=quantifier == "all",
        source=scope.get("source", ""),
        section=scope.get("section", ""),
        priority=rule.get("priority", 0),
        floor=rule.get("floor", False),
    )


def _refuse_equal_ids(rules: tuple[Rule, ...]) -> None:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.id in seen:
            raise PolicyError(f"/rules/{index}/id", f"the id {rule.id} is used by an earlier rule")
        seen.add(rule.id)
