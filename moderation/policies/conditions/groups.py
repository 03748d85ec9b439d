"""`all`, `any` and `not`: what conditions are put together by."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from moderation.policies.conditions.base import Check, Condition, Subject
from moderation.policies.errors import join_pointer
from moderation.policies.verdict import Reason


def every(checks: tuple[Check, ...]) -> Check:
    """Returns a function that says whether all checks are true, asking no more than it has to."""
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:  # noqa: PLR2004 - the most frequent size, half again as fast
        first, second = checks
        return lambda subject: first(subject) and second(subject)

    def all_true(subject: Subject) -> bool:
        for check in checks:  # noqa: SIM110 - all() over a generator takes three times as long
            if not check(subject):
                return False
        return True

    return all_true


def either(checks: tuple[Check, ...]) -> Check:
    """Returns a function that says whether any check is true, asking no more than it has to."""
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:  # noqa: PLR2004 - as above
        first, second = checks
        return lambda subject: first(subject) or second(subject)

    def any_true(subject: Subject) -> bool:
        for check in checks:  # noqa: SIM110 - as above
            if check(subject):
                return True
        return False

    return any_true


@dataclass(frozen=True, slots=True)
class Group(Condition):
    """Conditions of which `all` or `any` are to be met, or one that is `not` to be met.

    Of three-valued logic nothing is left in what judges: that a group is met, and that it is known not to be met, are
    each a question of the same kind about its parts (De Morgan).
    """

    quantifier: ClassVar[str]
    parts: tuple[Condition, ...]

    @abstractmethod
    def asks_every(self, *, wanted: bool) -> bool:
        """Returns whether every part has to be in its state for the group's to be `wanted`; else one is enough."""

    @staticmethod
    def part_wanted(*, wanted: bool) -> bool:
        """Returns the state of its parts that makes the group's `wanted`."""
        return wanted

    def state(self, subject: Subject) -> bool | None:
        """Returns the state by Kleene's tables: a part may settle it, else the unknown leaves it open."""
        states = [part.state(subject) for part in self.parts]
        settled = not self.asks_every(wanted=True)
        if settled in states:
            return settled
        return None if None in states else not settled

    def check(self, *, wanted: bool = True) -> Check:
        """Returns a function that says whether the state is `wanted`."""
        checks = tuple(part.check(wanted=self.part_wanted(wanted=wanted)) for part in self.parts)
        return every(checks) if self.asks_every(wanted=wanted) else either(checks)

    def reasons(self, subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields the reasons of the parts that made the state `wanted`."""
        if self.state(subject) is wanted:
            inner = self.part_wanted(wanted=wanted)
            for part in self.parts:
                yield from part.reasons(subject, wanted=inner)

    def leaves(self, pointer: str, *, negated: bool = False) -> Iterator[tuple[str, Condition, bool]]:
        """Yields the conditions below."""
        for index, part in enumerate(self.parts):
            place = join_pointer(pointer, self.quantifier, index)
            yield from part.leaves(place, negated=negated)


@dataclass(frozen=True, slots=True)
class All(Group):
    """Met if all parts are; not met if one is not."""

    quantifier: ClassVar[str] = "all"

    def asks_every(self, *, wanted: bool) -> bool:
        """Returns `wanted`."""
        return wanted


@dataclass(frozen=True, slots=True)
class AnyOf(Group):
    """Met if one part is; not met if none is."""

    quantifier: ClassVar[str] = "any"

    def asks_every(self, *, wanted: bool) -> bool:
        """Returns the opposite of `wanted`."""
        return not wanted


@dataclass(frozen=True, slots=True)
class Not(Group):
    """Met if its one part is known not to be."""

    quantifier: ClassVar[str] = "not"

    def asks_every(self, *, wanted: bool) -> bool:
        """Returns True: the one part is every part."""
        return True

    def state(self, subject: Subject) -> bool | None:
        """Returns the opposite of the part's state; what is not known stays so."""
        state = self.parts[0].state(subject)
        return None if state is None else not state

    @staticmethod
    def part_wanted(*, wanted: bool) -> bool:
        """Returns the opposite."""
        return not wanted

    def leaves(self, pointer: str, *, negated: bool = False) -> Iterator[tuple[str, Condition, bool]]:
        """Yields the conditions below, which are negated once more."""
        yield from self.parts[0].leaves(join_pointer(pointer, self.quantifier), negated=not negated)


GROUPS: dict[str, type[Group]] = {group.quantifier: group for group in (All, AnyOf, Not)}
