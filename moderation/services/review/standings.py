"""Says which commenters are staff or exempt, for the policy's rules; ended, never deleted, as mutes are."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from archive.models import Commenter
from moderation.models import Standing, StandingKind
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError, conflict, invalid


@transaction.atomic
def standing_begin(
    *, commenter: Commenter, kind: str, actor: User | None, note: str = "", since: datetime | None = None
) -> Standing:
    """Says that a commenter is staff or exempt from `since` on, by default from now; returns the row.

    An earlier `since` counts for the comments from then on when they are judged again. Raises ServiceError:
    `not_found`, also for a commenter of another source; `validation_error`; `conflict` if it is said already.
    """
    now = database_now()
    _check_source(commenter, actor)
    if kind not in StandingKind.values:
        raise invalid("/kind", _("A commenter is staff or exempt."), code="invalid_choice")
    if since is not None and since > now:
        raise invalid("/since", _("That is in the future."))
    if Standing.objects.filter(commenter=commenter, kind=kind, ended_at=None).exists():
        raise conflict(_("This is already recorded for the commenter."))
    return Standing.objects.create(commenter=commenter, kind=kind, actor=actor, note=note, since=since or now)


@transaction.atomic
def standing_end(*, standing: Standing, actor: User | None) -> None:
    """Ends what is said of a commenter; comments that came until now keep it. Raises ServiceError `not_found`."""
    _check_source(standing.commenter, actor)
    Standing.objects.filter(pk=standing.pk, ended_at=None).update(ended_at=database_now())


def _check_source(commenter: Commenter, actor: User | None) -> None:
    sources = user_sources(actor)
    if sources and commenter.source_id not in sources:
        raise ServiceError("not_found", _("There is no such commenter."))
