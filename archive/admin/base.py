"""Base classes for lists over large tables: a bounded count, no facets, and no edits to rows that services write."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from archive.admin.lookups import offered_lookups, value_fits

MAX_COUNT = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most `MAX_COUNT` rows, so that a list over millions opens as fast as one over thousands."""

    @cached_property
    def found(self) -> int:
        """The number of rows found, at most one more than the bound; counted without order or columns."""
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by().values("pk")[: MAX_COUNT + 1].count()

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than the pages show."""
        return self.found > MAX_COUNT

    @cached_property
    def count(self) -> int:
        """The number of rows that the pages show."""
        return min(self.found, MAX_COUNT)


class LargeTableChangeList(ChangeList):
    """A change list that finds a page's keys first, then reads only what its columns show.

    With the columns' tables joined, finding the page's rows would not use the index: SQLite starts at the smallest
    joined table and sorts all the rest.
    """

    def get_ordering_field(self, field_name: Any) -> Any:
        """Returns the field that sorts a column; None if no index sorts it, even if the URL asks for it."""
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def get_results(self, request: HttpRequest) -> None:
        """Finds the page's keys, then reads those rows, in the same order."""
        super().get_results(request)
        keys = list(cast("QuerySet[Any]", self.result_list).values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset.filter(pk__in=keys))
        found = {row.pk: row for row in cast("LargeTableAdmin", self.model_admin).list_columns(rows)}
        self.result_list = [found[key] for key in keys if key in found]


class ListedLookups(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin page whose list accepts the query parameters that it offers, and refuses all others with a 400.

    It offers exactly what its filters send, and `linked_lookups`, which links on other pages use. Django would accept
    any lookup on the model's columns, and `?user_id__password__regex=` reads a password hash letter by letter.
    """

    linked_lookups: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Says whether the list accepts this query parameter."""
        offered = offered_lookups(self.opts.model, tuple(self.list_filter), self.date_hierarchy)
        return (lookup in offered or lookup in self.linked_lookups) and value_fits(lookup, value)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Refuses a selection with a value that cannot be a primary key."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(key)
        except ValidationError as error:
            raise BadRequest("The selection names what is no row.") from error
        return super().changelist_view(request, extra_context)


class LargeTableAdmin(ListedLookups):
    """An admin page whose list stays fast on a large table.

    `sortable_by` names only columns that an index sorts.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    view_on_site = False
    sortable_by: ClassVar[Any] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Returns the change list that uses `list_columns`."""
        return LargeTableChangeList

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Hook: defers columns that the list does not show."""
        return queryset


class ReadOnlyAdmin(LargeTableAdmin):
    """Rows that nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes rows here."""
        return False
