"""Who manages whom: nobody grants more than they have, and nobody reaches beyond their own sources.

A person is limited by `Moderator.sources`; a limited person manages only people limited to a subset of their sources.
"""

from collections.abc import Collection

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet

from archive.models import Source
from moderation.models import Moderator
from moderation.services.accounts.source_limits import Actor, rows_within, sources_check, user_sources
from moderation.services.errors import denied, invalid


def people_within(people: QuerySet[User], actor: Actor) -> QuerySet[User]:
    """Returns the people that `actor` may see."""
    limit = user_sources(actor)
    return people.filter(moderator__in=rows_within(Moderator.objects.all(), limit)) if limit else people


def roles_within(actor: User) -> QuerySet[Group]:
    """Returns the roles that `actor` may assign: those whose permissions `actor` has in full."""
    if actor.is_superuser:
        return Group.objects.all()
    lacking = Permission.objects.exclude(pk__in=_permissions(actor))
    return Group.objects.exclude(permissions__in=lacking)


def person_check(*, actor: User, person: User) -> None:
    """Raises ServiceError `permission_denied` if `actor` may not change this person.

    Only superusers change superusers, and nobody changes a person who has a permission that they lack: setting that
    person's password would give it to them.
    """
    if actor.is_superuser and not user_sources(actor):
        return
    beyond = person.is_superuser or not set(_permissions(person)) <= set(_permissions(actor))
    if beyond and not actor.is_superuser:
        raise denied("This person has permissions that you lack.")
    if not people_within(User.objects.filter(pk=person.pk), actor).exists():
        raise denied("This person is not limited to your sources.")


@transaction.atomic
def person_limit(*, actor: User, person: User, sources: Collection[Source]) -> None:
    """Limits a person to sources; an empty collection means all.

    Raises ServiceError `permission_denied` for a person that `actor` may not change, and at `/sources` for sources
    beyond the actor's own.
    """
    person_check(actor=actor, person=person)
    sources_check(actor=actor, sources=sources)
    moderator, _ = Moderator.objects.select_for_update().get_or_create(user=person)
    moderator.sources.set(sources)


@transaction.atomic
def person_inherit_limit(*, actor: User, person: User) -> None:
    """Limits a new person to the sources of the actor who added them."""
    limit = user_sources(actor)
    if limit:
        Moderator.objects.create(user=person).sources.set(limit)


def person_named(*, username: str, permission: str, source_ids: Collection[int]) -> User:
    """Returns the active person of this name, for whom a key acts.

    Raises ServiceError at `/on_behalf_of` if there is none, or none who has the permission and may see these sources.
    The one error for all of these does not tell who works here.
    """
    person = User.objects.filter(username=username, is_active=True, auth_token_set=None).first()
    limit = user_sources(person)
    if person is None or not person.has_perm(permission) or (limit and not limit >= set(source_ids)):
        raise invalid("/on_behalf_of", "There is no person of this name who may do this.", code="invalid_choice")
    return person


def _permissions(person: User) -> QuerySet[Permission, int]:
    """Returns a person's permissions, including those of an inactive person."""
    return Permission.objects.filter(Q(group__user=person) | Q(user=person)).values_list("pk", flat=True)
