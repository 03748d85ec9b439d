"""What a review was before the policy decided it without a person, kept so that it can be taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moderation.models import DecidedBy, Review, Score

STATUS = ("state", "held", "highlighted", "decided_by")
VERDICT = ("verdict", "flagged", "risk", "uncertainty", "policy_id")
DRAW = ("sampled", "review_probability")
COPIED = (*STATUS, *VERDICT, *DRAW)


def review_snapshot(review: Review) -> dict[str, Any]:
    """Returns the review's status, verdict and draw, as JSON; of what it replaced itself, one step is kept."""
    earlier = {**review.replaced, "replaced": None} if review.replaced else None
    decided_at = review.decided_at.isoformat() if review.decided_at else None
    columns = {name: getattr(review, name) for name in COPIED}
    return {**columns, "decided_at": decided_at, "score_id": review.score_id, "replaced": earlier}


def replaced_after(review: Review, was: dict[str, Any] | None, *, moved: bool) -> dict[str, Any] | None:
    """Returns what a verdict has replaced: `was` if the policy decided just now, else what it was, if that holds."""
    if review.decided_by == DecidedBy.POLICY and moved:
        return was
    return review.replaced if review.decided_by in {DecidedBy.POLICY, DecidedBy.PERSON} else None


def snapshot_restore(review: Review, was: Mapping[str, Any], scores: Mapping[int, Score]) -> None:
    """Sets the review to what it was; `scores` are those that snapshots name, by id, as far as they are still there."""
    for name in COPIED:
        setattr(review, name, was[name])
    review.decided_at = datetime.fromisoformat(was["decided_at"]) if was["decided_at"] else None
    if was["score_id"] != review.score_id:
        review.score_take(scores.get(was["score_id"]))
    review.replaced = was["replaced"]
