"""Applies a person's action to a review: why it is refused, or the changed review and its ledger row.

No queries here: `services.review.decisions` and `services.review.bulk` load, lock and save. For verdicts, see
`services.verdicts.transitions`.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment
from moderation.models import Action, DecidedBy, Decision, DecisionKind, Review, ReviewRound, State
from moderation.models.review import WAITING_STATES
from moderation.services.ledger.append import decision_row, undo_row
from moderation.services.ledger.in_force import decisions_in_force
from moderation.services.review.actions import ACTION_RULES, ActionRequest
from moderation.services.states.status import REJECTED, ReviewStatus, held_in_queue
from moderation.services.states.version import VersionToken

JUDGING = frozenset(action for action, rule in ACTION_RULES.items() if rule.judges)
DECIDED_BY = {
    DecisionKind.PERSON: DecidedBy.PERSON,
    DecisionKind.POLICY: DecidedBy.POLICY,
    DecisionKind.IMPORT: DecidedBy.IMPORT,
    # What a key decides holds as a person's decision does; and a person's deferral ends.
    DecisionKind.SYSTEM: DecidedBy.PERSON,
    DecisionKind.APPEAL: DecidedBy.PERSON,
}


class ActionRefusal(TextChoices):
    """Why an action is not applied to a comment."""

    ALREADY = "already", _("is so already")
    HELD = "held", _("another moderator holds it")
    HANDED = "handed", _("was handed to another moderator")
    CHANGED = "changed", _("has changed since it was seen")
    CLOSED = "closed", _("was withdrawn, erased or deleted")
    UNSCORED = "unscored", _("its text is not scored yet")
    UNKNOWN = "unknown", _("there is no such comment")
    UNDONE = "undone", _("was undone already")
    LATER = "later", _("something came after the decision")
    AUTOMATIC = "automatic", _("no person made the decision")


def action_refusal(
    comment: Comment,
    review: Review | None,
    request: ActionRequest,
    *,
    expected: VersionToken | None,
    now: datetime,
    handed: Collection[int] = (),
) -> ActionRefusal | None:
    """Returns why the action cannot be applied to the comment, None if it can.

    `expected` is the version that the person saw; `handed` are comments that were handed to others. Of `comment` only
    the id and revisions are read.
    """
    not_actionable = _not_actionable(comment, review)
    if not_actionable or review is None:
        return not_actionable
    if expected is not None and expected != VersionToken(comment.pk, comment.revision, review.state_version):
        return ActionRefusal.CHANGED
    if held_by_another(review, request.actor, now):
        return ActionRefusal.HELD
    if comment.pk in handed:
        return ActionRefusal.HANDED
    return ActionRefusal.ALREADY if ACTION_RULES[request.action].is_done(review) else None


def held_by_another(review: Review, actor: User | None, now: datetime) -> bool:
    """Returns whether somebody else holds the comment at `now`."""
    return review.is_held(now) and (actor is None or review.holder_id != actor.pk)


def action_apply(comment: Comment, review: Review, request: ActionRequest) -> Decision:
    """Applies the action to the review and returns the ledger row; both are unsaved."""
    row = decision_row(
        comment=comment,
        review=review,
        # A key by itself is no person.
        kind=DecisionKind.PERSON if request.actor else DecisionKind.SYSTEM,
        actor=request.actor,
        api_key=request.api_key,
        action=request.action,
        from_state=review.state,
        to_state=ACTION_RULES[request.action].leads_to,
        reason=request.reason,
        ground=request.ground,
        automated_detection=review.flagged,
        round=ReviewRound.SECOND if review.state == State.ESCALATED else ReviewRound.FIRST,
        batch=request.batch,
        until=request.until,
    )
    _mark_rejection(review, [row])
    _move(review, _status_after(request.action, comment, review), until=request.until, decided_at=row.at)
    return row


def appeal_apply(comment: Comment, review: Review, actor: User, *, action: Action) -> Decision:
    """Returns the ledger row of a decided appeal, unsaved; if it overturns (`approve`), the review is changed too.

    A person has looked, so what is overturned is approved at once and waits for no second decision.
    """
    overturned = action == Action.APPROVE
    row = decision_row(
        comment=comment,
        review=review,
        kind=DecisionKind.APPEAL,
        actor=actor,
        action=action,
        from_state=review.state,
        to_state=State.APPROVED if overturned else review.state,
        automated_detection=review.flagged,
    )
    if overturned:
        _mark_rejection(review, [row])
        _move(review, _status_after(action, comment, review), until=None, decided_at=row.at)
    return row


def is_actionable(comment: Comment, review: Review) -> bool:
    """Returns whether a person can change the comment's state: it is scored and not closed."""
    return _not_actionable(comment, review) is None


