"""Where a verdict puts a comment: the table of states, as pure functions over plain values.

`services.verdicts.triage` applies it to rows. What a person may do is in `services.review.decisions`.
"""

from dataclasses import dataclass

from archive.models import Comment, OriginState
from moderation.models import Action, DecidedBy, Review, State

# A comment without a review, or edited since; no row has it, and the ledger names it.
UNSCORED = "unscored"
# Moves among these by a verdict write no row in the ledger.
QUIET_STATES = frozenset({UNSCORED, State.PASSED.value, State.PENDING.value})
# A review's fact: a person rejected the comment and no person has approved it since.
REJECTED = "rejected_by_person"
# A review's fact: the commenter was muted when this text came, so it is held whatever the verdict says.
MUTED = "commenter_muted"


@dataclass(frozen=True, slots=True)
class ReviewStatus:
    """What is true of a comment in the queue: its state, whether the site must hide it, and whose word that is."""

    state: str
    held: bool = False
    highlighted: bool = False
    decided_by: str = DecidedBy.NOBODY


BY_VERDICT = {
    "pass": ReviewStatus(State.PASSED),
    "queue": ReviewStatus(State.PENDING),
    "hold": ReviewStatus(State.PENDING, held=True),
    "approve": ReviewStatus(State.APPROVED, decided_by=DecidedBy.POLICY),
    "reject": ReviewStatus(State.REJECTED, decided_by=DecidedBy.POLICY),
    "highlight": ReviewStatus(State.APPROVED, highlighted=True, decided_by=DecidedBy.POLICY),
}
ORIGIN_SPAM = ReviewStatus(State.REJECTED, decided_by=DecidedBy.IMPORT)


def status_for_verdict(action: str, *, origin_state: str, rejected_before: bool, muted: bool = False) -> ReviewStatus:
    """Returns where the verdict `action` puts a comment that nobody has decided on in its present text.

    `origin_state` is what the system it came from had made of it. `rejected_before` says that a person rejected the
    comment and none has approved it since: an edit alone never brings such a comment back. `muted` says that its
    commenter was muted when the text came.
    """
    status = BY_VERDICT[action]
    if origin_state == OriginState.SPAM:
        return ORIGIN_SPAM
    if status.state == State.REJECTED:
        return status
    if muted or origin_state == OriginState.UNAPPROVED:
        return ReviewStatus(State.PENDING, held=True)
    if rejected_before and status.state != State.PENDING:
        return ReviewStatus(State.PENDING)
    return status


def held_in_queue(comment: Comment, review: Review) -> bool:
    """Says whether the site must not show the comment while it waits for a person."""
    unapproved = comment.origin_state == OriginState.UNAPPROVED
    return unapproved or review.verdict.get("action") == "hold" or MUTED in review.facts


def action_of(status: ReviewStatus) -> str:
    """Returns the ledger's word for a move to `status` that no person made."""
    if status.state == State.REJECTED:
        return Action.REJECT
    if status.state == State.APPROVED:
        return Action.HIGHLIGHT if status.highlighted else Action.APPROVE
    if status.state == State.PENDING:
        return Action.HOLD if status.held else Action.QUEUE
    return Action.CLOSE if status.state == State.CLOSED else Action.REOPEN
