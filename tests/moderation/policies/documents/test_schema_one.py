"""Policies of schema 1 are read and applied as they were before conditions had kinds: an oracle keeps the old way."""

import copy
from collections.abc import Iterable
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from moderation.policies import Features, PolicyError, judge, parse_policy
from moderation.policies.documents.shape import message_told

SAFETY = ("reject", "hold", "queue", "pass", "approve", "highlight")
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
        "action": {"enum": ["pass", "queue", "hold", "approve", "reject", "highlight"]},
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

SHARES = st.sampled_from([0, 0.0, 0.1, 0.5, 0.8, 1]) | st.floats(0, 1)
ATTRIBUTES = st.sampled_from(["toxicity", "insult", "threat"])
RANGES = st.fixed_dictionaries({"attribute": ATTRIBUTES}, optional={"gte": SHARES, "lte": SHARES})
WHEN = st.dictionaries(st.sampled_from(["all", "any"]), st.lists(RANGES, max_size=3), min_size=1, max_size=2)
SCOPES = st.fixed_dictionaries({}, optional={"source": st.sampled_from(["", "s", "t"]), "section": st.just("Sport")})
RULES = st.fixed_dictionaries(
    {"id": st.sampled_from("abcdef"), "when": WHEN, "action": st.sampled_from(SAFETY)},
    optional={"scope": SCOPES, "priority": st.integers(-1, 1), "floor": st.booleans()},
)
BODIES = st.fixed_dictionaries({"schema": st.just(1), "name": st.just("x"), "rules": st.lists(RULES, max_size=6)})
GOOD_RANGES = st.tuples(ATTRIBUTES, SHARES, SHARES).flatmap(
    lambda drawn: st.sampled_from(
        [
            {"attribute": drawn[0], "gte": drawn[1]},
            {"attribute": drawn[0], "lte": drawn[1]},
            {"attribute": drawn[0], "gte": min(drawn[1:]), "lte": max(drawn[1:])},
        ]
    )
)
GOOD_WHEN = st.dictionaries(
    st.sampled_from(["all", "any"]), st.lists(GOOD_RANGES, min_size=1, max_size=3), min_size=1, max_size=1
)
GOOD_RULES = st.fixed_dictionaries(
    {"id": st.sampled_from("abcdef"), "when": GOOD_WHEN, "action": st.sampled_from(SAFETY)},
    optional={"scope": SCOPES, "priority": st.integers(-1, 1), "floor": st.booleans()},
)
GOOD_BODIES = st.fixed_dictionaries(
    {
        "schema": st.just(1),
        "name": st.just("x"),
        "rules": st.lists(GOOD_RULES, max_size=6, unique_by=lambda rule: rule["id"]),
    }
)
WRONG = st.sampled_from([None, 2, -1, "x", [], {}, True])
SCORES = st.dictionaries(ATTRIBUTES, SHARES, max_size=3)
FEATURES = st.builds(Features, st.none() | st.integers(0, 9), st.none() | st.integers(0, 999), st.none())


def old_fault(body: Any) -> tuple[str, str] | None:
    """The place and the words of the first fault, as they were."""
    error = best_match(Draft202012Validator(SCHEMA).iter_errors(body))
    if error is not None:
        # What is long is cut since; the words are the same.
        return "".join(f"/{part}" for part in error.absolute_path), message_told(error.message)
    for index, rule in enumerate(body["rules"]):
        ((quantifier, conditions),) = rule["when"].items()
        for at, condition in enumerate(conditions):
            low, high = condition.get("gte"), condition.get("lte")
            if low is not None and high is not None and low > high:
                pointer = f"/rules/{index}/when/{quantifier}/{at}"
                return pointer, f"no score is both at least {low} and at most {high}"
    ids = [rule["id"] for rule in body["rules"]]
    twice = [index for index, one in enumerate(ids) if one in ids[:index]]
    return (f"/rules/{twice[0]}/id", f"the id {ids[twice[0]]} is used by an earlier rule") if twice else None


