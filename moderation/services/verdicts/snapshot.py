"""What a review was before the policy decided it without a person, kept so that it can be taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moderation.models import DecidedBy, Review, Score

STATUS = ("state", "held", "highlighted", "decided_by")
VERDICT = ("verdict", "flagged", "risk", "uncertainty", "policy_id")
DRAW = ("sampled", "review_probability")
COPIED = (*STATUS, *VERDICT, *DRAW)
# Versions that can be taken back one after the other, on a comment that each decided anew.
MAX_STEPS = 4


def review_snapshot(review: Review) -> dict[str, Any]:
    """Returns the review's status, verdict and draw, as JSON, with what they replaced themselves."""
    earlier = _shortened(review.replaced, MAX_STEPS - 1)
    decided_at = review.decided_at.isoformat() if review.decided_at else None
    columns = {name: getattr(review, name) for name in COPIED}
    return {**columns, "decided_at": decided_at, "score_id": review.score_id, "replaced": earlier}


def replaced_after(review: Review, was: dict[str, Any] | None, *, moved: bool) -> dict[str, Any] | None:
    """Returns what the policy's decision has replaced: `was`, if it decided just now or by another rule.

    Else what it was before; None if nobody has decided.
    """
    if review.decided_by == DecidedBy.POLICY and (moved or (was and _decider(was) != _decider_of(review))):
        return was
    return review.replaced if review.decided_by in {DecidedBy.POLICY, DecidedBy.PERSON} else None


def _decider(was: Mapping[str, Any]) -> tuple[Any, Any]:
    return was["policy_id"], was["verdict"].get("rule")


def _decider_of(review: Review) -> tuple[Any, Any]:
    return review.policy_id, review.verdict.get("rule")


def _shortened(was: Mapping[str, Any] | None, steps: int) -> dict[str, Any] | None:
    if was is None or steps == 0:
        return None
    return {**was, "replaced": _shortened(was["replaced"], steps - 1)}


def snapshot_restore(review: Review, was: Mapping[str, Any], scores: Mapping[int, Score]) -> None:
    """Sets the review to what it was; `scores` are those that snapshots name, by id, as far as they are still there."""
    for name in COPIED:
        setattr(review, name, was[name])
    review.decided_at = datetime.fromisoformat(was["decided_at"]) if was["decided_at"] else None
    if was["score_id"] != review.score_id:
        review.score_take(scores.get(was["score_id"]))
    review.replaced = was["replaced"]
