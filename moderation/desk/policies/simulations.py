"""A simulation for its page: what it is asked for, and its figures in words."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import Source
from moderation.desk.access import Person
from moderation.desk.wording.labels import ATTRIBUTES, label
from moderation.policies.documents.reasons import reason_phrase
from moderation.services.simulation.scope import SimulationScope

MEASURES: Mapping[str, str | Promise] = {
    "precision": _("harmful share of what it matches"),
    "recall": _("matched share of what is harmful"),
    "missed_share": _("missed share of what is harmful"),
    "false_alarm_share": _("matched share of what is harmless"),
}
GROUPED_BY: Mapping[str, str | Promise] = {
    "policy": _("this version"),
    "active": _("the active version"),
    "rule": _("Rule"),
    "attribute": _("Attribute"),
    "source": _("Source"),
    "section": _("Section"),
    "language": _("Language"),
}


class ScopeForm(forms.Form):
    """Which comments a simulation is about."""

    since = forms.DateField(label=_("Written from"), required=False)
    until = forms.DateField(label=_("to the end of"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    section = forms.CharField(label=_("Section"), required=False, max_length=255)

    def __init__(self, data: Mapping[str, Any] | None, person: Person) -> None:
        super().__init__(data, label_suffix="")
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self._rows = list(person.within(Source.objects.order_by("name"), "pk").values_list("pk", "slug", "name"))
        field = cast("forms.ChoiceField", self.fields["source"])
        field.choices = [("", gettext("every source")), *((slug, name) for _pk, slug, name in self._rows)]
        self._limited = bool(person.sources)

    def clean(self) -> dict[str, Any]:
        """Refuses a range that ends before it begins."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", gettext("The range ends before it begins."))
        return cleaned

    @property
    def scope(self) -> SimulationScope:
        """Returns the comments that were asked for, of the person's sources alone."""
        chosen = self.cleaned_data["source"]
        sources = tuple(pk for pk, slug, _name in self._rows if (slug == chosen if chosen else self._limited))
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return SimulationScope(
            since=_moment(since),
            # Nothing is written after the last day that there is.
            until=_moment(until + timedelta(days=1)) if until and until < date.max else None,
            sources=sources,
            section=self.cleaned_data["section"],
        )

    def command(self, version: int) -> str:
        """Returns the command that simulates the version over the same comments."""
        scope = self.scope
        slugs = {pk: slug for pk, slug, _name in self._rows}
        options = [
            *([f"--since {scope.since.isoformat()}"] if scope.since else []),
            *([f"--until {scope.until.isoformat()}"] if scope.until else []),
            *(f"--source {slugs[pk]}" for pk in scope.sources),
            *([f"--section {shlex.quote(scope.section)}"] if scope.section else []),
        ]
        return " ".join([f"manage.py policy simulate {version}", *options])


def _moment(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """The estimates of one rule, source and the like: each measure in words, with its interval."""

    group: str
    name: str
    decided: int
    figures: list[str]


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """One comment of a simulation: what became of it, and why."""

    comment: int
    state: str
    action: str
    clause: str


def estimate_lines(cells: Iterable[Mapping[str, Any]]) -> list[EstimateLine]:
    """Returns the estimates for a table, in their order."""
    return [_estimate_line(cell) for cell in cells]


def _estimate_line(cell: Mapping[str, Any]) -> EstimateLine:
    figures = [figure(cell[one]) for one in MEASURES]
    name = label(ATTRIBUTES, cell["name"]) if cell["by"] == "attribute" else cell["name"]
    return EstimateLine(str(GROUPED_BY[cell["by"]]), name, cell["decided"], figures)


def figure(one: Mapping[str, Any]) -> str:
    """Returns an estimate with its 95 % interval, or that there is not enough data for one."""
    if not one["enough"]:
        sample = number_format(one["effective"], decimal_pos=0)
        return gettext("not enough data (effective sample %(number)s)") % {"number": sample}
    shown = {name: number_format(100 * one[name], decimal_pos=1) for name in ("value", "low", "high")}
    return gettext("%(value)s %% (%(low)s to %(high)s)") % shown


def simulated_lines(rows: Iterable[Mapping[str, Any]]) -> list[SimulatedLine]:
    """Returns comments of a simulation for a list."""
    return [SimulatedLine(row["comment"], row["state"], row["action"], "; ".join(_clause(row))) for row in rows]


def _clause(row: Mapping[str, Any]) -> Iterator[str]:
    """Yields the clauses that fired, or the margin by which none did."""
    near = row.get("nearest")
    if row["rule"]:
        yield gettext("Rule %(name)s") % {"name": row["rule"]}
        yield from (reason_phrase(reason, gettext) for reason in row["reasons"])
    elif near is not None:
        words = {"attribute": near["attribute"], "rule": near["rule"], "score": _two(near["score"])}
        words |= {"margin": _two(near["margin"]), "bar": _two(near.get("gte", near.get("lte")))}
        yield gettext("%(attribute)s %(score)s is %(margin)s from %(bar)s of rule %(rule)s") % words
    else:
        yield gettext("no score would make a rule match")


def _two(number: float) -> str:
    return str(number_format(number, decimal_pos=2))
