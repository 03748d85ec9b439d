"""Puts restrictions into batches of statements, each once, and marks a batch as sent when its file is complete.

A batch is written down before its file is, so that a run that is killed in between writes the same file again, under
the same name, instead of stating a decision twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet

from archive.database.clock import database_now
from moderation.models import Action, Decision, DecisionKind, ReaderFlag, Reason, State, Statement
from moderation.services.errors import conflict
from moderation.services.statements.build import statement_of, statement_problem

BATCH = 100


@dataclass(frozen=True, slots=True)
class StatementBatch:
    """The statements of one file."""

    number: int
    statements: list[dict[str, Any]]


def restrictions(sources: Collection[int] = ()) -> QuerySet[Decision]:
    """Returns the decisions that need a statement: rejections and mutes that stand, but for those of an import.

    An undone one is left out: the restriction is over, and a slip of the hand is no decision. What an import brought
    was decided in another system.
    """
    wanted = Q(action=Action.REJECT, to_state=State.REJECTED) | Q(action=Action.MUTE)
    rows = Decision.objects.in_sources(sources).filter(wanted).exclude(kind=DecisionKind.IMPORT)
    return rows.filter(undone_by=None).select_related("comment__source", "commenter__source").order_by("pk")


def batch_next(*, sources: Collection[int] = ()) -> StatementBatch | None:
    """Returns the batch that was begun and not sent, else a new one; None if nothing is left to state.

    Raises ServiceError `conflict` if another run takes the same decisions at this moment.
    """
    begun = Statement.objects.unsent().order_by("batch").values_list("batch", flat=True).first()
    if begun is not None:
        rows = Decision.objects.filter(statement__batch=begun, statement__problem="")
        return StatementBatch(
            begun, _statements(rows.select_related("comment__source", "commenter__source").order_by("pk"))
        )
    try:
        return _new_batch(sources)
    except IntegrityError as error:
        raise conflict("Another run is exporting statements: wait for its end.") from error


def batch_sent(*, number: int) -> None:
    """Marks the batch's statements as sent."""
    Statement.objects.filter(batch=number, sent_at=None).update(sent_at=database_now())


def statement_problems() -> list[tuple[int, str]]:
    """Returns the decisions whose statements do not fit the form, each with what is wrong."""
    return list(Statement.objects.exclude(problem="").order_by("decision").values_list("decision_id", "problem"))


def statements_again() -> int:
    """Forgets those problems, so that the next run tries again; returns how many."""
    return Statement.objects.exclude(problem="").delete()[0]


@transaction.atomic
def _new_batch(sources: Collection[int]) -> StatementBatch | None:
    number = (Statement.objects.aggregate(last=Max("batch"))["last"] or 0) + 1
    good: list[dict[str, Any]] = []
    while not good and (rows := list(restrictions(sources).filter(statement=None)[:BATCH])):
        made = _statements(rows)
        problems = [statement_problem(one) for one in made]
        Statement.objects.bulk_create(
            Statement(decision=row, batch=None if problem else number, problem=problem)
            for row, problem in zip(rows, problems, strict=True)
        )
        good = [one for one, problem in zip(made, problems, strict=True) if not problem]
    return StatementBatch(number, good) if good else None


def _statements(decisions: Sequence[Decision] | QuerySet[Decision]) -> list[dict[str, Any]]:
    rows = list(decisions)
    reasons = {reason.code: reason for reason in Reason.objects.filter(code__in={row.reason for row in rows})}
    flags = ReaderFlag.objects.filter(comment__in=[row.comment_id for row in rows if row.comment_id])
    reported = {(comment, at) for comment, at in flags.values_list("comment_id", "at")}
    return [
        statement_of(
            row,
            reason=reasons.get(row.reason),
            reported=any(comment == row.comment_id and at <= row.at for comment, at in reported),
        )
        for row in rows
    ]
