"""Counts a day and keeps it. Past days are counted again, because decisions are overturned later; queues are not.

How many comments wait is known only now, so that part is written for today and kept as it is from then on.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from archive.database.clock import database_now
from archive.models import Comment
from moderation.models import (
    Action,
    Appeal,
    AppealOutcome,
    DailyFigure,
    Decision,
    DecisionKind,
    Figure,
    QueueName,
    Review,
)
from moderation.models.review import IN_VIEW
from moderation.services.statistics.buckets import bucket_of

CHUNK = 1_000
JUDGING = (Action.APPROVE, Action.REJECT, Action.HIGHLIGHT, Action.UNHIGHLIGHT)
QUEUES = (QueueName.PENDING, QueueName.HELD, QueueName.ESCALATED, QueueName.DEFERRED, QueueName.REPORTED)
# A day's overturned share is final when nobody comes back to it: so many days are counted again by default.
RECOUNTED_DAYS = 30
HOUR_SECONDS = 3_600
PEOPLE = Q(kind=DecisionKind.PERSON) | (Q(kind=DecisionKind.SYSTEM) & ~Q(api_key=""))
COLUMNS = (
    *("pk", "comment_id", "kind", "action", "actor_id", "rule", "from_state", "at", "automated_detection"),
    *("undoes_id", "comment__source_id", "comment__article__section", "comment__received_at"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a count belongs, apart from the day."""

    figure: str
    source: int
    section: str = ""
    queue: str = ""
    moderator: int | None = None
    rule: str = ""
    bucket: int = 0


def day_snapshot(*, day: date) -> int:
    """Counts one day anew, in one transaction; returns how many rows it takes. Of today also what waits now."""
    counts = Counter[Place]()
    _count_comments(day, counts)
    _count_judgements(day, counts)
    _count_appeals(day, counts)
    today = day == timezone.localdate()
    if today:
        _count_queues(counts)
    return _keep(day, counts, queues_too=today)


