"""Holds: a moderator who has a comment open holds it for a while, so that two never work on the same one.

A hold is taken by a conditional update, never by a read followed by a write. It ends with a decision, when it is
released, when the comment is handed over (`services.team.hand_overs`), at logout, or after MODERATION_HOLD_SECONDS. It
does not change the comment's status: the ledger does not record it, and the state version stays the same.
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
from moderation.services.errors import ServiceError, conflict, precondition_failed
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import handed_to_others


def review_hold(*, comment_id: int, actor: User, expected: VersionToken | None = None) -> Review:
    """Takes the comment for `actor`, or renews their hold; returns the review.

    `expected` is the version that the person's page shows: a page that renews its hold while the comment is being
    decided must not hold it afterwards. Raises ServiceError: `not_found`, also for another source's comment;
    `precondition_failed` if the state changed since it was seen; `conflict` if it is closed, was handed to somebody
    else, or while somebody else holds it (retry once that hold has ended).
    """
    now = database_now()
    reviews = _reviews(actor).filter(pk=comment_id)
    if handed_to_others(comment_ids=[comment_id], actor=actor) and reviews.exists():
        raise conflict(_("The comment was handed to another moderator."))
    open_to_actor = Q(holder=None) | Q(holder=actor) | hold_ended(now)
    takeable = reviews.filter(open_to_actor).exclude(state=State.CLOSED)
    takeable = takeable.filter(state_version=expected.state_version) if expected else takeable
    if not takeable.update(holder=actor, holder_until=_lease_end(now)):
        raise _hold_error(reviews.select_related("holder").first(), expected)
    return reviews.select_related("holder").get()


@transaction.atomic
def review_next(*, actor: User, reviews: ReviewQuerySet) -> Review | None:
    """Takes the first of `reviews`, in their order, that nobody holds or was handed; None if there is none.

    Concurrent callers get different ones: PostgreSQL skips locked rows, SQLite has a single writer. Reviews that
    `actor` already holds are skipped too. Only comments of the actor's sources that are scored and not closed qualify.
    """
    now = database_now()
    wanted = (
        reviews.in_sources(user_sources(actor)).exclude(state=State.CLOSED).current().free(now).not_kept_from(actor)
    )
    review = wanted.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    if review is None:
        return None
    review.holder, review.holder_until = actor, _lease_end(now)
    review.save(update_fields=["holder", "holder_until"])
    return review


def review_release(*, comment_id: int, actor: User) -> bool:
    """Releases a comment that `actor` holds; returns False if they no longer hold it."""
    return bool(Review.objects.filter(pk=comment_id, holder=actor).update(holder=None, holder_until=None))


def reviews_release(*, actor: User) -> int:
    """Releases everything that `actor` holds, for example at logout; returns how many comments."""
    return Review.objects.filter(holder=actor).update(holder=None, holder_until=None)


def _reviews(actor: User) -> ReviewQuerySet:
    return Review.objects.in_sources(user_sources(actor))


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.MODERATION_HOLD_SECONDS)


def _hold_error(review: Review | None, expected: VersionToken | None) -> ServiceError:
    if review is None:
        return ServiceError("not_found", _("There is no such comment."))
    if review.state == State.CLOSED:
        return conflict(_("The comment is closed: it was withdrawn, erased or deleted."))
    if expected and review.state_version != expected.state_version:
        return precondition_failed(_("The comment has changed since it was seen."))
    error = conflict(_("%(name)s holds the comment.") % {"name": review.holder or _("Another moderator")})
    error.retryable = True
    return error
