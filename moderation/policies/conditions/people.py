"""Conditions on who wrote the comment, on what readers report of it, and on how late it came."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from moderation.policies.conditions.base import Check, Condition, Literal, Subject
from moderation.policies.conditions.domains import Interval, Values, measured
from moderation.policies.conditions.ranges import NumberRange, refuse_empty
from moderation.policies.features import LAST_DECIDED, CommenterRecord
from moderation.policies.verdict import ConditionReason, Reason


def rejected_share(record: CommenterRecord) -> float | None:
    """Returns the share of the last 20 decided comments that were rejected; None if none was decided."""
    return record.rejected / min(record.decided, LAST_DECIDED) if record.decided else None


COUNTS: dict[str, Callable[[CommenterRecord], float | None]] = {
    "approved": lambda record: record.approved,
    "rejected_share": rejected_share,
}
MARKS: dict[str, Callable[[CommenterRecord], bool]] = {
    "new": lambda record: record.decided == 0,
    "exempt": lambda record: record.exempt,
    "staff": lambda record: record.staff,
    "muted_before": lambda record: record.muted_before,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRange(NumberRange):
    """A range of a number of the commenter's record."""

    kind: ClassVar[str] = "commenter"
    shares = frozenset({"rejected_share"})
    needs = ("commenter",)
    commenter: str

    @property
    def name(self) -> str:
        """Which number."""
        return self.commenter

    def value(self, subject: Subject) -> float | None:
        """Returns the number."""
        record = subject.features.commenter
        return None if record is None else COUNTS[self.commenter](record)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMark(Condition):
    """Something that is true of the commenter: new (no comment decided yet), exempt, staff, or muted before."""

    kind: ClassVar[str] = "commenter"
    needs = ("commenter",)
    commenter: str

    def state(self, subject: Subject) -> bool | None:
        """Returns whether it is true; None for a comment without a commenter."""
        record = subject.features.commenter
        return None if record is None else MARKS[self.commenter](record)

    def check(self, *, wanted: bool = True) -> Check:
        """Returns a function that says whether the state is `wanted`."""
        read = MARKS[self.commenter]
        return lambda subject: (record := subject.features.commenter) is not None and read(record) is wanted

    def reasons(self, subject: Subject, *, wanted: bool = True) -> Iterator[Reason]:
        """Yields what is true, or not."""
        if self.state(subject) is wanted:
            yield ConditionReason(self.kind, wanted, self.commenter, negated=not wanted)

    def literals(self, *, wanted: bool) -> tuple[Literal, ...] | None:
        """Returns that it is true, or not."""
        return (((self.kind, self.commenter), Values(frozenset({wanted}))),)


def parse_commenter(body: Mapping[str, Any], pointer: str) -> Condition:
    """Returns the condition on the commenter's record that `body` describes."""
    if body["commenter"] in MARKS:
        return RecordMark(commenter=body["commenter"])
    found = RecordRange(**body)
    refuse_empty(found, pointer, "number")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedRange(NumberRange):
    """A range that stands in JSON below its kind: `{"flags": {"gte": 2}}`."""

    @classmethod
    def parse(cls, body: Mapping[str, Any], pointer: str) -> Self:
        """Returns the range that `body` describes; raises PolicyError if no number can be in it."""
        found = cls(**body[cls.kind])
        refuse_empty(found, f"{pointer}/{cls.kind}", "number")
        return found

    def intervals(self, *, wanted: bool) -> tuple[Interval, ...]:
        """Returns the numbers in the range, or those outside."""
        return measured(self.gte, self.lte, wanted=wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagsRange(NestedRange):
    """A range of the reader flags, weighted."""

    kind: ClassVar[str] = "flags"
    needs = ("flags",)

    def value(self, subject: Subject) -> float | None:
        """Returns the weighted flags."""
        return subject.features.flags


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleAge(NestedRange):
    """A range of hours between the article and the comment."""

    kind: ClassVar[str] = "article_age_hours"
    needs = ("article_age_hours",)

    def value(self, subject: Subject) -> float | None:
        """Returns the hours."""
        return subject.features.article_age_hours

    def intervals(self, *, wanted: bool) -> tuple[Interval, ...]:
        """Returns the hours in the range, or those outside; a comment may be older than what its article says."""
        return measured(self.gte, self.lte, wanted=wanted, least=float("-inf"))
