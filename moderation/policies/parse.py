"""Reading a policy's JSON form strictly: what is wrong is named by a JSON pointer."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

ACTIONS = ("pass", "queue", "hold", "approve", "reject", "highlight")

CONDITION = {
    "type": "object",
    "properties": {
        "attribute": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
        "gte": {"type": "number", "minimum": 0, "maximum": 1},
        "lte": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["attribute"],
    "anyOf": [{"required": ["gte"]}, {"required": ["lte"]}],
    "additionalProperties": False,
}
CONDITIONS = {"type": "array", "items": CONDITION, "minItems": 1, "maxItems": 50}
RULE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"},
        "scope": {
            "type": "object",
            "properties": {"source": {"type": "string"}, "section": {"type": "string"}},
            "additionalProperties": False,
        },
        "when": {
            "type": "object",
            "properties": {"all": CONDITIONS, "any": CONDITIONS},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
        "action": {"enum": list(ACTIONS)},
        "priority": {"type": "integer"},
        "floor": {"type": "boolean"},
    },
    "required": ["id", "when", "action"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "audit_share": {"type": "number", "minimum": 0, "maximum": 1},
        "rules": {"type": "array", "items": RULE, "maxItems": 500},
    },
    "required": ["schema", "name", "rules"],
    "additionalProperties": False,
}
VALIDATOR = Draft202012Validator(SCHEMA)


@dataclass
class PolicyError(Exception):
    """A policy that cannot be read: `pointer` names the place, `detail` what is wrong there. A retry does not help."""

    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A range of one attribute's probability; both ends belong to it."""

    attribute: str
    gte: float | None = None
    lte: float | None = None

    def holds(self, scores: Mapping[str, float]) -> bool:
        """Says whether the score lies in the range; an attribute that was not scored is in none."""
        score = scores.get(self.attribute)
        if score is None:
            return False
        return (self.gte is None or score >= self.gte) and (self.lte is None or score <= self.lte)


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
        """Says whether the rule's scope holds the comment."""
        return self.source in {"", source} and self.section in {"", section}

    def holds(self, scores: Mapping[str, float]) -> bool:
        """Says whether the scores meet the rule's conditions."""
        held = [condition.holds(scores) for condition in self.conditions]
        return all(held) if self.match_all else any(held)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it is applied: its rules in the order in which they are tried."""

    version: int
    name: str
    rules: tuple[Rule, ...]
    audit_share: float = 0.0


def parse_policy(body: Any, *, version: int = 0) -> Policy:
    """Returns the policy that the JSON value `body` describes; raises PolicyError at the first fault."""
    error = best_match(VALIDATOR.iter_errors(body))
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
    match_all = "all" in rule["when"]
    conditions = tuple(Condition(**condition) for condition in rule["when"]["all" if match_all else "any"])
    for place, condition in enumerate(conditions):
        _refuse_empty_range(condition, f"/rules/{index}/when/{'all' if match_all else 'any'}/{place}")
    scope = rule.get("scope", {})
    return Rule(
        id=rule["id"],
        action=rule["action"],
        conditions=conditions,
        match_all=match_all,
        source=scope.get("source", ""),
        section=scope.get("section", ""),
        priority=rule.get("priority", 0),
        floor=rule.get("floor", False),
    )


def _refuse_empty_range(condition: Condition, pointer: str) -> None:
    if condition.gte is not None and condition.lte is not None and condition.gte > condition.lte:
        raise PolicyError(pointer, f"no score is both at least {condition.gte} and at most {condition.lte}")


def _refuse_equal_ids(rules: tuple[Rule, ...]) -> None:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.id in seen:
            raise PolicyError(f"/rules/{index}/id", f"the id {rule.id} is used by an earlier rule")
        seen.add(rule.id)
