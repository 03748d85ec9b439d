"""The kinds of conditions that a rule may have.

To add a kind, write a subclass of `Condition` and enter it in `KINDS` under the property that marks it in JSON. Parsing
and judging take it from there.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from moderation.policies.errors import PolicyError
from moderation.policies.features import Features
from moderation.policies.verdict import VerdictReason


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: the scores of a text (attribute → probability) and its features."""

    scores: Mapping[str, float]
    features: Features


class Condition(ABC):
    """One condition of a rule."""

    __slots__ = ()

    @abstractmethod
    def holds(self, subject: Subject) -> bool:
        """Returns whether the condition is met; a value that is not known meets none."""

    def reason(self, _subject: Subject) -> VerdictReason | None:
        """Returns why the condition holds, for a verdict; None if it does not, or if it explains nothing by itself."""
        return None

    def margin(self, _subject: Subject) -> tuple[float, float] | None:
        """Returns the score and its threshold above 0, from which risk and uncertainty are computed; None without."""
        return None


@dataclass(frozen=True, slots=True)
class AttributeRange(Condition):
    """A range of one attribute's probability, both ends included."""

    attribute: str
    gte: float | None = None
    lte: float | None = None

    @classmethod
    def parse(cls, body: Mapping[str, Any], pointer: str) -> Self:
        """Returns the range that `body` describes; raises PolicyError if no score can be in it."""
        found = cls(**body)
        if found.gte is not None and found.lte is not None and found.gte > found.lte:
            raise PolicyError(pointer, f"no score is both at least {found.gte} and at most {found.lte}")
        return found

    def holds(self, subject: Subject) -> bool:
        """Returns whether the score is in the range; an attribute without a score is in none."""
        score = subject.scores.get(self.attribute)
        if score is None:
            return False
        return (self.gte is None or score >= self.gte) and (self.lte is None or score <= self.lte)

    def reason(self, subject: Subject) -> VerdictReason | None:
        """Returns the score that reached the lower end; None if there is no such end."""
        if self.gte is None or not self.holds(subject):
            return None
        return VerdictReason(self.attribute, subject.scores[self.attribute], self.gte)

    def margin(self, subject: Subject) -> tuple[float, float] | None:
        """Returns the score and the lower end."""
        score = subject.scores.get(self.attribute)
        return (score, self.gte) if self.gte and score is not None else None


@dataclass(frozen=True, slots=True)
class ConditionKind:
    """How conditions of one kind are read.

    Attributes:
        schema: JSON Schema of the whole condition.
        parse: Makes the condition of JSON that fits the schema; takes its JSON pointer too, for a PolicyError.
    """

    schema: Mapping[str, Any]
    parse: Callable[[Mapping[str, Any], str], Condition]


ATTRIBUTE_RANGE = {
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
# The property that marks a kind → the kind. What has none of these properties is refused as the first kind would be.
KINDS: dict[str, ConditionKind] = {"attribute": ConditionKind(ATTRIBUTE_RANGE, AttributeRange.parse)}


def condition_schema() -> Mapping[str, Any]:
    """Returns the JSON Schema of a condition of any kind; its errors are those of the kind that the condition is of."""
    first, *_ = KINDS.values()
    schema = first.schema
    for mark, kind in reversed(KINDS.items()):
        if kind is not first:
            schema = {"if": {"type": "object", "required": [mark]}, "then": kind.schema, "else": schema}
    return schema


def parse_condition(body: Mapping[str, Any], pointer: str) -> Condition:
    """Returns the condition that `body`, which fits the schema, describes; raises PolicyError with `pointer`."""
    return next(kind.parse(body, pointer) for mark, kind in KINDS.items() if mark in body)
