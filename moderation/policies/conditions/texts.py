"""Conditions on the text: its facts, its language, the word lists that it hits."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from moderation.policies.conditions.base import Subject
from moderation.policies.conditions.choices import ValueChoice
from moderation.policies.conditions.ranges import NumberRange, refuse_empty
from moderation.policies.errors import PolicyError
from moderation.policies.messages import Message, gettext_noop
from moderation.policies.verdict import ConditionReason, Reason

NO_SHARE = gettext_noop("{fact} is a share from 0 to 1")
FACTS: dict[str, Callable[[Subject], float | None]] = {
    "links": lambda subject: subject.features.links,
    "length": lambda subject: subject.features.length,
    "capitals": lambda subject: subject.features.capitals,
    "repeats": lambda subject: subject.features.repeats,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRange(NumberRange):
    """A range of one of the text's facts: links, length, capitals (a share, 0 to 1) or repeats."""

    kind: ClassVar[str] = "fact"
    shares = frozenset({"capitals"})
    fact: str

    @classmethod
    def parse(cls, body: Mapping[str, Any], pointer: str) -> Self:
        """Returns the range that `body` describes; raises PolicyError if nothing can be in it."""
        found = cls(**body)
        refuse_empty(found, pointer, "number")
        for end in ("gte", "lte") if found.fact in cls.shares else ():
            if body.get(end, 0) > 1:
                raise PolicyError(f"{pointer}/{end}", Message(NO_SHARE, fact=found.fact))
        return found

    @property
    def name(self) -> str:
        """The fact."""
        return self.fact

    def value(self, subject: Subject) -> float | None:
        """Returns the fact."""
        return FACTS[self.fact](subject)

    def reader(self) -> Callable[[Subject], float | None]:
        """Returns the function that reads the fact."""
        return FACTS[self.fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHits(NumberRange):
    """At least `gte` hits of a word list. A list that the text was not matched against is not known."""

    kind: ClassVar[str] = "list"
    needs = ("lists",)
    list: str

    @classmethod
    def parse(cls, body: Mapping[str, Any], _pointer: str) -> Self:
        """Returns the condition that `body` describes; without `gte`, one hit is enough."""
        return cls(list=body["list"], gte=body.get("gte", 1))

    @property
    def name(self) -> str:
        """The list."""
        return self.list

    def value(self, subject: Subject) -> float | None:
        """Returns the hits."""
        lists = subject.features.lists
        return None if lists is None else lists.get(self.list)

    def reasons(self, subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields the hits, with the version of the list that they are of."""
        version = (subject.features.list_versions or {}).get(self.list)
        for reason in NumberRange.reasons(self, subject, wanted=wanted):
            yield replace(reason, version=version) if isinstance(reason, ConditionReason) else reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChoice(ValueChoice):
    """One of several languages, by their codes without a region."""

    kind: ClassVar[str] = "language"
    needs = ("language",)

    def value(self, subject: Subject) -> str | None:
        """Returns the language's code without its region; None if it is not known."""
        language = subject.features.language
        return language.partition("-")[0].lower() if language else None
