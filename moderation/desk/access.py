"""Who is at the desk: permission to be there, the sources they see, and their own settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from moderation.services.accounts.desk_settings import DeskSettings, desk_settings_read, severe_today
from moderation.services.accounts.macros import Macro, macros_read
from moderation.services.accounts.source_limits import user_desk
from moderation.services.review import actions

VIEW = ("archive.view_comment", "moderation.view_review")
DECIDE = (*VIEW, actions.DECIDE)
Page = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. `sources` are the ids of the sources they are limited to, empty for all."""

    user: User
    sources: frozenset[int]
    settings: DeskSettings
    stored: dict[str, Any] = field(repr=False)

    @property
    def may_decide(self) -> bool:
        """Says whether the person may decide on comments."""
        return self.user.has_perm(actions.DECIDE)

    @property
    def severe_today(self) -> int:
        """How many severe comments the person opened today."""
        return severe_today(self.stored)

    @property
    def macros(self) -> list[Macro]:
        """Returns the person's macros."""
        return macros_read(self.stored)

    def within(self, rows: Any, path: str = "source_id", *, apart: bool = False) -> Any:
        """Returns the rows of the person's sources; `path` leads from a row to its source's id.

        `apart` keeps the database from looking the source up in an index: another one finds the rows.
        """
        if not self.sources:
            return rows
        if apart:
            return rows.alias(of_source=F(path) + 0).filter(of_source__in=self.sources)
        if len(self.sources) == 1:
            # One value, not a list of one: an index that begins with the source then gives the order too.
            return rows.filter(**{path: next(iter(self.sources))})
        return rows.filter(**{f"{path}__in": self.sources})


def person_of(request: HttpRequest) -> Person:
    """Returns the signed-in person with their limits and settings: one query."""
    user = cast("User", request.user)
    stored, sources = user_desk(user)
    return Person(user, sources, desk_settings_read(stored), stored)


def desk_view(permissions: tuple[str, ...] = VIEW) -> Callable[[Page], Page]:
    """Makes a view of the admin site that needs `permissions` and is called with the request and the person."""

    def wrap(view: Page) -> Page:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, person_of(request), *args, **options)

        return cast("Page", admin.site.admin_view(checked))

    return wrap
