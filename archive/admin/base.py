"""What every list over a large table needs: a bounded count, no facets, and no writing of what services write."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

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

    def get_results(self, request: HttpRequest) -> None:
        """Finds the page's keys, then reads those rows, in the same order."""
        super().get_results(request)
        keys = list(cast("QuerySet[Any]", self.result_list).values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset.filter(pk__in=keys))
        found = {row.pk: row for row in cast("LargeTableAdmin", self.model_admin).list_columns(rows)}
        self.result_list = [found[key] for key in keys if key in found]


class LargeTableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin page whose list stays fast on a large table, and whose query parameters are those it offers.

    `sortable_by` names only columns that an index sorts. `linked_lookups` names lookups on the model's own columns that
    links of other pages use. All others are refused: `?text__regex=` over millions of rows, or
    `?seal_key__startswith=`, is nobody's need.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    view_on_site = False
    sortable_by: ClassVar[Any] = ()
    linked_lookups: tuple[str, ...] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Returns the change list that asks `list_columns`."""
        return LargeTableChangeList

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Hook: defers what the list does not show."""
        return queryset

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Says whether the list takes this query parameter."""
        if lookup in self._filter_parameters() or lookup in self.linked_lookups:
            return True
        columns = {field.name for field in self.opts.get_fields()} | {"pk"}
        return lookup.split("__", maxsplit=1)[0] not in columns

    def _filter_parameters(self) -> set[str]:
        columns = [one for one in self.list_filter if isinstance(one, str)]
        named = {getattr(one, "parameter_name", "") for one in self.list_filter}
        return named | {f"{column}__{way}" for column in columns for way in ("exact", "isnull")}


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
