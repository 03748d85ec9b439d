"""Erases what was kept long enough, by the rules in MODERATION_RETENTION: batch by batch, each a short transaction.

What is gone is not found again, so a run that was stopped goes on where it was.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from archive.database.clock import database_now
from archive.models import Comment, CommentRevision, OriginState, Source
from moderation.models import Appeal, DecisionNote, Erasure, ErasureKind, Feedback, LookUp, ReaderFlag, State
from moderation.services.privacy.erasures import comments_erase_batch
from moderation.services.privacy.forgetting import appeals_forget
from moderation.services.privacy.retention_rules import RetentionRule

BATCH = 200
Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table: which are older than a moment, the lookup to their source, and how some of them go."""

    older: Callable[[datetime], Rows]
    source: str
    forget: Callable[[Collection[Any]], None]


@dataclass(frozen=True, slots=True)
class Due:
    """What one rule takes: so many rows."""

    rule: RetentionRule
    rows: int


def _deleting(rows: Rows, time: str, source: str = "") -> Part:
    """Returns the part for rows that are deleted so long after `time`."""

    def forget(ids: Collection[Any]) -> None:
        rows.filter(pk__in=ids).delete()

    return Part(lambda before: rows.filter(**{f"{time}__lt": before}), source, forget)


def _removed(before: datetime) -> Rows:
    rejected = Q(review__state=State.REJECTED, review__decided_at__lt=before)
    deleted = Q(origin_state=OriginState.DELETED, review__updated_at__lt=before)
    return Comment.objects.filter(Q(withdrawn_at__lt=before) | rejected | deleted, erased_at=None)


def _reported(before: datetime) -> Rows:
    return ReaderFlag.objects.filter(at__lt=before).exclude(reporter__startswith="erased:")


def _reporters_replace(ids: Collection[Any]) -> None:
    nobody = Concat(Value("erased:"), Cast("pk", CharField()))
    ReaderFlag.objects.filter(pk__in=ids).update(reporter=nobody)


def _answered(before: datetime) -> Rows:
    empty = {"text": "", "appellant": "", "callback_url": "", "answer": ""}
    return Appeal.objects.closed().filter(decided_at__lt=before).exclude(**empty)


def _appeals_empty(ids: Collection[Any]) -> None:
    appeals_forget(Appeal.objects.filter(pk__in=ids))


def _comments_erase(ids: Collection[Any]) -> None:
    """Erases comments, with a receipt a source and batch."""
    found = Comment.objects.filter(pk__in=ids).order_by("source", "pk").values_list("source", "pk")
    for source, rows in groupby(found, key=itemgetter(0)):
        erasure = Erasure.objects.create(kind=ErasureKind.RETENTION, source_id=source)
        comments_erase_batch(erasure=erasure, ids=[pk for _, pk in rows])
        Erasure.objects.filter(pk=erasure.pk).update(finished_at=database_now())


PARTS: dict[str, tuple[Part, ...]] = {
    "comments": (
        Part(lambda before: Comment.objects.filter(created_at__lt=before, erased_at=None), "source", _comments_erase),
    ),
    "removed": (Part(_removed, "source", _comments_erase),),
    "revisions": (_deleting(CommentRevision.objects.all(), "comment__edited_at", "comment__source"),),
    "notes": (
        _deleting(DecisionNote.objects.filter(decision__commenter=None), "decision__at", "decision__comment__source"),
        _deleting(DecisionNote.objects.filter(decision__comment=None), "decision__at", "decision__commenter__source"),
    ),
    "appeals": (Part(_answered, "comment__source", _appeals_empty),),
    "feedback": (_deleting(Feedback.objects.all(), "at", "comment__source"),),
    "reports": (Part(_reported, "comment__source", _reporters_replace),),
    "look_ups": (_deleting(LookUp.objects.all(), "at", "commenter__source"),),
    "log_ins": tuple(
        _deleting(model._default_manager.all(), "attempt_time")
        for model in (AccessAttempt, AccessFailureLog, AccessLog)
    ),
    "sessions": (_deleting(Session.objects.all(), "expire_date"),),
    "admin_log": (_deleting(LogEntry.objects.all(), "action_time"),),
}


def retention_due(*, rules: Sequence[RetentionRule], now: datetime) -> list[Due]:
    """Returns what each rule takes at `now`, without taking it."""
    return [Due(rule, sum(rows.count() for rows, _ in _rows(rule, rules, now))) for rule in rules]


def retention_apply(
    *,
    rules: Sequence[RetentionRule],
    now: datetime,
    only: Sequence[RetentionRule] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Due]:
    """Takes what the rules say, those in `only` if it is given, until `stop()`; returns how many rows each took."""
    chosen = rules if only is None else only
    return [Due(rule, sum(_take(*one, stop) for one in _rows(rule, rules, now))) for rule in chosen]


def _rows(rule: RetentionRule, rules: Sequence[RetentionRule], now: datetime) -> list[tuple[Rows, Part]]:
    """Returns the rows that the rule is about; a general one leaves out the sources with a rule of their own."""
    before = now - timedelta(days=rule.days)
    own = [one.source for one in rules if one.kind == rule.kind and one.source]
    return [(_of_sources(part.older(before), part.source, rule.source, own), part) for part in PARTS[rule.kind]]


def _of_sources(rows: Rows, path: str, slug: str, own: Collection[str]) -> Rows:
    if slug:
        return rows.filter(**{f"{path}__in": Source.objects.filter(slug=slug)})
    return rows.exclude(**{f"{path}__in": Source.objects.filter(slug__in=own)}) if own else rows


def _take(rows: Rows, part: Part, stop: Callable[[], bool]) -> int:
    taken = 0
    while not stop() and (ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])):
        with transaction.atomic():
            part.forget(ids)
        taken += len(ids)
    return taken
