"""Which query parameters an admin list accepts: what its filters send, and nothing else."""

from functools import cache
from typing import Any

from django.contrib.admin.utils import get_fields_from_path
from django.db import models

# The largest key that both databases hold.
MAX_KEY = 2**63 - 1
_KEY_ENDS = ("__id__exact", "__pk__exact")


@cache
def offered_lookups(model: type[Any], filters: tuple[Any, ...], dates: str | None = None) -> frozenset[str]:
    """Returns the query parameters that the filters of a list over `model` send.

    `filters` is a `list_filter`: names of columns, pairs of a name and a filter class, and filter classes with a
    `parameter_name` or, for a form of several fields, `names`. `dates` is the list's `date_hierarchy`.
    """
    by_date = {f"{dates}__{part}" for part in ("year", "month", "day")} if dates else set()
    return frozenset(lookup for one in filters for lookup in _sent_by(model, one)) | by_date


def value_fits(lookup: str, value: Any) -> bool:
    """Says whether `value` is valid for `lookup`: a key must be a number that a database can hold."""
    if not lookup.endswith(_KEY_ENDS):
        return True
    words = str(value)
    return words.isascii() and words.isdigit() and len(words) <= len(str(MAX_KEY)) and int(words) <= MAX_KEY


def _sent_by(model: type[models.Model], one: Any) -> tuple[str, ...]:
    if isinstance(one, str | tuple | list):
        return _of_column(model, one if isinstance(one, str) else one[0])
    return tuple(getattr(one, "names", ())) or (one.parameter_name,)


def _of_column(model: type[models.Model], path: str) -> tuple[str, ...]:
    """Returns what Django's own filter for a column sends, by the column's type, as `FieldListFilter` does."""
    field: Any = get_fields_from_path(model, path)[-1]
    if field.remote_field:
        return f"{path}__{field.target_field.name}__exact", f"{path}__isnull"
    if isinstance(field, models.BooleanField) or field.choices:
        return f"{path}__exact", f"{path}__isnull"
    if isinstance(field, models.DateField):
        return f"{path}__gte", f"{path}__lt", f"{path}__isnull"
    return path, f"{path}__isnull"
