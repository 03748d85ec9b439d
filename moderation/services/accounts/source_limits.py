"""The sources that a person is limited to: one answer for the admin, the API, the desk and every service.

What a key is limited to is `services.accounts.api_keys.key_sources`. Where a service takes an `actor`, None stands for
the command line, which has no limit.
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
    """Returns the ids of the sources that `user` is limited to; empty means all. One query, none without a user."""
    if user is None or user.pk is None:
        return frozenset()
    limits = Moderator.sources.through.objects.filter(moderator__user_id=user.pk)
    return frozenset(limits.values_list("source_id", flat=True))


def user_desk(user: User) -> tuple[dict[str, Any], frozenset[int]]:
    """Returns what `Moderator.desk` holds for `user`, and the sources as `user_sources` does. One query for both."""
    rows = list(Moderator.objects.filter(user_id=user.pk).values_list("desk", "sources"))
    return (rows[0][0] if rows else {}), frozenset(source for _desk, source in rows if source is not None)


def rows_within(rows: QuerySet[Row], sources: Collection[int]) -> QuerySet[Row]:
    """Returns the rows that name sources, and none but `sources`; all rows where `sources` is empty.

    `rows` are of a model whose own `sources` limit it, none meaning all: keys, webhook targets, moderators.
    """
    if not sources:
        return rows
    limits: Any = rows.model._meta.get_field("sources")
    links, own = limits.remote_field.through._default_manager, limits.m2m_field_name()
    within, beyond = links.filter(source__in=sources), links.exclude(source__in=sources)
    return rows.filter(pk__in=within.values(own)).exclude(pk__in=beyond.values(own))


def sources_check(*, actor: Actor, sources: Collection[Source]) -> None:
    """Refuses sources beyond those that `actor` is limited to, and none, which would mean all.

    Raises ServiceError (`permission_denied` at `/sources`).
    """
    limit = user_sources(actor)
    if limit and not (sources and {source.pk for source in sources} <= limit):
        raise denied("You are limited to some sources: choose among them. None would mean all.", "/sources")


def row_check(*, actor: Actor, row: ApiKey | WebhookTarget) -> None:
    """Refuses a row that reaches beyond the sources of `actor`, as if it were not there.

    Raises ServiceError (`not_found`).
    """
    limit = user_sources(actor)
    rows: Any = type(row)._default_manager.filter(pk=row.pk)
    if limit and not rows_within(rows, limit).exists():
        raise not_found("There is no such row.")