def hour_snapshot() -> tuple[date, date]:
    """Counts today and one of the days before it, another each hour; returns both.

    Every day of the last month is so counted again within thirty hours, and no call takes longer than two days do.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    past = today - timedelta(days=1 + int(now.timestamp() // HOUR_SECONDS) % RECOUNTED_DAYS)
    for day in (today, past):
        day_snapshot(day=day)
    return today, past


@transaction.atomic
def _keep(day: date, counts: Counter[Place], *, queues_too: bool) -> int:
    old = DailyFigure.objects.filter(day=day)
    (old if queues_too else old.exclude(figure__in=(Figure.WAITING, Figure.OLDEST))).delete()
    rows = [
        DailyFigure(
            day=day,
            figure=place.figure,
            source_id=place.source,
            section=place.section,
            queue=place.queue,
            moderator_id=place.moderator,
            rule=place.rule,
            bucket=place.bucket,
            value=value,
        )
        for place, value in counts.items()
    ]
    DailyFigure.objects.bulk_create(rows, batch_size=CHUNK)
    return len(rows)


def _span(day: date) -> tuple[datetime, datetime]:
    """Returns a day's beginning and that of the next, in the site's time zone."""
    begin, after = (datetime.combine(one, time.min) for one in (day, day + timedelta(days=1)))
    return timezone.make_aware(begin), timezone.make_aware(after)


def _count_comments(day: date, counts: Counter[Place]) -> None:
    begin, after = _span(day)
    came = Comment.objects.filter(created_at__gte=begin, created_at__lt=after).order_by()
    for source, section, count in came.values_list("source", "article__section").annotate(Count("pk")):
        counts[Place(Figure.COMMENTS, source, section)] += count
    flagged = Review.objects.filter(flagged=True, created_at__gte=begin, created_at__lt=after).order_by()
    by_rule = flagged.annotate(rule=KT("verdict__rule")).values_list("source", "article__section", "rule")
    for source, section, rule, count in by_rule.annotate(Count("pk")):
        counts[Place(Figure.FLAGGED, source, section, rule=rule or "")] += count


def _count_queues(counts: Counter[Place]) -> None:
    now = database_now()
    for queue in QUEUES:
        rows = Review.objects.filter(IN_VIEW[queue]).order_by().values_list("source", "article__section")
        waiting = rows.annotate(Count("pk"), oldest=Min("comment__received_at"))
        for source, section, count, oldest in waiting:
            counts[Place(Figure.WAITING, source, section, queue=queue)] = count
            counts[Place(Figure.OLDEST, source, section, queue=queue)] = max(0, int((now - oldest).total_seconds()))


def _count_judgements(day: date, counts: Counter[Place]) -> None:
    begin, after = _span(day)
    judged = Decision.objects.filter(at__gte=begin, at__lt=after, comment__isnull=False, action__in=JUDGING)
    judged = judged.filter(PEOPLE | Q(kind=DecisionKind.POLICY)).order_by("pk")
    for chunk in _chunks(judged.values(*COLUMNS)):
        history = _history([row["comment_id"] for row in chunk])
        for row in chunk:
            _count_judgement(row, history[row["comment_id"]], counts)


def _chunks(rows: Any) -> Iterator[list[dict[str, Any]]]:
    last = 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1]["pk"]


def _history(comments: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Returns comment id → its judgements and undos by people and rules, in their order. One query."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = Decision.objects.filter(comment__in=comments).filter(Q(action__in=JUDGING) | Q(undoes__isnull=False))
    by_person = Q(kind__in=(DecisionKind.PERSON, DecisionKind.SYSTEM, DecisionKind.UNDO, DecisionKind.APPEAL))
    for row in rows.order_by("pk").values("pk", "comment_id", "kind", "action", "undoes_id").filter(by_person):
        found[row["comment_id"]].append(dict(row))
    return found


def _count_judgement(row: dict[str, Any], history: Sequence[dict[str, Any]], counts: Counter[Place]) -> None:
    source, section = row["comment__source_id"], row["comment__article__section"]
    where = {"section": section, "rule": row["rule"], "moderator": row["actor_id"]}
    counts[Place(Figure.JUDGED, source, **where)] += 1
    if _is_overturned(row, history):
        counts[Place(Figure.OVERTURNED, source, **where)] += 1
    if row["kind"] == DecisionKind.POLICY:
        return
    where["queue"] = row["from_state"]
    counts[Place(Figure.DECIDED, source, **where)] += 1
    rejected = row["action"] == Action.REJECT
    if rejected:
        counts[Place(Figure.REJECTED, source, **where)] += 1
    if row["automated_detection"]:
        counts[Place(Figure.DETECTED, source, section, rule=row["rule"])] += 1
        counts[Place(Figure.AGREED, source, section, rule=row["rule"])] += rejected
    if not any(one["pk"] < row["pk"] for one in history):
        bucket = bucket_of(row["at"] - row["comment__received_at"])
        counts[Place(Figure.WAITED, source, **where, bucket=bucket)] += 1


def _count_appeals(day: date, counts: Counter[Place]) -> None:
    """Counts the appeals that were decided, by the rule and the person of the decision that they were against."""
    decided = Appeal.objects.decided_between(*_span(day)).order_by("pk")
    about = ("comment__source", "comment__article__section", "decision__rule", "decision__actor")
    for source, section, rule, moderator, outcome, made, at in decided.values_list(
        *about, "outcome", "made_at", "decided_at"
    ).iterator(chunk_size=CHUNK):
        where = {"section": section, "rule": rule, "moderator": moderator}
        counts[Place(Figure.APPEALED, source, **where)] += 1
        counts[Place(Figure.REVERSED, source, **where)] += outcome == AppealOutcome.OVERTURNED
        counts[Place(Figure.ANSWERED, source, **where, bucket=bucket_of(at - made))] += 1


def _is_overturned(row: dict[str, Any], history: Sequence[dict[str, Any]]) -> bool:
    """Says whether the judgement was undone, or whether the next one by a person says the opposite."""
    later = [one for one in history if one["pk"] > row["pk"]]
    if any(one["undoes_id"] == row["pk"] for one in later):
        return True
    following = next((one for one in later if one["action"] in JUDGING), None)
    return following is not None and (following["action"] == Action.REJECT) != (row["action"] == Action.REJECT)
