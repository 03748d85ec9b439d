"""Saved views: a queue with its filters under a name, one's own or shared with all colleagues."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from moderation.models import SavedView
from moderation.services.errors import denied, invalid, not_found

MAX_VIEWS = 20
NAME_CHARACTERS, QUERY_CHARACTERS = 60, 1_000
# Who may take away what others share: those who may also undo others' decisions.
REMOVE_OTHERS = "moderation.undo_others"


@transaction.atomic
def view_save(
    *, owner: User, name: str, queue: str, query: str, chosen: Mapping[str, Any], shared: bool = False
) -> SavedView:
    """Saves a view under a name, in place of the owner's view of that name.

    Raises ServiceError `validation_error` by field, and for more than MAX_VIEWS.
    """
    name = name.strip()
    if not name or len(name) > NAME_CHARACTERS:
        said = _("A view has a name of at most %(limit)d characters.") % {"limit": NAME_CHARACTERS}
        raise invalid("/name", said, limit=NAME_CHARACTERS)
    if len(query) > QUERY_CHARACTERS:
        said = _("The filters of a view have at most %(limit)d characters.") % {"limit": QUERY_CHARACTERS}
        raise invalid("/query", said, limit=QUERY_CHARACTERS)
    others = SavedView.objects.filter(owner=owner).exclude(name=name)
    if others.count() >= MAX_VIEWS:
        raise invalid("/name", _("A person has at most %(limit)d views.") % {"limit": MAX_VIEWS}, limit=MAX_VIEWS)
    columns = {"queue": queue, "query": query, "chosen": dict(chosen), "shared": shared}
    return SavedView.objects.update_or_create(owner=owner, name=name, defaults=columns)[0]


def view_read(*, view_id: int, actor: User) -> SavedView:
    """Returns a view; raises ServiceError `not_found`, also for what others keep for themselves."""
    view = SavedView.objects.shown_to(actor).filter(pk=view_id).first()
    if view is None:
        raise not_found(_("There is no such view."))
    return view


def view_remove(*, view: SavedView, actor: User) -> None:
    """Takes away a view that `view_read` gave; raises ServiceError `permission_denied` for what others share."""
    if view.owner_id != actor.pk and not actor.has_perm(REMOVE_OTHERS):
        raise denied(_("Another person's view is taken away only by who may undo others' decisions."))
    view.delete()
