"""Filters by source, age and person, and searches, for lists of what people and readers did."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive.admin.filters import MAX_CHOICES, SourceListFilter

MAX_ID = 2**63 - 1
# No longer ones: an index finds these rows, and sorting a year of them would take seconds.
AGES: Mapping[str, tuple[str | Promise, timedelta]] = {
    "hour": (_("the last hour"), timedelta(hours=1)),
    "day": (_("the last day"), timedelta(days=1)),
    "week": (_("the last week"), timedelta(days=7)),
    "month": (_("the last 30 days"), timedelta(days=30)),
}


def of_source(lookup: str) -> type[SourceListFilter]:
    """Makes a filter by source; `lookup` leads from a row to its source's slug."""

    class RowsSource(SourceListFilter):
        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Keeps the rows of the chosen source."""
            return queryset.filter(**{lookup: self.value()}) if self.value() else queryset

    return RowsSource


def by_age(column: str) -> type[admin.SimpleListFilter]:
    """Makes a filter by age; `column` leads to the row's time."""

    class Age(admin.SimpleListFilter):
        title = _("age")
        parameter_name = "age"

        def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
            """Returns the spans."""
            return [(code, str(words)) for code, (words, _span) in AGES.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Keeps the rows of the chosen span."""
            chosen = AGES.get(self.value() or "")
            return queryset.filter(**{f"{column}__gte": timezone.now() - chosen[1]}) if chosen else queryset

    return Age


def by_person(column: str) -> type[admin.SimpleListFilter]:
    """Makes a filter by the colleague who did it; `column` leads to their account's id."""

    class Person(admin.SimpleListFilter):
        title = _("person")
        parameter_name = "person"

        def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
            """Returns the first hundred colleagues, by name."""
            people = User.objects.filter(is_staff=True).order_by("username")
            return [(str(pk), name) for pk, name in people.values_list("pk", "username")[:MAX_CHOICES]]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Keeps the rows of the chosen person."""
            value = self.value() or ""
            return queryset.filter(**{column: int(value)}) if number_of(value) else queryset

    return Person


def number_of(words: str) -> int | None:
    """Returns the row's number that was searched for, None if it is none."""
    digits = words.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and 0 < int(digits) <= MAX_ID else None


class FoundExactly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows found by the number of what they are about, or by a name as it is written.

    `by_number` and `by_name` are lookups that an index answers.
    """

    search_fields = ("pk",)
    by_number: tuple[str, ...] = ()
    by_name: tuple[str, ...] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Finds rows by a number or a whole name."""
        if not search_term:
            return queryset, False
        found, number = Q(pk=None), number_of(search_term)
        for lookup in self.by_name:
            found |= Q(**{lookup: search_term})
        for lookup in self.by_number if number else ():
            found |= Q(**{lookup: number})
        return queryset.filter(found), False
