"""Who has a comment open: a claim with a lease, so that two moderators never work on the same one.

A hold is taken by a conditional update, never by reading first and writing then. It ends with a decision, when it is
given back or handed over, at logout, or by itself after MODERATION_HOLD_SECONDS. It moves no comment: nothing of it is
in the ledger, and the state version stays.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from moderation.models import Review, ReviewQuerySet, State
from moderation.models.review import hold_ended
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError, conflict, invalid, precondition_failed
from moderation.services.review.actions import DECIDE
from moderation.services.states.version import VersionToken


def review_hold(*, comment_id: int, actor: User, expected: VersionToken | None = None) -> Review:
    """Takes the comment for `actor`, or renews the hold they have; returns the review.

    `expected` is the version that the person's page shows: a page that asks while its comment is
    being decided must not hold it afterwards. Raises ServiceError: `not_found`, also for another source's comment;
    `precondition_failed` where the state changed since it was seen; `conflict` where it is closed, or while another
    holds it (a retry helps once that hold has ended).
    """
    now = database_now()
    reviews = _reviews(actor).filter(pk=comment_id)
    open_to_actor = Q(holder=None) | Q(holder=actor) | hold_ended(now)
    takeable = reviews.filter(open_to_actor).exclude(state=State.CLOSED)
    takeable = takeable.filter(state_version=expected.state_version) if expected else takeable
    if not takeable.update(holder=actor, holder_until=_lease_end(now)):
        raise _not_held(reviews.select_related("holder").first(), expected)
    return reviews.select_related("holder").get()


@transaction.atomic
def review_next(*, actor: User, reviews: ReviewQuerySet) -> Review | None:
    """Takes the first of `reviews`, in their order, that nobody holds; None where there is none.

    Callers side by side get different ones: on PostgreSQL what a neighbour takes now is skipped, on SQLite there is one
    writer at a time. What `actor` holds already is not given again. Only comments of the actor's sources are given,
    and none that is closed or unscored.
    """
    now = database_now()
    wanted = reviews.in_sources(user_sources(actor)).exclude(state=State.CLOSED).current().free(now)
    review = wanted.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    if review is None:
        return None
    review.holder, review.holder_until = actor, _lease_end(now)
    review.save(update_fields=["holder", "holder_until"])
    return review


def review_release(*, comment_id: int, actor: User) -> bool:
    """Gives back a comment that `actor` holds; returns False where they hold it no more."""
    return bool(Review.objects.filter(pk=comment_id, holder=actor).update(holder=None, holder_until=None))


def reviews_release(*, actor: User) -> int:
    """Gives back all that `actor` holds, as at logout; returns how many comments."""
    return Review.objects.filter(holder=actor).update(holder=None, holder_until=None)


def review_hand_over(*, comment_id: int, actor: User, to: User) -> Review:
    """Gives a comment that `actor` holds to another moderator, with a whole lease; returns the review.

    Raises ServiceError: `not_found`; `validation_error` on `/to` where that person may not decide on it; `conflict`
    where `actor` does not hold it.
    """
    now = database_now()
    reviews = _reviews(actor).filter(pk=comment_id)
    _refuse_unable(to, reviews)
    if not reviews.held_by(actor, now).update(holder=to, holder_until=_lease_end(now)):
        raise conflict(_("You do not hold the comment."))
    return reviews.select_related("holder").get()


def _reviews(actor: User) -> ReviewQuerySet:
    return Review.objects.in_sources(user_sources(actor))


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.MODERATION_HOLD_SECONDS)


def _not_held(review: Review | None, expected: VersionToken | None) -> ServiceError:
    if review is None:
        return ServiceError("not_found", _("There is no such comment."))
    if review.state == State.CLOSED:
        return conflict(_("The comment is closed: it was withdrawn, erased or deleted."))
    if expected and review.state_version != expected.state_version:
        return precondition_failed(_("The comment has changed since it was seen."))
    error = conflict(_("%(name)s holds the comment.") % {"name": review.holder or _("Another moderator")})
    error.retryable = True
    return error


def _refuse_unable(to: User, reviews: ReviewQuerySet) -> None:
    if not reviews.exists():
        raise ServiceError("not_found", _("There is no such comment."))
    if not to.is_active or not to.has_perm(DECIDE) or not reviews.in_sources(user_sources(to)).exists():
        raise invalid("/to", _("%(name)s may not decide on this comment.") % {"name": to.get_username()})
