"""The review status that a verdict leads to, as a table and pure functions over plain values.

`services.verdicts.triage` applies it to rows. For what people do, see `services.review.decisions`.
"""

from dataclasses import dataclass

from archive.models import Comment, OriginState
from moderation.models import Action, DecidedBy, Review, State

# The state of a comment without a review, or edited since. No review has it, but ledger rows name it.
UNSCORED = "unscored"
# A verdict that moves a comment among these writes no ledger row.
QUIET_STATES = frozenset({UNSCORED, State.PASSED.value, State.PENDING.value})
# A key in `Review.facts`: a person rejected the comment, and none has approved it since.
REJECTED = "rejected_by_person"
# A key in `Review.facts`: the commenter was muted when this text arrived, so it is held whatever the verdict says.
MUTED = "commenter_muted"


@dataclass(frozen=True, slots=True)
class ReviewStatus:
    """A review's state, whether the site must hide the comment (`held`), and who decided."""

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
    """Returns the status that the verdict `action` gives a comment whose current text nobody has decided on.

    `origin_state` is the comment's state in the system it came from. `rejected_before`: a person rejected the comment
    and none has approved it since; an edit alone never makes such a comment pass. `muted`: its commenter was muted when
    the text arrived.
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
    """Returns whether the site must hide the comment while it waits for a person."""
    unapproved = comment.origin_state == OriginState.UNAPPROVED
    return unapproved or review.verdict.get("action") == "hold" or MUTED in review.facts


def action_of(status: ReviewStatus) -> str:
    """Returns the ledger's name for an automatic move to `status`."""
    if status.state == State.REJECTED:
        return Action.REJECT
    if status.state == State.APPROVED:
        return Action.HIGHLIGHT if status.highlighted else Action.APPROVE
    if status.state == State.PENDING:
        return Action.HOLD if status.held else Action.QUEUE
    return Action.CLOSE if status.state == State.CLOSED else Action.REOPEN
