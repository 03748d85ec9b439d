"""What every condition is: something that is met, not met, or not known of a comment."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from moderation.policies.conditions.domains import Domain
from moderation.policies.features import Features
from moderation.policies.verdict import Reason


@dataclass(slots=True)
class Subject:
    """What is judged: the scores of a text (attribute → probability), its features, source and section."""

    scores: Mapping[str, float]
    features: Features
    source: str = ""
    section: str = ""


Check = Callable[[Subject], bool]


def language_of(subject: Subject) -> str:
    """The language of a text as policies name it: without region and script; empty if it is not known."""
    return base_language(subject.features.language)


def base_language(code: str | None) -> str:
    """A language code without region and script, in lower case; empty for none."""
    return (code or "").partition("-")[0].lower()


# A variable of a comment, such as ("fact", "links"), and the values that a condition leaves it.
Literal = tuple[tuple[str, str], Domain]


class Condition(ABC):
    """One condition of a rule, in Kleene's three-valued logic.

    `state` is None if what it asks about is not known. An unknown condition is not met, and neither is its `not`; in
    `all` and `any` it counts only if the others leave the answer open.

    Attributes:
        needs: The fields of `Features` that it reads and that are queried for only if some rule asks for them.
    """

    __slots__ = ()
    needs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def state(self, subject: Subject) -> bool | None:
        """Returns whether the condition is met; None if that is not known."""

    def check(self, *, wanted: bool = True) -> Check:
        """Returns a function that says whether the condition's state is `wanted`: judging calls it very often."""
        return lambda subject: self.state(subject) is wanted

    def reasons(self, _subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields why the condition's state is `wanted`, for a verdict; nothing if it is not, or explains nothing."""
        yield from ()

    def leaves(self, pointer: str, *, negated: bool = False) -> Iterator[tuple[str, "Condition", bool]]:
        """Yields the conditions without parts below this one: JSON pointer, condition, whether it is under a `not`."""
        yield pointer, self, negated

    def margin(self, _language: str = "") -> tuple[str, float] | None:
        """Returns the attribute and threshold above 0 from which risk and uncertainty are computed; None without.

        The threshold is that of texts in the language.
        """
        return None

    def literals(self, *, wanted: bool) -> tuple[Literal, ...] | None:
        """Returns what a comment has if the state is `wanted`: one of these; None for a kind that cannot say."""
        return None


@dataclass(frozen=True, slots=True)
class ConditionKind:
    """How conditions of one kind are read.

    Attributes:
        schema: JSON Schema of the whole condition.
        parse: Makes the condition of JSON that fits the schema; takes its JSON pointer too, for a PolicyError.
    """

    schema: Mapping[str, Any]
    parse: Callable[[Mapping[str, Any], str], Condition]
