"""Records a person's decision on one comment: desk, admin and API all change the review and the ledger through here.

Both are written in one transaction, with the comment and then its review locked. For many at once, see
`services.review.bulk`.
"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from archive.models import Comment
from moderation.models import Action, Decision, DecisionNote, Review, State
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError, conflict
from moderation.services.ledger.append import decisions_append
from moderation.services.review.actions import ActionRequest, action_check
from moderation.services.review.transitions import ActionRefusal, action_apply, action_refusal, undo_apply, undo_refusal
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import hand_overs_taken, handed_to_others

UNDO_OTHERS = "moderation.undo_others"


@transaction.atomic
def decision_record(  # noqa: PLR0913 - a decision has that many parts
    *,
    comment_id: int,
    action: str,
    actor: User | None = None,
    api_key: str = "",
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
    expected: VersionToken | None = None,
    batch: UUID | None = None,
) -> Decision:
    """Applies a person's action to a comment and records the decision; returns the ledger row.

    `reason` is a Reason's code; `until` is when a deferred comment comes back; `expected` is the version that the
    person saw; `batch` joins the rows of one action. Raises ServiceError, and writes nothing: `validation_error` by
    field; `not_found`, also for a comment outside the sources that `actor` is limited to; `precondition_failed` if the
    comment changed since it was seen (look again, then retry); `conflict` if it is unscored, closed, held by somebody
    else, or if nothing would change.
    """
    request = action_check(
        action=action, actor=actor, api_key=api_key, reason=reason, note=note, until=until, batch=batch
    )
    comment, review = _lock(comment_id, actor)
    handed = handed_to_others(comment_ids=[comment.pk], actor=actor)
    refusal = action_refusal(comment, review, request, expected=expected, now=database_now(), handed=handed)
    if refusal or review is None:
        raise _refusal_error(refusal or ActionRefusal.UNSCORED, review)
    row = action_apply(comment, review, request)
    hand_overs_taken(comment_ids=[comment.pk])
    return _save(review, row, note)


@transaction.atomic
def decision_undo(*, decision_id: int, actor: User | None = None, api_key: str = "") -> Decision:
    """Undoes a person's decision: restores the comment's previous status; returns the new ledger row.

    Only the last decision in force can be undone, by the person who made it or by a user who may undo others'. Raises
    ServiceError: `not_found`, `permission_denied`, and `conflict` if a decision, an edit or an undo came since.
    """
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise ServiceError("not_found", _("There is no such decision."))
    if decision.comment_id is None:
        raise conflict(_("A mute is ended by unmuting the commenter."))
    refuse_others(decision, actor, api_key)
    comment, review = _lock(decision.comment_id, actor)
    rows = list(Decision.objects.filter(comment_id=comment.pk).order_by("pk"))
    refusal = undo_refusal(decision, rows, comment, review)
    if refusal or review is None:
        raise _refusal_error(refusal or ActionRefusal.UNSCORED, review)
    row = undo_apply(decision, rows, comment, review, ActionRequest(Action.UNDO, actor, api_key))
    return _save(review, row, "")


def refuse_others(decision: Decision, actor: User | None, api_key: str) -> None:
    """Raises ServiceError `permission_denied` for a caller who neither made the decision nor may undo others'."""
    own = actor is not None and decision.actor_id == actor.pk
    by_key = actor is None and api_key != "" and decision.api_key == api_key
    if not (own or by_key or (actor is not None and actor.has_perm(UNDO_OTHERS))):
        said = _("Another person's decision is undone only by who may undo others'.")
        raise ServiceError("permission_denied", said)


def _lock(comment_id: int, actor: User | None) -> tuple[Comment, Review | None]:
    """Locks and returns the comment and its review; raises `not_found`, also for a comment of another source."""
    for comment in lock_comments([comment_id], sources=user_sources(actor)):
        return comment, lock_reviews([comment_id]).get(comment_id)
    raise _refusal_error(ActionRefusal.UNKNOWN, None)


def _save(review: Review, row: Decision, note: str) -> Decision:
    reviews_write([review])
    (row,) = decisions_append([row])
    if note:
        DecisionNote.objects.create(decision=row, text=note)
    return row


def _refusal_error(refusal: ActionRefusal, review: Review | None) -> ServiceError:
    details = {
        ActionRefusal.CLOSED: _("The comment is closed: it was withdrawn, erased or deleted."),
        ActionRefusal.UNSCORED: _("The comment's text is not scored yet."),
        ActionRefusal.CHANGED: _("The comment has changed since it was seen."),
        ActionRefusal.HELD: _("Another moderator holds the comment."),
        ActionRefusal.HANDED: _("The comment was handed to another moderator."),
        ActionRefusal.UNKNOWN: _("There is no such comment."),
        ActionRefusal.UNDONE: _("The decision was undone already."),
        ActionRefusal.LATER: _("Something came after the decision: decide anew instead."),
        ActionRefusal.AUTOMATIC: _("Only a person's decision can be undone: decide anew instead."),
    }
    if refusal == ActionRefusal.ALREADY and review is not None:
        said = _("highlighted") if review.highlighted else _("not highlighted")
        detail = _("The comment is %(state)s and %(mark)s already.")
        return conflict(detail % {"state": State(review.state).label, "mark": said})
    codes = {ActionRefusal.CHANGED: "precondition_failed", ActionRefusal.UNKNOWN: "not_found"}
    return ServiceError(codes.get(refusal, "conflict"), details[refusal])
