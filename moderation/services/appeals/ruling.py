"""Decides appeals: one person rules on another's decision, or on a rule's, and the ledger keeps it."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from archive.models import Comment
from moderation.models import Action, Appeal, AppealOutcome, Decision, DecisionNote, Delivery, Review
from moderation.services.accounts.source_limits import user_sources
from moderation.services.appeals.intake import callback_target
from moderation.services.errors import conflict, denied, invalid, not_found
from moderation.services.ledger.append import decisions_append
from moderation.services.review.actions import NOTE_CHARACTERS
from moderation.services.review.transitions import appeal_apply, is_actionable
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.team.hand_overs import hand_overs_taken

DECIDE_APPEAL = "moderation.decide_appeal"
RULINGS = (AppealOutcome.UPHELD, AppealOutcome.OVERTURNED)


@transaction.atomic
def appeal_decide(*, appeal_id: int, actor: User, outcome: str, answer: str) -> Appeal:
    """Decides an open appeal and returns it; what is overturned is approved, without a second look.

    `outcome` is upheld or overturned; `answer` is what the person who complained is told, with 1 to NOTE_CHARACTERS
    characters. Raises ServiceError and writes nothing: `permission_denied` without the permission, and for the person
    who made the decision; `not_found`, also for a comment of another source; `validation_error` by field; `conflict`
    if the appeal is closed, or if what is to be overturned was withdrawn, deleted or edited since.
    """
    if not actor.has_perm(DECIDE_APPEAL):
        raise denied(_("Appeals are decided by who may decide appeals."))
    _check(outcome, answer)
    appeal, comment = _locked(appeal_id, actor)
    review = lock_reviews([comment.pk]).get(comment.pk)
    overturned = outcome == AppealOutcome.OVERTURNED
    if review is None or (overturned and not is_actionable(comment, review)):
        raise conflict(_("The comment was withdrawn, deleted or edited since: there is nothing to approve."))
    row = _ruled(comment, review, actor, overturned=overturned)
    DecisionNote.objects.create(decision=row, text=answer)
    appeal.outcome, appeal.answer, appeal.ruling = outcome, answer, row
    appeal.decided_by, appeal.decided_at = actor, row.at
    appeal.save(update_fields=["outcome", "answer", "ruling", "decided_by", "decided_at"])
    _call_back(appeal, comment, row)
    return appeal


def _check(outcome: str, answer: str) -> None:
    if outcome not in RULINGS:
        said = _("The outcome is one of %(outcomes)s.") % {"outcomes": ", ".join(RULINGS)}
        raise invalid("/outcome", said, code="invalid_choice")
    if not 0 < len(answer.strip()) <= NOTE_CHARACTERS:
        said = _("An answer has 1 to %(limit)d characters.") % {"limit": NOTE_CHARACTERS}
        raise invalid("/answer", said, limit=NOTE_CHARACTERS)


def _locked(appeal_id: int, actor: User) -> tuple[Appeal, Comment]:
    """Returns the open appeal and its comment, both locked; raises ServiceError for one the actor may not decide."""
    found = Appeal.objects.filter(pk=appeal_id).values_list("comment_id", flat=True)
    for comment in lock_comments(list(found), sources=user_sources(actor)):
        appeal = Appeal.objects.select_related("decision").select_for_update(of=("self",)).get(pk=appeal_id)
        if not appeal.is_open:
            raise conflict(_("The appeal is closed already."))
        if appeal.decision.actor_id == actor.pk:
            raise denied(_("Another person than the one who made the decision decides on the appeal."))
        return appeal, comment
    raise not_found(_("There is no such appeal."))


def _ruled(comment: Comment, review: Review, actor: User, *, overturned: bool) -> Decision:
    """Records the ruling and, if it overturns, moves the review; returns the ledger row."""
    row = appeal_apply(comment, review, actor, action=Action.APPROVE if overturned else Action.APPEAL)
    if overturned:
        hand_overs_taken(comment_ids=[comment.pk])
        reviews_write([review])
    (saved,) = decisions_append([row])
    return saved


def _call_back(appeal: Appeal, comment: Comment, ruling: Decision) -> None:
    """Puts the callback into the outbox, signed as what goes to the target of the same origin is."""
    if not appeal.callback_url:
        return
    target = callback_target(url=appeal.callback_url, source_id=comment.source_id)
    if target is not None and target.url != appeal.callback_url:
        said = {"next_attempt_at": database_now(), "url": appeal.callback_url}
        Delivery.objects.create(target=target, decision=ruling, **said)
