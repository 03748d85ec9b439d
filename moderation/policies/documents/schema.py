"""The JSON Schemas of a policy, one for each `schema` number; conditions of schema 2 have a schema a kind."""

from collections.abc import Mapping
from typing import Any

from moderation.policies.conditions.kinds import ATTRIBUTE_RANGE, LIST_NAME

ACTIONS = ("pass", "queue", "hold", "approve", "reject", "highlight")
ID = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
COUNT = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
FLAG = {"type": "boolean"}
MAX_RULES = 500
MAX_TESTS = 500
MAX_TEXT_CHARACTERS = 20_000


def closed(properties: Mapping[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    """Returns the schema of an object that has no other properties."""
    shape = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {**shape, **more}


SCOPE = {
    "type": "object",
    "properties": {"source": {"type": "string"}, "section": {"type": "string"}},
    "additionalProperties": False,
}


def _rule(when: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        "id": ID,
        "scope": SCOPE,
        "when": when,
        "action": {"enum": list(ACTIONS)},
        "priority": {"type": "integer"},
        "floor": FLAG,
    }
    return closed(properties, "id", "when", "action")


def _policy(number: int, when: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        "schema": {"const": number},
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "audit_share": SHARE,
        "rules": {"type": "array", "items": _rule(when), "maxItems": MAX_RULES},
        **more,
    }
    return closed(properties, "schema", "name", "rules")


CONDITIONS_ONE = {"type": "array", "items": ATTRIBUTE_RANGE, "minItems": 1, "maxItems": 50}
WHEN_ONE = {
    "type": "object",
    "properties": {"all": CONDITIONS_ONE, "any": CONDITIONS_ONE},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
COMMENTER = closed(
    {"approved": COUNT, "decided": COUNT, "rejected": COUNT, "muted_before": FLAG, "exempt": FLAG, "staff": FLAG}
)
FACTS = closed(
    {
        "links": COUNT,
        "length": COUNT,
        "capitals": SHARE,
        "repeats": COUNT,
        "lists": {"type": "object", "propertyNames": LIST_NAME, "additionalProperties": COUNT, "maxProperties": 100},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}$"},
        "article_age_hours": {"type": "number"},
        "flags": {"type": "number", "minimum": 0},
        "commenter": COMMENTER,
    }
)
SCORES = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,63}$"},
    "additionalProperties": SHARE,
    "maxProperties": 100,
}
EXAMPLE = closed(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARACTERS},
        "scores": SCORES,
        "facts": FACTS,
        "source": {"type": "string", "maxLength": 255},
        "section": {"type": "string", "maxLength": 255},
        "expect": {"enum": list(ACTIONS)},
    },
    "expect",
)
STRATA = {"type": "integer", "minimum": 1, "maximum": 50}
AUDIT_SHARES = {"type": "array", "items": SHARE, "minItems": 1, "maxItems": 50}
AUDIT = closed({"share": SHARE, "floor": SHARE, "strata": STRATA, "shares": AUDIT_SHARES}, "share")
# The conditions of schema 2 are looked at one by one, where they stand (`moderation.policies.documents.parse`).
SCHEMA_TWO = {"tests": {"type": "array", "items": EXAMPLE, "maxItems": MAX_TESTS}, "audit": AUDIT}
SCHEMAS = {1: _policy(1, WHEN_ONE, {}), 2: _policy(2, {"type": "object"}, SCHEMA_TWO)}
