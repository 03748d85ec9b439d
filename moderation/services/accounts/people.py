"""Who manages whom. Nobody gives more than they have, and nobody reaches beyond their own sources.

A person is limited by `Moderator.sources`; who is limited manages those alone who are limited to a part of the same.
"""

from collections.abc import Collection

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet

from archive.models import Source
from moderation.models import Moderator
from moderation.services.accounts.source_limits import Actor, rows_within, sources_check, user_sources
from moderation.services.errors import denied


def people_within(people: QuerySet[User], actor: Actor) -> QuerySet[User]:
    """Returns the people whom `actor` may see."""
    limit = user_sources(actor)
    return people.filter(moderator__in=rows_within(Moderator.objects.all(), limit)) if limit else people


def roles_within(actor: User) -> QuerySet[Group]:
    """Returns the roles that `actor` may give: those whose permissions they all have."""
    if actor.is_superuser:
        return Group.objects.all()
    lacking = Permission.objects.exclude(pk__in=_permissions(actor))
    return Group.objects.exclude(permissions__in=lacking)


def person_check(*, actor: User, person: User) -> None:
    """Refuses a person whom `actor` may not change; raises ServiceError (`permission_denied`).

    A superuser is changed by another alone, and a person with a permission that the actor lacks by none who lacks it:
    with a new password they would have it.
    """
    if actor.is_superuser and not user_sources(actor):
        return
    beyond = person.is_superuser or not set(_permissions(person)) <= set(_permissions(actor))
    if beyond and not actor.is_superuser:
        raise denied("This person may do what you may not.")
    if not people_within(User.objects.filter(pk=person.pk), actor).exists():
        raise denied("This person is not limited to your sources.")


@transaction.atomic
def person_limit(*, actor: User, person: User, sources: Collection[Source]) -> None:
    """Limits a person to sources; none means all.

    Raises ServiceError (`permission_denied`) for a person whom `actor` may not change, and at `/sources` for sources
    beyond the actor's own.
    """
    person_check(actor=actor, person=person)
    sources_check(actor=actor, sources=sources)
    moderator, _ = Moderator.objects.select_for_update().get_or_create(user=person)
    moderator.sources.set(sources)


@transaction.atomic
def person_begin(*, actor: User, person: User) -> None:
    """Gives a person who was just added the limit of who added them."""
    limit = user_sources(actor)
    if limit:
        Moderator.objects.create(user=person).sources.set(limit)


def _permissions(person: User) -> QuerySet[Permission, int]:
    """Returns the permissions that a person would have, also one who is not active now."""
    return Permission.objects.filter(Q(group__user=person) | Q(user=person)).values_list("pk", flat=True)