def undo_refusal(
    decision: Decision, rows: Sequence[Decision], comment: Comment, review: Review | None
) -> ActionRefusal | None:
    """Returns why the decision cannot be undone, None if it can. `rows` are all of the comment's, in id order.

    Only the last decision in force can be, if a person or a key made it on the current text.
    """
    if not_actionable := _not_actionable(comment, review):
        return not_actionable
    if any(row.undoes_id == decision.pk for row in rows):
        return ActionRefusal.UNDONE
    if not is_deliberate(decision):
        return ActionRefusal.AUTOMATIC
    last = decisions_in_force(rows)[-1]
    return None if last.pk == decision.pk and decision.revision == comment.revision else ActionRefusal.LATER


def is_deliberate(decision: Decision) -> bool:
    """Returns whether a person made the decision, or a key for itself; not a verdict, an import or a deferral's end."""
    return decision.kind == DecisionKind.PERSON or (decision.kind == DecisionKind.SYSTEM and bool(decision.api_key))


def undo_apply(
    decision: Decision, rows: Sequence[Decision], comment: Comment, review: Review, request: ActionRequest
) -> Decision:
    """Restores the review's status from before `decision` and returns the undo's ledger row; both are unsaved.

    `rows` are all of the comment's; `request` says who undoes it.
    """
    before = decisions_in_force(rows)[:-1]
    earlier = before[-1] if before else None
    who = {"actor": request.actor, "api_key": request.api_key, "batch": request.batch}
    row = undo_row(comment=comment, review=review, undoes=decision, to_state=decision.from_state, **who)
    review.facts = {name: fact for name, fact in review.facts.items() if name != REJECTED}
    _mark_rejection(review, before)
    status = _status_before(decision, earlier, comment, review)
    until = earlier.until if earlier and earlier.until else row.at
    _move(review, status, until=until, decided_at=earlier.at if earlier and status.decided_by else None)
    return row


def deferral_end(comment: Comment, review: Review, now: datetime) -> Decision:
    """Makes a deferred review that is due pending and returns the ledger row; both are unsaved.

    It stays decided by a person, so that no verdict on the same text takes it out of the queue again.
    """
    row = decision_row(
        comment=comment,
        review=review,
        kind=DecisionKind.SYSTEM,
        action=Action.REOPEN,
        from_state=review.state,
        to_state=State.PENDING,
        at=now,
    )
    status = ReviewStatus(State.PENDING, review.held, decided_by=DecidedBy.PERSON)
    _move(review, status, until=None, decided_at=review.decided_at)
    return row


def _not_actionable(comment: Comment, review: Review | None) -> ActionRefusal | None:
    if review is not None and review.state == State.CLOSED:
        return ActionRefusal.CLOSED
    return ActionRefusal.UNSCORED if review is None or comment.taken_revision < comment.revision else None


def _status_after(action: Action, comment: Comment, review: Review) -> ReviewStatus:
    rule = ACTION_RULES[action]
    waits = rule.leads_to in WAITING_STATES
    held = held_in_queue(comment, review) if action == Action.REOPEN else review.held and waits
    return ReviewStatus(rule.leads_to, held, bool(rule.highlights), DecidedBy.PERSON)


def _move(review: Review, status: ReviewStatus, *, until: datetime | None, decided_at: datetime | None) -> None:
    for name, value in asdict(status).items():
        setattr(review, name, value)
    review.state_version += 1
    review.deferred_until = until if status.state == State.DEFERRED else None
    review.decided_at = decided_at
    review.holder_id = review.holder_until = None
    review.updated_at = timezone.now()


def _mark_rejection(review: Review, rows: Sequence[Decision]) -> None:
    """Sets or removes REJECTED in the review's facts, depending on the last of `rows` in which a person judged it."""
    judging = [row for row in rows if _by_person(row) and row.action in JUDGING]
    if judging:
        facts = {name: fact for name, fact in review.facts.items() if name != REJECTED}
        review.facts = {**facts, REJECTED: True} if judging[-1].action == Action.REJECT else facts


def _by_person(row: Decision) -> bool:
    return is_deliberate(row) or row.kind == DecisionKind.APPEAL


def _status_before(decision: Decision, earlier: Decision | None, comment: Comment, review: Review) -> ReviewStatus:
    """Returns the status before the decision: as set by the earlier row if it led to that state, else by a verdict."""
    state = decision.from_state
    held = state in WAITING_STATES and held_in_queue(comment, review)
    if earlier is None or earlier.to_state != state:
        return ReviewStatus(state, held)
    decided_by = DECIDED_BY.get(DecisionKind(earlier.kind), DecidedBy.NOBODY)
    return ReviewStatus(state, held, earlier.action == Action.HIGHLIGHT, decided_by)
