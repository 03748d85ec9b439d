"""The sources that a person is limited to: one answer for the admin, the API, the desk and every service.

What a key is limited to is `services.accounts.api_keys.key_sources`.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User

from moderation.models import Moderator


def user_sources(user: User | AnonymousUser | None) -> frozenset[int]:
    """Returns the ids of the sources that `user` is limited to; empty means all. One query, none without a user."""
    if user is None or user.pk is None:
        return frozenset()
    limits = Moderator.sources.through.objects.filter(moderator__user_id=user.pk)
    return frozenset(limits.values_list("source_id", flat=True))


def user_desk(user: User) -> tuple[dict[str, Any], frozenset[int]]:
    """Returns what `Moderator.desk` holds for `user`, and the sources as `user_sources` does. One query for both."""
    rows = list(Moderator.objects.filter(user_id=user.pk).values_list("desk", "sources"))
    return (rows[0][0] if rows else {}), frozenset(source for _desk, source in rows if source is not None)
