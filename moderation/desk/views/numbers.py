"""Numbers for the head of moderation: reports of the days that were counted, as charts with tables beneath."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Source
from moderation.desk.access import VIEW, Person, desk_view
from moderation.desk.charts import HEIGHT, WIDTH, Chart, day_chart
from moderation.desk.finding.queues import QUEUES
from moderation.desk.responses import desk_page, refused_status
from moderation.desk.wording.labels import STATES, label
from moderation.services.errors import ServiceError
from moderation.services.statistics.report import REPORTS, Question, last_day, report_read

SEE = (*VIEW, "moderation.view_dailyfigure")
DAYS, SHOWN = 30, 200
NAMES: Mapping[str, str | Promise] = {
    "volume": gettext_lazy("Comments, and how many were flagged"),
    "flags": gettext_lazy("Flagged comments"),
    "queues": gettext_lazy("Queues: how many wait, and how long the oldest"),
    "decisions": gettext_lazy("Decisions of people, and how long comments waited for them"),
    "overturned": gettext_lazy("Judgements that were overturned"),
    "agreement": gettext_lazy("Flagged comments that people rejected"),
    "appeals": gettext_lazy("Appeals that were decided, and how long they were open"),
}
SPLITS: Mapping[str, str | Promise] = {
    "day": gettext_lazy("day"),
    "source": gettext_lazy("source"),
    "section": gettext_lazy("section"),
    "queue": gettext_lazy("queue"),
    "moderator": gettext_lazy("moderator"),
    "rule": gettext_lazy("rule"),
}
COLUMNS: Mapping[str, str | Promise] = {
    "comments": gettext_lazy("comments"),
    "flagged": gettext_lazy("flagged"),
    "share": gettext_lazy("share"),
    "waiting": gettext_lazy("waiting"),
    "oldest_seconds": gettext_lazy("the oldest waits"),
    "decided": gettext_lazy("decided"),
    "rejected": gettext_lazy("rejected"),
    "p50_seconds": gettext_lazy("half within"),
    "p90_seconds": gettext_lazy("nine of ten within"),
    "judged": gettext_lazy("judged"),
    "overturned": gettext_lazy("overturned"),
    "detected": gettext_lazy("flagged and judged"),
    "agreed": gettext_lazy("rejected of them"),
    "appealed": gettext_lazy("appeals decided"),
    "reversed": gettext_lazy("decisions overturned"),
}


class NumbersForm(forms.Form):
    """Which report, of which days, split by what."""

    name = forms.ChoiceField(label=gettext_lazy("Report"), choices=list(NAMES.items()))
    by = forms.ChoiceField(label=gettext_lazy("by"), choices=list(SPLITS.items()))
    start = forms.DateField(label=gettext_lazy("from"), widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label=gettext_lazy("to"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.ModelChoiceField(
        Source.objects.none(),
        label=gettext_lazy("Source"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("all"),
    )
    section = forms.CharField(label=gettext_lazy("Section"), required=False, max_length=200)

    def __init__(self, data: Mapping[str, Any], *, person: Person) -> None:
        today = timezone.localdate()
        usual = {"name": "volume", "by": "day", "start": str(today - timedelta(days=DAYS)), "end": str(today)}
        super().__init__({**usual, **data})
        field = cast("forms.ModelChoiceField[Source]", self.fields["source"])
        field.queryset = person.within(Source.objects.all(), "pk")

    @property
    def question(self) -> Question:
        """Returns what is asked."""
        said = self.cleaned_data
        only = {name: said[name] for name in ("section",) if said[name]}
        if said["source"]:
            only["source"] = said["source"].slug
        return Question(said["start"], said["end"], (said["by"],), only)


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table; `kind` is count, share or span."""

    kind: str
    value: Any


@desk_view(SEE)
def numbers(request: HttpRequest, person: Person) -> HttpResponse:
    """Shows one report: its table and, by day, a chart of each column."""
    form = NumbersForm(request.GET.dict(), person=person)
    rows: list[dict[str, Any]] = []
    refused = None
    if form.is_valid():
        try:
            rows = _rows(person, form)
        except ServiceError as error:
            refused = error
    name = form.cleaned_data.get("name", "volume") if form.is_bound else "volume"
    columns = REPORTS[name].columns
    return desk_page(
        request,
        person,
        "numbers",
        title=_("Numbers"),
        status=refused_status(refused) if form.is_valid() else 400,
        form=form,
        refused=refused,
        heading=NAMES[name],
        split=SPLITS.get(form.cleaned_data.get("by", "day"), ""),
        columns=[COLUMNS[one] for one in columns],
        table=[(_split_words(form, row), [_cell(one, row[one]) for one in columns]) for row in rows[-SHOWN:]],
        more=max(0, len(rows) - SHOWN),
        charts=_charts(form, rows, columns) if rows else [],
        width=WIDTH,
        height=HEIGHT,
        csv=_csv_query(form) if form.is_valid() else "",
        name=name,
        counted=last_day(sources=person.sources),
    )


def _rows(person: Person, form: NumbersForm) -> list[dict[str, Any]]:
    name = form.cleaned_data["name"]
    return report_read(name=name, question=form.question, sources=person.sources, viewer=person.user)


def _charts(form: NumbersForm, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[tuple[Any, Chart, Cell]]:
    asked = form.question
    if asked.by != ("day",):
        return []
    found = []
    for column in columns:
        chart = day_chart(rows, column, start=asked.start, end=asked.end)
        found.append((COLUMNS[column], chart, _cell(column, chart.most)))
    return found


def _split_words(form: NumbersForm, row: dict[str, Any]) -> Any:
    split = form.cleaned_data["by"]
    value = row[split]
    if split == "queue" and value:
        return QUEUES[value].label if value in QUEUES else label(STATES, value)
    return value if isinstance(value, date) else value or "–"


def _cell(column: str, value: Any) -> Cell:
    kind = "share" if column == "share" else "span" if column.endswith("_seconds") else "count"
    return Cell(kind, value)


def _csv_query(form: NumbersForm) -> str:
    asked = form.question
    return urlencode(
        {"from": asked.start.isoformat(), "to": asked.end.isoformat(), "by": ",".join(asked.by), "format": "csv"}
        | dict(asked.only)
    )
