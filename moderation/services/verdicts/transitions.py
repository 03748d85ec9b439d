"""Applies a verdict to a review, or closes it; returns the changed review and its ledger rows.

No queries here: `services.verdicts.triage` loads, locks and saves. Re-judging uses `review_apply_verdict` too, so that
a verdict has the same effect wherever it comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from archive.models import Comment, OriginState
from moderation.models import Action, DecidedBy, Decision, DecisionKind, PolicyVersion, Review, Score, State
from moderation.policies import Verdict
from moderation.services.ledger.append import decision_row
from moderation.services.states.status import (
    MUTED,
    QUIET_STATES,
    REJECTED,
    UNSCORED,
    ReviewStatus,
    action_of,
    status_for_verdict,
)
from moderation.services.verdicts.sampling import sampled_for_qa
from moderation.services.verdicts.snapshot import replaced_after, review_snapshot

SPAM_REASON = "spam"
Transition = tuple[Review, list[Decision]]


@dataclass(frozen=True, slots=True)
class Beside:
    """A candidate's verdict beside the active version's; None if it failed. `effective`: it is the one that counts."""

    version: PolicyVersion
    verdict: Verdict | None
    active: Verdict
    effective: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored comment: its score (None if the model refused it), its verdict, and the `facts` for its review.

    `comment` has the text that was scored, with its source and article loaded; `score` may be unsaved. `audit_share` is
    the chance with which the policy samples it for QA if it passes. `facts_edition` goes into the review with the
    facts. `policy` is the version that gave the verdict, None for the active one; `beside` is what the candidate said,
    if there is one.
    """

    comment: Comment
    score: Score | None
    verdict: Verdict
    facts: Mapping[str, Any]
    audit_share: float = 0.0
    facts_edition: int | None = None
    policy: PolicyVersion | None = None
    beside: Beside | None = None


def review_apply_verdict(
    *, scored: Scored, review: Review | None, policy: PolicyVersion, muted: bool = False
) -> Transition:
    """Returns the review after the verdict and the ledger rows of its change of state, all unsaved.

    `review` is the comment's current one, locked, with its score and model loaded. A person's decision on this text
    stays. An edited text is judged afresh, but gets no better than pending if a person rejected an earlier one.
    `muted`: the commenter is muted now; a new text is then held, and stays held when it is judged again.
    """
    comment, now = scored.comment, timezone.now()
    review = review or _new_review(comment)
    before = _state_before(review, comment)
    rows = [_lapsed_row(comment, review)] if before == UNSCORED and _is_decided(review) else []
    muted = muted if before == UNSCORED else MUTED in review.facts
    status, decided_by = _status(scored, review, before, muted=muted), review.decided_by
    drawn = before == State.PASSED or (before != UNSCORED and review.sampled)
    was = review_snapshot(review) if scored.verdict.automatic and before != UNSCORED else None
    _set_verdict(review, scored, policy, muted=muted)
    status = _sample_for_qa(review, status, scored, policy, drawn=drawn)
    loud = not {before, status.state} <= QUIET_STATES
    moved = _move(review, status, before=before, now=now)
    review.replaced = replaced_after(review, was, moved=moved)
    if moved and loud:
        rows.append(_moved_row(comment, review, before, decided_by))
    return review, rows


def review_close(*, comment: Comment, review: Review | None) -> Transition:
    """Closes the review of a withdrawn, erased or deleted comment; returns it and its ledger rows, unsaved."""
    now = timezone.now()
    before = review.state if review else UNSCORED
    review = review or _new_review(comment)
    deleted = comment.origin_state == OriginState.DELETED
    status = ReviewStatus(State.CLOSED, decided_by=DecidedBy.IMPORT if deleted else DecidedBy.NOBODY)
    if comment.erased_at:
        review.facts, review.near_hash = {}, None
    if comment.taken_revision < comment.revision:
        _unjudged(review)
    if not _move(review, status, before=before, now=now):
        return review, []
    kind = DecisionKind.IMPORT if deleted else DecisionKind.SYSTEM
    return review, [_row(comment, review, kind, Action.CLOSE, (before, State.CLOSED), policy_id=None, rule="")]


def _set_verdict(review: Review, scored: Scored, policy: PolicyVersion, *, muted: bool) -> None:
    """Sets the review's verdict and what it is based on, but not its state."""
    verdict = scored.verdict
    review.facts = {**scored.facts, **_rejection_kept(review), **({MUTED: True} if muted else {})}
    review.near_hash, review.facts_edition = scored.facts.get("near_hash") or None, scored.facts_edition
    review.score_take(scored.score)
    review.policy = policy
    review.verdict = {**verdict.as_json(), **({"cause": MUTED} if muted else {})}
    review.flagged, review.risk, review.uncertainty = verdict.flagged, verdict.risk, verdict.uncertainty