def in_range(condition: dict[str, Any], scores: dict[str, float]) -> bool:
    score = scores.get(condition["attribute"])
    return score is not None and condition.get("gte", 0) <= score <= condition.get("lte", 1)


def conditions_of(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return next(iter(rule["when"].values()))


def old_match(rule: dict[str, Any], scores: dict[str, float]) -> bool:
    held = [in_range(condition, scores) for condition in conditions_of(rule)]
    return all(held) if "all" in rule["when"] else any(held)


def old_level(rule: dict[str, Any]) -> int:
    scope = rule.get("scope", {})
    return 2 * bool(scope.get("source")) + bool(scope.get("section"))


def old_applying(body: dict[str, Any], source: str, section: str) -> Iterable[dict[str, Any]]:
    for rule in sorted(body["rules"], key=lambda rule: -rule.get("priority", 0)):
        scope = rule.get("scope", {})
        if scope.get("source", "") in {"", source} and scope.get("section", "") in {"", section}:
            yield rule


def old_verdict(body: dict[str, Any], scores: dict[str, float], source: str, section: str) -> tuple[Any, ...]:
    applying = list(old_applying(body, source, section))
    matching = [rule for rule in applying if old_match(rule, scores)]
    chosen = max((rule for rule in matching if not rule.get("floor")), key=old_level, default=None)
    floors = (rule for rule in matching if rule.get("floor"))
    floor = min(floors, key=lambda rule: SAFETY.index(rule["action"]), default=None)
    present = SAFETY.index(chosen["action"] if chosen else "pass")
    deciding = floor if floor and SAFETY.index(floor["action"]) < present else chosen
    met = [one for one in conditions_of(deciding) if "gte" in one and in_range(one, scores)] if deciding else []
    bounds = [
        (scores[one["attribute"]], one["gte"])
        for rule in applying
        for one in conditions_of(rule)
        if one.get("gte") and one["attribute"] in scores
    ]
    return (
        deciding["action"] if deciding else "pass",
        deciding["id"] if deciding else "",
        [(one["attribute"], scores[one["attribute"]], one["gte"]) for one in met],
        max((score / bound for score, bound in bounds), default=0.0),
        max((1.0 - abs(score - bound) for score, bound in bounds), default=0.0),
        chosen["id"] if chosen and deciding is not chosen else "",
    )


@given(GOOD_BODIES, SCORES, FEATURES, st.sampled_from(["s", "t"]), st.sampled_from(["", "Sport"]))
def test_verdicts_are_what_they_were_whatever_the_features(
    body: dict[str, Any], scores: dict[str, float], features: Features, source: str, section: str
) -> None:
    verdict = judge(parse_policy(body), scores, features=features, source=source, section=section)
    reasons = [(reason.attribute, reason.score, reason.threshold) for reason in verdict.reasons]
    found = (verdict.action, verdict.rule, reasons, verdict.risk, verdict.uncertainty, verdict.overridden)
    assert found == old_verdict(body, scores, source, section)


def broken(body: Any, at: list[int], value: Any) -> Any:
    """The body with one of its parts, found by choosing `at` each level, replaced."""
    place = body = copy.deepcopy(body)
    for level, choice in enumerate(at):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = keys[choice % len(keys)]
        if level == len(at) - 1 or not isinstance(place[key], (dict, list)):
            place[key] = value
            break
        place = place[key]
    return body


@settings(max_examples=300)
@given(BODIES | GOOD_BODIES, st.lists(st.integers(0, 9), max_size=7), WRONG, st.booleans())
def test_faults_are_told_where_and_as_they_were(body: Any, at: list[int], value: Any, breaks: bool) -> None:
    body = broken(body, at, value) if breaks else body
    # The fault of another schema's number is that schema's.
    assume(not (isinstance(body, dict) and body.get("schema") == 2))
    try:
        parse_policy(body)
        found = None
    except PolicyError as error:
        found = (error.pointer, error.detail)
    assert found == old_fault(body)
