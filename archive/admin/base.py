"""What every list over a large table needs: a bounded count, no facets, and no writing of what services write."""

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
    """Counts no further than `MAX_COUNT` rows, so that a list over millions opens as fast as one over thousands."""

    @cached_property
    def found(self) -> int:
        """Rows found, at most one more than the bound; counting needs neither order nor columns."""
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by().values("pk")[: MAX_COUNT + 1].count()

    @property
    def is_capped(self) -> bool:
        """Says whether there are more rows than the pages reach."""
        return self.found > MAX_COUNT

    @cached_property
    def count(self) -> int:
        """Returns the rows that the pages reach."""
        return min(self.found, MAX_COUNT)


class LargeTableChangeList(ChangeList):
    """A change list that finds its page by keys alone and reads only what its columns show.

    Joined to what the columns show, the search for the page's rows loses its index: SQLite then begins at the smallest
    table that is joined and sorts all the rest.
    """

    def get_ordering_field(self, field_name: Any) -> Any:
        """Returns what sorts by a column; None for one that no index sorts, also where the address asks for it."""
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def get_results(self, request: HttpRequest) -> None:
        """Finds the page's keys, then reads those rows, in the same order."""
        super().get_results(request)
        keys = list(cast("QuerySet[Any]", self.result_list).values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset.filter(pk__in=keys))
        found = {row.pk: row for row in cast("LargeTableAdmin", self.model_admin).list_columns(rows)}
        self.result_list = [found[key] for key in keys if key in found]


class ListedLookups(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin page whose list takes the query parameters that it offers, and refuses all others with a 400.

    Offered is what its filters send, exactly, and `linked_lookups`: lookups that links of other pages use. Django would
    take any lookup on the model's own columns, and `?user_id__password__regex=` reads a password hash letter by letter.
    """

    linked_lookups: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Says whether the list takes this query parameter."""
        offered = offered_lookups(self.opts.model, tuple(self.list_filter), self.date_hierarchy)
        return (lookup in offered or lookup in self.linked_lookups) and value_fits(lookup, value)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Refuses a selection that names what cannot be a row's key."""
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
        """Returns the change list that asks `list_columns`."""
        return LargeTableChangeList

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Hook: defers what the list does not show."""
        return queryset


class ReadOnlyAdmin(LargeTableAdmin):
    """Rows that are shown and neither added, changed nor deleted here, whoever asks."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes rows here."""
        return False
