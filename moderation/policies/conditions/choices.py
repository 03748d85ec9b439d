"""Conditions on a value that is one of several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from moderation.policies.conditions.base import Condition, Literal, Subject
from moderation.policies.conditions.domains import Values
from moderation.policies.verdict import ConditionReason, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChoice(Condition):
    """One of `values`."""

    kind: ClassVar[str]
    values: frozenset[str]

    @classmethod
    def parse(cls, body: Mapping[str, Any], _pointer: str) -> Self:
        """Returns the condition that `body` describes."""
        return cls(values=frozenset(body[cls.kind]))

    def value(self, subject: Subject) -> str | None:
        """Returns the value that is looked for; None if it is not known."""
        raise NotImplementedError

    def state(self, subject: Subject) -> bool | None:
        """Returns whether the value is one of them; None if it is not known."""
        value = self.value(subject)
        return None if value is None else value in self.values

    def reasons(self, subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields the value."""
        if self.state(subject) is wanted:
            yield ConditionReason(self.kind, self.value(subject), negated=not wanted)

    def literals(self, *, wanted: bool) -> tuple[Literal, ...] | None:
        """Returns the values, or all others."""
        return (((self.kind, ""), Values(self.values, excluded=not wanted)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChoice(ValueChoice):
    """One of several sources, by slug. A text that is of no source, as in `analyze/`, has none that is known."""

    kind: ClassVar[str] = "source"

    def value(self, subject: Subject) -> str | None:
        """Returns the source's slug."""
        return subject.source or None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChoice(ValueChoice):
    """One of several sections; an article without one has none that is known."""

    kind: ClassVar[str] = "section"

    def value(self, subject: Subject) -> str | None:
        """Returns the article's section."""
        return subject.section or None