def _unjudged(review: Review) -> None:
    """Takes the verdict out of a review whose comment was edited since: it is of another text."""
    review.score_take(None)
    review.policy, review.verdict = None, {}
    review.flagged, review.risk, review.uncertainty = False, 0.0, 0.0


def _sample_for_qa(
    review: Review, status: ReviewStatus, scored: Scored, policy: PolicyVersion, *, drawn: bool
) -> ReviewStatus:
    """Returns pending instead of passed if the comment is sampled for QA; sets the review's probability.

    `drawn`: this text passed before and took part in a draw. That one stays while the policy draws at all, or each new
    version would send more of the same comments to people.
    """
    if status.decided_by == DecidedBy.PERSON:
        return status
    passes = status.state == State.PASSED
    if passes and drawn and scored.audit_share:
        return ReviewStatus(State.PENDING) if review.sampled else status
    review.sampled = passes and sampled_for_qa(scored.comment, policy, scored.audit_share)
    review.review_probability = scored.audit_share if review.sampled else 1.0
    return ReviewStatus(State.PENDING) if review.sampled else status


def _new_review(comment: Comment) -> Review:
    return Review(
        comment_id=comment.pk,
        source_id=comment.source_id,
        article_id=comment.article_id,
        created_at=comment.created_at,
        state=UNSCORED,
        state_version=0,
    )


def _state_before(review: Review, comment: Comment) -> str:
    """Returns the review's state if it is about this text, else unscored: it is new, or the text was edited.

    Compares hashes, not revisions: a changed state at the origin is a new revision of the same text.
    """
    return review.state if review.facts.get("text_hash") == comment.text_hash else UNSCORED


def _is_decided(review: Review) -> bool:
    return review.state not in QUIET_STATES


def _status(scored: Scored, review: Review, before: str, *, muted: bool) -> ReviewStatus:
    if before != UNSCORED and review.decided_by == DecidedBy.PERSON:
        return ReviewStatus(review.state, review.held, review.highlighted, review.decided_by)
    return status_for_verdict(
        scored.verdict.action,
        origin_state=scored.comment.origin_state,
        rejected_before=REJECTED in _rejection_kept(review),
        muted=muted,
    )


def _rejection_kept(review: Review) -> dict[str, bool]:
    """Returns the REJECTED fact, which verdicts keep: a person's rejection sets it, an approval removes it."""
    return {REJECTED: True} if review.facts.get(REJECTED) else {}


def _move(review: Review, status: ReviewStatus, *, before: str, now: datetime) -> bool:
    """Sets the review's status; returns whether its state or highlight changed."""
    moved = (before, review.highlighted) != (status.state, status.highlighted)
    if moved or review.held != status.held:
        review.state_version += 1
    if moved:
        review.holder_id = review.holder_until = None
        review.decided_at = now if status.decided_by else None
    review.state, review.held = status.state, status.held
    review.highlighted, review.decided_by = status.highlighted, status.decided_by
    review.deferred_until = review.deferred_until if status.state == State.DEFERRED else None
    review.updated_at = now
    return moved


def _lapsed_row(comment: Comment, review: Review) -> Decision:
    """Returns the ledger row for a decision that lapsed because the text was edited; the new text has no scores yet."""
    nothing: dict[str, Any] = {"policy_id": None, "rule": "", "scores": {}, "model": ""}
    return _row(comment, review, DecisionKind.SYSTEM, Action.REOPEN, (review.state, UNSCORED), **nothing)


def _moved_row(comment: Comment, review: Review, before: str, decided_before: str) -> Decision:
    status = ReviewStatus(review.state, review.held, review.highlighted)
    states = (before, review.state)
    if DecidedBy.IMPORT in {review.decided_by, decided_before} and review.decided_by != DecidedBy.POLICY:
        reason = SPAM_REASON if review.state == State.REJECTED else ""
        columns: dict[str, Any] = {"policy_id": None, "rule": "", "reason": reason}
        return _row(comment, review, DecisionKind.IMPORT, action_of(status), states, **columns)
    automated = {"automated_detection": True, "automated_decision": True}
    return _row(comment, review, DecisionKind.POLICY, action_of(status), states, **automated)


def _row(comment: Comment, review: Review, kind: str, action: str, states: tuple[str, str], **columns: Any) -> Decision:
    said = {"kind": kind, "action": action, "from_state": states[0], "to_state": states[1]}
    return decision_row(comment=comment, review=review, **said, **columns)
