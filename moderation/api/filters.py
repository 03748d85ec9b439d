"""Filters of lists. An invalid value is refused by the parameter's name; nothing is ignored."""

from collections.abc import Collection
from datetime import UTC, datetime, time
from typing import Any

import django_filters
from django import forms
from django.db import connections
from django.db.models import BooleanField, F, Func, Q, QuerySet, Subquery, TextField, Value
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import extend_schema_field

from archive.database.search import MAX_WORDS, WORD, search_comments
from archive.models import Comment, CommentQuerySet, Source
from moderation.api.refusals import LimitedCode
from moderation.models import Score, State

ATTRIBUTES = Score.ATTRIBUTES
COMPARISONS = ("gte", "gt", "lte", "lt")
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


@extend_schema_field({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
class MomentFilter(django_filters.Filter):  # type: ignore[misc]
    """A bound in time."""

    field_class = MomentField


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MAX_ID})
class IdFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """The id of a row."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, least: int = 1, **options: Any) -> None:
        super().__init__(*args, min_value=least, max_value=MAX_ID, **options)


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
    """A source by its slug. A subquery instead of a join, so that indexes that begin with the source are used."""

    def __init__(self) -> None:
        super().__init__("source", strip=False)

    def filter(self, rows: Rows, slug: str) -> Rows:
        """Returns the rows of the source, or none if there is no such source."""
        return rows.filter(source=Subquery(Source.objects.filter(slug=slug).values("pk"))) if slug else rows


class StateFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):  # type: ignore[misc]
    """One or more states, separated by commas or each under a key of its own."""


def lists_joined(data: QueryDict, names: Collection[str]) -> QueryDict:
    """Returns the parameters with those of `names` that were given several times as one list with commas."""
    joined = data.copy()
    for name in names:
        if len(values := data.getlist(name)) > 1:
            joined[name] = ",".join(values)
    return joined


class ArticleFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Articles by origin."""

    source = SourceFilter()
    external_id = django_filters.CharFilter(strip=False)
    section = django_filters.CharFilter(strip=False)


class CommentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Comments by place and time; `q` are words that the text must all contain."""

    source = SourceFilter()
    article = IdFilter("article_id")
    external_id = django_filters.CharFilter(strip=False)
    after = MomentFilter("created_at", "gte")
    before = MomentFilter("created_at", "lt")
    q = WordsFilter(method="search")

    def search(self, rows: CommentQuerySet, _name: str, words: str) -> CommentQuerySet:
        """Returns the comments that contain all the words."""
        return search_comments(rows, words)


class DecisionFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Decisions after an id, so that a feed can continue from the last one it has; or the rows of one batch."""

    after = IdFilter("id", "gt", least=0)
    batch = django_filters.UUIDFilter()


class StatusFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Flagged comments by state, place, time and verdict."""

    repeatable = frozenset({"state"})

    state = StateFilter("state", choices=State.choices)
    source = SourceFilter()
    article = IdFilter("article_id")
    section = django_filters.CharFilter("article__section", strip=False)
    language = django_filters.CharFilter(method="by_language")
    attribute = django_filters.ChoiceFilter(choices=[(name, name) for name in ATTRIBUTES], method="by_reason")
    after = MomentFilter("created_at", "gte")
    before = MomentFilter("created_at", "lt")
    q = WordsFilter(method="search")

    def __init__(self, data: QueryDict | None = None, **options: Any) -> None:
        super().__init__(lists_joined(data, self.repeatable) if data else data, **options)

    def by_language(self, rows: Rows, _name: str, code: str) -> Rows:
        """Returns comments whose given language is this one or, if none was given, whose detected language is."""
        return rows.filter(Q(comment__language=code) | Q(comment__language="", score__language=code))

    def by_reason(self, rows: Rows, _name: str, attribute: str) -> Rows:
        """Returns the comments that were flagged for this attribute."""
        if connections[rows.db].vendor == "postgresql":
            return rows.filter(verdict__reasons__contains=[{"attribute": attribute}])
        return rows.filter(NamesReason(F("verdict"), Value(attribute, output_field=TextField())))

    def search(self, rows: Rows, _name: str, words: str) -> Rows:
        """Returns the comments that contain all the words."""
        return rows.filter(comment__in=search_comments(Comment.objects.all(), words))


# One filter per attribute and comparison: toxicity__gte, toxicity__gt, …
FlaggedFilter: Any = type(StatusFilter)(  # type: ignore[misc]
    "FlaggedFilter",
    (StatusFilter,),
    {
        f"{attribute}__{comparison}": ProbabilityFilter(f"score__{attribute}", comparison)
        for attribute in ATTRIBUTES
        for comparison in COMPARISONS
    },
)
