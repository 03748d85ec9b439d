"""What people did with the comments of `benchmark policy`, as columns of rows."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from moderation.models import DecisionKind, Review
from moderation.services.states.status import BY_VERDICT

AUDIT, QUEUE_DECIDED, AUDIT_DECIDED = 0.05, 0.62, 0.7
DECIDED_AFTER = timedelta(hours=6)
STATUSES = {action: asdict(status) for action, status in BY_VERDICT.items()}


def report_values(review: Review) -> dict[str, Any]:
    """Returns the report of a comment by one of a few hundred readers."""
    at = review.created_at + DECIDED_AFTER / 2
    return {"comment_id": review.comment_id, "reporter": f"reader{review.comment_id % 300}", "reason": "spam", "at": at}


def decision_values(review: Review) -> dict[str, Any]:
    """Returns the ledger row of what people, or the policy, decided."""
    return {
        "comment_id": review.comment_id,
        "kind": DecisionKind(review.decided_by),
        "action": "reject" if review.state == "rejected" else "approve",
        "from_state": "pending" if review.decided_by == "person" else "unscored",
        "to_state": review.state,
        "policy_id": review.policy_id,
        "rule": review.verdict["rule"],
        "revision": 1,
        "review_probability": review.review_probability,
        "at": review.decided_at,
    }


def state_values(action: str, lot: float, at: datetime, *, harmful: bool) -> dict[str, Any]:
    """Returns the state after the verdict, and after the people, who decide on most of what waits for them."""
    sampled = action == "pass" and lot < AUDIT
    status = STATUSES["queue" if sampled else action]
    chance = {"sampled": sampled, "review_probability": AUDIT if sampled else 1.0}
    waits = status["state"] == "pending"
    share = lot / AUDIT if sampled else lot
    if not waits or share > (AUDIT_DECIDED if sampled else QUEUE_DECIDED):
        return {**status, **chance, "decided_at": at if status["decided_by"] else None}
    state = "rejected" if harmful else "approved"
    return {**status, **chance, "state": state, "held": False, "decided_by": "person", "decided_at": at}
