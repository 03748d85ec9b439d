"""The sources that a person is limited to, for the admin, the API, the desk and every service.

For keys see `services.accounts.api_keys.key_sources`. An `actor` of None stands for the command line, which has no
limit.
"""

from collections.abc import Collection
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet

from archive.models import Source
from moderation.models import ApiKey, Moderator, WebhookTarget
from moderation.services.errors import denied, not_found

Actor = User | AnonymousUser | None
Row = TypeVar("Row", bound=Model)


def user_sources(user: Actor) -> frozenset[int]:
    """Returns the ids of the sources that `user` is limited to; empty means all. One query, or none without a user."""
    if user is None or user.pk is None:
        return frozenset()
    limits = Moderator.sources.through.objects.filter(moderator__user_id=user.pk)
    return frozenset(limits.values_list("source_id", flat=True))


def user_desk(user: User) -> tuple[dict[str, Any], frozenset[int]]:
    """Returns the user's `Moderator.desk`, and their sources as `user_sources` does. One query for both."""
    rows = list(Moderator.objects.filter(user_id=user.pk).values_list("desk", "sources"))
    return (rows[0][0] if rows else {}), frozenset(source for _desk, source in rows if source is not None)


def rows_within(rows: QuerySet[Row], sources: Collection[int]) -> QuerySet[Row]:
    """Returns the rows that are limited to a subset of `sources`; all rows if `sources` is empty.

    `rows` are of a model with a many-to-many `sources`, where none means all: keys, webhook targets, moderators.
    """
    if not sources:
        return rows
    limits: Any = rows.model._meta.get_field("sources")
    links, own = limits.remote_field.through._default_manager, limits.m2m_field_name()
    within, beyond = links.filter(source__in=sources), links.exclude(source__in=sources)
    return rows.filter(pk__in=within.values(own)).exclude(pk__in=beyond.values(own))


def sources_check(*, actor: Actor, sources: Collection[Source]) -> None:
    """Raises ServiceError `permission_denied` at `/sources` for sources beyond those that `actor` is limited to.

    A limited actor may not choose none either, because that would mean all.
    """
    limit = user_sources(actor)
    if limit and not (sources and {source.pk for source in sources} <= limit):
        raise denied("You are limited to some sources: choose among them, because none means all.", "/sources")


def row_check(*, actor: Actor, row: ApiKey | WebhookTarget) -> None:
    """Raises ServiceError `not_found` for a row that is not limited to the sources of `actor`."""
    limit = user_sources(actor)
    rows: Any = type(row)._default_manager.filter(pk=row.pk)
    if limit and not rows_within(rows, limit).exists():
        raise not_found("There is no such row.")
