"""Reads the daily figures: sums by day, source, section, queue, moderator and rule, in a few queries over few rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from archive.models import Source
from moderation.models import DailyFigure, Figure
from moderation.services.errors import invalid
from moderation.services.statistics.buckets import quantile

SEE_MODERATORS = "moderation.see_moderators"
MAX_DAYS, MAX_ROWS = 1_100, 20_000
# What a report can be split and narrowed by → the column.
COLUMNS = {
    "day": "day",
    "source": "source__slug",
    "section": "section",
    "queue": "queue",
    "moderator": "moderator__username",
    "rule": "rule",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A report: the figures it is of, what it can be split by, and the columns that it gives."""

    figures: tuple[Figure, ...]
    by: tuple[str, ...]
    columns: tuple[str, ...]


PLACES = ("day", "source", "section")
REPORTS: Mapping[str, Report] = {
    "volume": Report((Figure.COMMENTS, Figure.FLAGGED), PLACES, ("comments", "flagged", "share")),
    "flags": Report((Figure.FLAGGED,), (*PLACES, "rule"), ("flagged",)),
    "queues": Report((Figure.WAITING, Figure.OLDEST), (*PLACES, "queue"), ("waiting", "oldest_seconds")),
    "decisions": Report(
        (Figure.DECIDED, Figure.REJECTED, Figure.WAITED),
        (*PLACES, "queue", "moderator", "rule"),
        ("decided", "rejected", "p50_seconds", "p90_seconds"),
    ),
    "overturned": Report(
        (Figure.JUDGED, Figure.OVERTURNED), (*PLACES, "moderator", "rule"), ("judged", "overturned", "share")
    ),
    "appeals": Report(
        (Figure.APPEALED, Figure.REVERSED, Figure.ANSWERED),
        (*PLACES, "moderator", "rule"),
        ("appealed", "reversed", "share", "p50_seconds", "p90_seconds"),
    ),
    "agreement": Report((Figure.DETECTED, Figure.AGREED), (*PLACES, "rule"), ("detected", "agreed", "share")),
}
# Figures in buckets of how long something waited.
WAITS = (Figure.WAITED, Figure.ANSWERED)
# A share's part and whole, by report.
SHARES = {
    "volume": ("flagged", "comments"),
    "overturned": ("overturned", "judged"),
    "agreement": ("agreed", "detected"),
    "appeals": ("reversed", "appealed"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the days, both included, what to split by, and column → the value that narrows it."""

    start: date
    end: date
    by: tuple[str, ...] = ("day",)
    only: Mapping[str, str] = field(default_factory=dict)


def report_read(
    *, name: str, question: Question, sources: Collection[int] = (), viewer: User | None = None
) -> list[dict[str, Any]]:
    """Returns a report's rows in the order of what they are split by; shares are null without a whole.

    `sources` are ids, empty for all. A `viewer` who may not see others' numbers gets their own where people are told
    apart; None is a key or a command, which sees all. Raises ServiceError `validation_error` by field.
    """
    report = REPORTS.get(name)
    if report is None:
        raise invalid("/name", _("A report is one of %(names)s.") % {"names": ", ".join(REPORTS)})
    _check(report, question)
    rows = _rows(report, question, sources, viewer)
    found: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    columns = [COLUMNS[one] for one in question.by]
    grouped = rows.order_by().values_list(*columns, "figure", "bucket").annotate(Sum("value"), Max("value"))
    for *split, figure, bucket, total, most in grouped[: MAX_ROWS + 1]:
        cell = found[tuple(split)]
        if figure in WAITS:
            cell[bucket] = cell.get(bucket, 0) + total
        elif figure == Figure.OLDEST:
            cell["oldest_seconds"] = max(cell.get("oldest_seconds", 0), most)
        else:
            cell[str(figure)] = cell.get(str(figure), 0) + total
    if len(found) > MAX_ROWS:
        said = _("More than %(limit)d rows: take fewer days, or split by less.") % {"limit": MAX_ROWS}
        raise invalid("/by", said, limit=MAX_ROWS)
    ordered = sorted(found, key=lambda split: [(one is None, one) for one in split])
    return [_row(name, report, question, split, found[split]) for split in ordered]


def last_day(*, sources: Collection[int] = ()) -> date | None:
    """Returns the last day that was counted, None if none was. One query."""
    rows = DailyFigure.objects.filter(source__in=sources) if sources else DailyFigure.objects.all()
    found: date | None = rows.aggregate(last=Max("day"))["last"]
    return found


def _check(report: Report, question: Question) -> None:
    if question.start > question.end:
        raise invalid("/from", _("The range ends before it begins."))
    if (question.end - question.start).days >= MAX_DAYS:
        raise invalid("/from", _("A report covers at most %(limit)d days.") % {"limit": MAX_DAYS}, limit=MAX_DAYS)
    for pointer, names in (("/by", question.by), ("", question.only)):
        for name in names:
            if name not in report.by:
                said = _("This report is split and narrowed by %(names)s.") % {"names": ", ".join(report.by)}
                raise invalid(pointer or f"/{name}", said, code="invalid_choice")


def _rows(report: Report, question: Question, sources: Collection[int], viewer: User | None) -> QuerySet[DailyFigure]:
    rows = DailyFigure.objects.filter(figure__in=report.figures, day__range=(question.start, question.end))
    rows = rows.filter(source__in=sources) if sources else rows
    if "source" in question.only:
        rows = rows.filter(source__in=Source.objects.filter(slug=question.only["source"]).values("pk"))
    narrowed = {COLUMNS[name]: value for name, value in question.only.items() if name not in {"day", "source"}}
    rows = rows.filter(**narrowed)
    told_apart = "moderator" in question.by or "moderator" in question.only
    if told_apart and viewer is not None and not viewer.has_perm(SEE_MODERATORS):
        rows = rows.filter(Q(moderator=viewer) | Q(moderator=None))
    if Figure.WAITING in report.figures and "day" not in question.by:
        # Sizes of a queue on several days do not add up: the last one tells.
        rows = rows.filter(day=rows.aggregate(last=Max("day"))["last"] or question.end)
    return rows


def _row(
    name: str, report: Report, question: Question, split: Sequence[Any], cell: Mapping[Any, int]
) -> dict[str, Any]:
    waits = {bucket: count for bucket, count in cell.items() if isinstance(bucket, int)}
    row = dict(zip(question.by, split, strict=True))
    for column in report.columns:
        row[column] = cell.get(column, 0)
    if "p50_seconds" in report.columns:
        row |= {"p50_seconds": quantile(waits, 0.5), "p90_seconds": quantile(waits, 0.9)}
    if name in SHARES:
        part, whole = SHARES[name]
        row["share"] = round(row[part] / row[whole], 4) if row[whole] else None
    return row
