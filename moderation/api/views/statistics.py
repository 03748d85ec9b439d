"""Numbers: reports of the figures that are counted once a day, as JSON or CSV."""

from datetime import date, timedelta
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.requests.access import Access, request_sources
from moderation.api.responses.schema import described
from moderation.api.serializers.statistics import MAX_BY, StatisticsListOut, StatisticsOut
from moderation.api.views.base import ApiView
from moderation.models import ApiKey
from moderation.services.errors import ServiceError, invalid, not_found
from moderation.services.ledger.csv_cells import csv_lines
from moderation.services.statistics.report import COLUMNS, REPORTS, Question, last_day, report_read

RULE = Access("statistics", ("moderation.view_dailyfigure",))
DAYS = 30
NARROWED = ("source", "section", "queue", "moderator", "rule")
FORMATS = ("json", "csv")
PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="The first day; 30 days before the last if not given."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="The last day; today if not given."),
    OpenApiParameter(
        "by", str, description=f"What to split by, a list with commas: up to {MAX_BY} of {', '.join(COLUMNS)}."
    ),
    *(OpenApiParameter(name, str, description=f"Only this {name}.") for name in NARROWED),
    OpenApiParameter("format", str, enum=FORMATS, description="CSV instead of JSON."),
]


class StatisticsList(ApiView):
    """The reports there are."""

    access = {"GET": RULE}

    @described(operation_id="statistics_list", responses=StatisticsListOut)
    def get(self, request: Request) -> Response:
        """Returns each report's name, its columns, and what it can be split and narrowed by."""
        rows = [{"name": name, "by": one.by, "columns": one.columns} for name, one in REPORTS.items()]
        return Response({"results": rows})


class StatisticsReport(ApiView):
    """One report."""

    access = {"GET": RULE}
    parameters = {"GET": frozenset({"from", "to", "by", "format", *NARROWED})}

    @described(
        parameters=PARAMETERS, responses={(200, "application/json"): StatisticsOut, (200, "text/csv"): OpenApiTypes.STR}
    )
    def get(self, request: Request, name: str) -> HttpResponse | Response:
        """Returns the report's rows, of the caller's sources; of moderators, those whom the caller may see."""
        if name not in REPORTS:
            raise not_found("There is no such report.")
        question, sources = question_read(request), request_sources(request)
        viewer = None if isinstance(request.auth, ApiKey) else cast("User", request.user)
        rows = report_read(name=name, question=question, sources=sources, viewer=viewer)
        if request.query_params.get("format") == "csv":
            return csv_answer(name, question, rows)
        said = {"name": name, "start": question.start, "end": question.end, "by": question.by, "results": rows}
        return Response({**said, "counted_until": last_day(sources=sources)})


def csv_answer(name: str, question: Question, rows: list[dict[str, Any]]) -> HttpResponse:
    """Returns the rows as a file."""
    text = "".join(csv_lines(rows, [*question.by, *REPORTS[name].columns]))
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def question_read(request: Request) -> Question:
    """Returns what the query asks for; raises ServiceError `validation_error` by parameter."""
    asked = request.query_params
    if asked.get("format", "json") not in FORMATS:
        raise invalid("/format", "A report is json or csv.", code="invalid_choice")
    end = _day(asked.get("to"), "to") or timezone.localdate()
    start = _day(asked.get("from"), "from") or end - timedelta(days=DAYS)
    by = tuple(dict.fromkeys(filter(None, asked.get("by", "day").split(","))))
    if len(by) > MAX_BY:
        raise invalid("/by", f"A report is split by at most {MAX_BY}.", limit=MAX_BY)
    return Question(start, end, by, {one: asked[one] for one in NARROWED if one in asked})


def _day(words: str | None, name: str) -> date | None:
    try:
        return date.fromisoformat(words) if words else None
    except ValueError as error:
        raise _no_day(name) from error


def _no_day(name: str) -> ServiceError:
    return invalid(f"/{name}", "A day is written as 2026-11-30.")
