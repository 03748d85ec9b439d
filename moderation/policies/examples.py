"""A policy's own tests: comments with the action that the policy is expected to take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.policies.features import CommenterRecord, Features


@dataclass(frozen=True, slots=True)
class Example:
    """One test. It has a `text`, to be scored by the active model, or `scores`; `features` is what it says of facts.

    `pointer` is where it stands in the policy's JSON.
    """

    expect: str
    text: str = ""
    scores: Mapping[str, float] | None = None
    features: Features = field(default_factory=Features)
    given: frozenset[str] = frozenset()
    source: str = ""
    section: str = ""
    name: str = ""
    pointer: str = ""

    def completed(self, known: Features) -> Features:
        """Returns the features of the example's text, except for those that the example gives itself."""
        return Features(
            **{name: getattr(self.features if name in self.given else known, name) for name in Features.__slots__}
        )


@dataclass(frozen=True, slots=True)
class ExampleOutcome:
    """What the policy did with an example: its `action`, by `rule` (empty if none matched)."""

    example: Example
    action: str
    rule: str

    @property
    def passed(self) -> bool:
        """Whether it is what was expected."""
        return self.action == self.example.expect

    @property
    def name(self) -> str:
        """What to call the example."""
        return self.example.name or self.example.text[:60] or self.example.pointer

    def __str__(self) -> str:
        by = f" by {self.rule}" if self.rule else ", for no rule matches"
        found = f"{self.example.expect}" if self.passed else f"{self.action}{by}, expected {self.example.expect}"
        return f"{'ok' if self.passed else 'FAILED'}  {self.name}: {found}"


def parse_example(body: Mapping[str, Any], pointer: str) -> Example:
    """Returns the example that `body`, which fits the schema, describes."""
    facts = dict(body.get("facts", {}))
    record = facts.pop("commenter", None)
    features = Features(**facts, commenter=None if record is None else CommenterRecord(**record))
    others = {name: body[name] for name in ("text", "scores", "source", "section", "name") if name in body}
    given = frozenset(body.get("facts", {}))
    return Example(expect=body["expect"], features=features, given=given, pointer=pointer, **others)
