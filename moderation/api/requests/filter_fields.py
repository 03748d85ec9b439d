"""The kinds of query parameters that filter lists. An invalid value is refused by the parameter's name."""

from collections.abc import Collection
from datetime import UTC, datetime, time
from typing import Any

import django_filters
from django import forms
from django.db.models import BooleanField, Func, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import extend_schema_field

from archive.database.search import MAX_WORDS, WORD
from archive.models import Source
from moderation.api.responses.refusals import LimitedCode

MAX_ID = 2**63 - 1
Rows = QuerySet[Any]


class MomentField(forms.CharField):
    """An ISO 8601 date or time; UTC if it has no offset."""

    def clean(self, value: Any) -> datetime | None:
        """Returns the aware time, None for an empty value; raises ValidationError for an invalid one."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return self._aware(text)
        except ValueError:
            raise forms.ValidationError(
                "A time reads 2024-05-01 or 2024-05-01T10:00:00Z (with + written as %%2B).", "invalid"
            ) from None

    @staticmethod
    def _aware(text: str) -> datetime:
        moment = parse_datetime(text)
        if moment is None:
            date = parse_date(text)
            if date is None:
                raise ValueError
            moment = datetime.combine(date, time.min)
        # Comparing needs UTC, which the first and last days of the calendar may not convert to.
        try:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError from error


@extend_schema_field({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}, {"maxLength": 0}]})
class MomentFilter(django_filters.Filter):  # type: ignore[misc]
    """A bound in time."""

    field_class = MomentField


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_ID})
class IdFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """The id of a row."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, least: int = 1, **options: Any) -> None:
        super().__init__(*args, min_value=least, max_value=MAX_ID, **options)


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MAX_ID})
class AfterFilter(IdFilter):
    """The id of the last row that a caller has, 0 for none."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "gt", least=0)


@extend_schema_field({"type": "number", "minimum": 0, "maximum": 1})
class ProbabilityFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """A bound on a score, 0 to 1."""

    field_class = forms.FloatField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=0, max_value=1, **options)


class WordsField(forms.CharField):
    """Words to search for; more than a search supports are refused, not dropped silently."""

    def clean(self, value: Any) -> str:
        """Returns the words unchanged; raises ValidationError if there are too many."""
        text: str = super().clean(value)
        if len(WORD.findall(text)) > MAX_WORDS:
            raise forms.ValidationError(f"A search has at most {MAX_WORDS} words.", LimitedCode("max_words", MAX_WORDS))
        return text


class WordsFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Words that a text must all contain."""

    field_class = WordsField


class NamesReason(Func):
    """On SQLite: whether a stored verdict has an attribute among its reasons."""

    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
    arg_joiner = ", '$.reasons') WHERE json_extract(value, '$.attribute') = "
    output_field = BooleanField()


class SourceFilter(django_filters.CharFilter):  # type: ignore[misc]
    """A source by its slug. Its id is looked up first: a planner that knows it knows how many rows the source has."""

    def __init__(self, path: str = "source") -> None:
        super().__init__(path, strip=False)

    def filter(self, rows: Rows, slug: str) -> Rows:
        """Returns the rows of the source, or none if there is no such source."""
        if not slug:
            return rows
        found = Source.objects.filter(slug=slug).values_list("pk", flat=True).first()
        return rows.none() if found is None else rows.filter(**{self.field_name: found})


class ListFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):  # type: ignore[misc]
    """One or more names, separated by commas or each under a key of its own."""


@extend_schema_field({"type": "boolean"})
class TruthFilter(django_filters.TypedChoiceFilter):  # type: ignore[misc]
    """true or false."""

    def __init__(self, *args: Any, **options: Any) -> None:
        truths = [("true", "true"), ("false", "false")]
        super().__init__(*args, choices=truths, coerce=lambda text: text == "true", **options)


def lists_joined(data: QueryDict, names: Collection[str]) -> QueryDict:
    """Returns the parameters with those of `names` that were given several times as one list with commas."""
    joined = data.copy()
    for name in names:
        if len(values := data.getlist(name)) > 1:
            joined[name] = ",".join(values)
    return joined
