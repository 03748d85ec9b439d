"""Conditions on a number: both ends of a range are included."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from moderation.policies.conditions.base import Check, Condition, Literal, Subject, language_of
from moderation.policies.conditions.domains import Interval, counted, measured
from moderation.policies.errors import PolicyError
from moderation.policies.goals import Goal, parse_goal
from moderation.policies.messages import Message, gettext_noop
from moderation.policies.verdict import ConditionReason, Reason, VerdictReason

UNRESOLVED = gettext_noop("the goal {goal} for {attribute} has not been resolved to a number")
EMPTY = {
    "score": gettext_noop("no score is both at least {gte} and at most {lte}"),
    "number": gettext_noop("no number is both at least {gte} and at most {lte}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange(Condition):
    """A range of a number; `gte` and `lte` are None at an end that is open."""

    kind: ClassVar[str]
    # Those of its kind that are shares, from 0 to 1; the others are whole numbers from 0.
    shares: ClassVar[frozenset[str]] = frozenset()
    gte: float | None = None
    lte: float | None = None

    def value(self, subject: Subject) -> float | None:
        """Returns the number that is compared; None if it is not known."""
        raise NotImplementedError

    def reader(self) -> Callable[[Subject], float | None]:
        """Returns what `check` asks for the number, without a call between if a kind can."""
        return self.value

    @property
    def name(self) -> str:
        """Which number of its kind it is; empty if there is only one."""
        return ""

    def state(self, subject: Subject) -> bool | None:
        """Returns whether the number is in the range; None if it is not known."""
        value = self.value(subject)
        return None if value is None else self.includes(value)

    def includes(self, value: float) -> bool:
        """Returns whether the number is in the range."""
        return (self.gte is None or value >= self.gte) and (self.lte is None or value <= self.lte)

    def check(self, *, wanted: bool = True) -> Check:
        """Returns a function that says whether the state is `wanted`."""
        read, (low, high) = self.reader(), self._ends()
        if wanted:
            return lambda subject: (value := read(subject)) is not None and low <= value <= high
        return lambda subject: (value := read(subject)) is not None and not low <= value <= high

    def reasons(self, subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields the number and the range."""
        if self.state(subject) is wanted:
            found = self.value(subject)
            yield ConditionReason(self.kind, found, self.name, self.gte, self.lte, negated=not wanted)

    def literals(self, *, wanted: bool) -> tuple[Literal, ...] | None:
        """Returns the range, or what is outside."""
        return tuple(((self.kind, self.name), one) for one in self.intervals(wanted=wanted))

    def intervals(self, *, wanted: bool) -> tuple[Interval, ...]:
        """Returns the numbers in the range, or those outside."""
        if self.name in self.shares:
            return measured(self.gte, self.lte, wanted=wanted, most=1.0)
        return counted(self.gte, self.lte, wanted=wanted)

    def _ends(self) -> tuple[float, float]:
        return (
            float("-inf") if self.gte is None else self.gte,
            float("inf") if self.lte is None else self.lte,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRange(NumberRange):
    """A range of one attribute's probability. `goal` is what its lower end was or is to be resolved from.

    `by_language` has the lower ends of some languages: another model gives the scores there. Elsewhere it is `gte`.
    """

    kind: ClassVar[str] = "attribute"
    attribute: str
    goal: Goal | None = None
    by_language: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, body: Mapping[str, Any], pointer: str) -> Self:
        """Returns the range that `body` describes; raises PolicyError if no score can be in it."""
        goal = parse_goal(body["goal"], f"{pointer}/goal") if "goal" in body else None
        ends = tuple(sorted(body.get("by_language", {}).items()))
        found = cls(**{**body, "goal": goal, "by_language": ends})
        refuse_empty(found, pointer, "score")
        for code, _ in ends:
            refuse_empty(found.at(code), f"{pointer}/by_language/{code}", "score")
        return found

    def at(self, language: str) -> Self:
        """Returns the range as it is for texts in a language, by its base code."""
        if not self.by_language:
            return self
        return replace(self, gte=dict(self.by_language).get(language, self.gte), by_language=())

    def state(self, subject: Subject) -> bool | None:
        """Returns whether the score is in the range of the text's language; None for an attribute without one."""
        return NumberRange.state(self.at(language_of(subject)) if self.by_language else self, subject)

    @property
    def name(self) -> str:
        """The attribute."""
        return self.attribute

    @property
    def resolved(self) -> bool:
        """Whether it has a number to judge by."""
        return self.goal is None or self.gte is not None

    def value(self, subject: Subject) -> float | None:
        """Returns the score; None for an attribute without one."""
        return subject.scores.get(self.attribute)

    def check(self, *, wanted: bool = True) -> Check:
        """Returns a function that says whether the state is `wanted`; raises PolicyError for a goal without number."""
        if not self.resolved:
            raise PolicyError("", Message(UNRESOLVED, goal=self.goal, attribute=self.attribute))
        if self.by_language:
            return self._check_by_language(wanted=wanted)
        name, (low, high) = self.attribute, self._ends()
        if wanted and self.lte is None:
            return lambda subject: (score := subject.scores.get(name)) is not None and score >= low
        if wanted:
            return lambda subject: (score := subject.scores.get(name)) is not None and low <= score <= high
        return lambda subject: (score := subject.scores.get(name)) is not None and not low <= score <= high

    def _check_by_language(self, *, wanted: bool) -> Check:
        checks = {code: self.at(code).check(wanted=wanted) for code, _ in self.by_language}
        elsewhere = self.at("").check(wanted=wanted)
        return lambda subject: checks.get(language_of(subject), elsewhere)(subject)

    def reasons(self, subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields the score that reached the lower end; nothing if there is no such end."""
        if self.state(subject) is not wanted:
            return
        gte = self.at(language_of(subject)).gte
        if wanted and gte is not None:
            yield VerdictReason(self.attribute, subject.scores[self.attribute], gte)
        elif not wanted:
            score = subject.scores[self.attribute]
            yield ConditionReason(self.kind, score, self.attribute, gte, self.lte, negated=True)

    def margin(self, language: str = "") -> tuple[str, float] | None:
        """Returns the attribute and the lower end for texts in the language."""
        gte = self.at(language).gte
        return (self.attribute, gte) if gte else None

    def literals(self, *, wanted: bool) -> tuple[Literal, ...] | None:
        """Returns the range, or what is outside; nothing that holds of every language if their ends differ."""
        return None if self.by_language else NumberRange.literals(self, wanted=wanted)

    def intervals(self, *, wanted: bool) -> tuple[Interval, ...]:
        """Returns the probabilities in the range, or those outside."""
        return measured(self.gte, self.lte, wanted=wanted, most=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRange(AttributeRange):
    """An attribute's range whose upper end is a reason too, as in schema 2; schema 1 gave none for it."""

    def reasons(self, subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields the score, and the end that it reached or kept below."""
        if wanted and self.gte is None:
            yield from NumberRange.reasons(self, subject, wanted=wanted)
        else:
            yield from AttributeRange.reasons(self, subject, wanted=wanted)


def refuse_empty(found: NumberRange, pointer: str, noun: str) -> None:
    """Raises PolicyError if the lower end is above the upper one."""
    if found.gte is not None and found.lte is not None and found.gte > found.lte:
        raise PolicyError(pointer, Message(EMPTY[noun], gte=found.gte, lte=found.lte))
