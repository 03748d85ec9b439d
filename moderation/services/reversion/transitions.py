"""What taking a rule back makes of one review: why it is left, or the changed review and its ledger row.

No queries here: `services.reversion.run` loads, locks and saves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from archive.models import Comment
from moderation.models import DecidedBy, Decision, DecisionKind, Reversion, Review, Score, State
from moderation.policies.verdict import AUTOMATIC_ACTIONS, BRAKED_ACTION
from moderation.services.ledger.append import undo_row
from moderation.services.ledger.in_force import decisions_in_force
from moderation.services.states.status import MUTED, REJECTED, status_for_verdict
from moderation.services.verdicts.snapshot import snapshot_restore


def decision_to_revert(
    comment: Comment, review: Review, rows: Sequence[Decision], reversion: Reversion
) -> Decision | None:
    """Returns the automatic decision that holds because of the rule; None if there is none and the review stays.

    `rows` are all of the comment's, in id order. A person's decision is never undone, nor what is of an older text.
    """
    of_rule = review.policy_id == reversion.policy_id and review.verdict.get("rule") == reversion.rule
    current = comment.taken_revision == comment.revision and review.state != State.CLOSED
    if not (of_rule and current and review.decided_by == DecidedBy.POLICY):
        return None
    last = next(iter(decisions_in_force(rows)[-1:]), None)
    automatic = last is not None and last.kind == DecisionKind.POLICY and last.to_state == review.state
    return last if automatic else None


def review_revert(
    comment: Comment, review: Review, decision: Decision, reversion: Reversion, scores: Mapping[int, Score]
) -> Decision | None:
    """Makes the review what it was before the rule decided it and returns the undo's ledger row; both are unsaved.

    There is no row if its status stays: the rule upheld what another had decided before. A comment that was not scored
    before goes to a person, as by the same rule braked. `scores` are those that the snapshot names.
    """
    before = _status(review)
    who = {"actor_id": reversion.actor_id, "api_key": reversion.api_key, "batch": reversion.batch}
    row = undo_row(comment=comment, review=review, undoes=decision, **who)
    if review.replaced:
        snapshot_restore(review, review.replaced, scores)
    else:
        _to_person(comment, review)
    if _status(review) == before:
        return None
    review.state_version += 1
    review.holder_id = review.holder_until = None
    review.updated_at = timezone.now()
    row.to_state = review.state
    return row


def _status(review: Review) -> tuple[str, bool, bool]:
    return review.state, review.held, review.highlighted


def _to_person(comment: Comment, review: Review) -> None:
    """Sets what the verdict would be if its rule acted through a person."""
    status = status_for_verdict(
        BRAKED_ACTION,
        origin_state=comment.origin_state,
        rejected_before=REJECTED in review.facts,
        muted=MUTED in review.facts,
    )
    for name, value in asdict(status).items():
        setattr(review, name, value)
    review.verdict, review.flagged, review.decided_at = _braked(review.verdict), True, None


def _braked(verdict: Mapping[str, Any]) -> dict[str, Any]:
    action = verdict.get("action")
    withheld = {"braked": action} if action in AUTOMATIC_ACTIONS else {}
    return {**verdict, "action": BRAKED_ACTION, "flagged": True, **withheld}
