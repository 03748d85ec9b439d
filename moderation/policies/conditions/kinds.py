"""The kinds of conditions that a rule may have, and how each stands in JSON.

To add a kind, write a subclass of `Condition` and enter it in `KINDS` under the property that marks it in JSON. Parsing
and judging take it from there; `moderation.policies.documents.sentences` says it in words.
"""

from collections.abc import Mapping
from typing import Any

from moderation.policies.conditions.base import ConditionKind
from moderation.policies.conditions.choices import SectionChoice, SourceChoice
from moderation.policies.conditions.people import COUNTS, MARKS, ArticleAge, FlagsRange, parse_commenter
from moderation.policies.conditions.ranges import AttributeRange, ExplainedRange
from moderation.policies.conditions.texts import FACTS, FactRange, LanguageChoice, ListHits

ATTRIBUTE = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
NUMBER = {"type": "number", "minimum": 0, "maximum": 1_000_000_000}
A_BOUND = [{"required": ["gte"]}, {"required": ["lte"]}]
LIST_NAME = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"}
MAX_VALUES = 100


def _object(required: str, properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    shape = {"type": "object", "properties": properties, "required": [required], "additionalProperties": False}
    return {**shape, **more}


def _bounds(bound: Mapping[str, Any]) -> dict[str, Any]:
    return {"gte": bound, "lte": bound}


def _choice(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    values = {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_VALUES, "uniqueItems": True}
    return _object(name, {name: values})


def _nested(name: str) -> dict[str, Any]:
    bounds = {"type": "object", "properties": _bounds(NUMBER), "minProperties": 1, "additionalProperties": False}
    return _object(name, {name: bounds})


ATTRIBUTE_RANGE = _object("attribute", {"attribute": ATTRIBUTE, **_bounds(SHARE)}, anyOf=A_BOUND)
CODE = {"pattern": "^[a-z]{2,3}$"}
BY_LANGUAGE = {
    "type": "object",
    "propertyNames": CODE,
    "additionalProperties": SHARE,
    "minProperties": 1,
    "maxProperties": MAX_VALUES,
}
TUNED = {"by_language": BY_LANGUAGE}
NEEDS_GTE = {"dependentRequired": {"by_language": ["gte"]}}
TUNED_RANGE = _object("attribute", {"attribute": ATTRIBUTE, **_bounds(SHARE), **TUNED}, anyOf=A_BOUND, **NEEDS_GTE)
GOAL = {"type": "string", "maxLength": 200}
GOAL_RANGE = _object("attribute", {"attribute": ATTRIBUTE, "goal": GOAL, "gte": SHARE, **TUNED}, **NEEDS_GTE)
FACT_RANGE = _object("fact", {"fact": {"enum": list(FACTS)}, **_bounds(NUMBER)}, anyOf=A_BOUND)
LIST_HITS = _object("list", {"list": LIST_NAME, "gte": {"type": "integer", "minimum": 1, "maximum": 1_000_000}})
MARK = _object("commenter", {"commenter": {"enum": list(MARKS)}})
COMMENTERS = {
    "approved": _object("commenter", {"commenter": {"const": "approved"}, **_bounds(NUMBER)}, anyOf=A_BOUND),
    "rejected_share": _object("commenter", {"commenter": {"const": "rejected_share"}, **_bounds(SHARE)}, anyOf=A_BOUND),
}
LANGUAGE = {"type": "string", **CODE}


def _of_commenter() -> dict[str, Any]:
    schema = _object("commenter", {"commenter": {"enum": [*COUNTS, *MARKS]}, **_bounds(NUMBER)})
    named = [(list(MARKS), MARK), *(([name], one) for name, one in COMMENTERS.items())]
    return {**schema, "allOf": [{"if": _named(names), "then": one} for names, one in named]}


def _named(names: list[str]) -> dict[str, Any]:
    return {"properties": {"commenter": {"enum": names}}, "required": ["commenter"]}


ATTRIBUTE_OR_GOAL = {
    "type": "object",
    "if": {"required": ["goal"]},
    "then": GOAL_RANGE,
    "else": TUNED_RANGE,
}
TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
# Schema 1 has conditions on scores alone.
KINDS_ONE: dict[str, ConditionKind] = {"attribute": ConditionKind(ATTRIBUTE_RANGE, AttributeRange.parse)}
# Schema 2: the property that marks a kind → the kind.
KINDS: dict[str, ConditionKind] = {
    "attribute": ConditionKind(ATTRIBUTE_OR_GOAL, ExplainedRange.parse),
    "language": ConditionKind(_choice("language", LANGUAGE), LanguageChoice.parse),
    "source": ConditionKind(_choice("source", TEXT), SourceChoice.parse),
    "section": ConditionKind(_choice("section", TEXT), SectionChoice.parse),
    "article_age_hours": ConditionKind(_nested("article_age_hours"), ArticleAge.parse),
    "commenter": ConditionKind(_of_commenter(), parse_commenter),
    "fact": ConditionKind(FACT_RANGE, FactRange.parse),
    "list": ConditionKind(LIST_HITS, ListHits.parse),
    "flags": ConditionKind(_nested("flags"), FlagsRange.parse),
}
