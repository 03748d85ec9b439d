"""Judges a comment again when a reader reports it, if the policy has a rule about reports."""

from contextlib import suppress

from django.db import transaction

from archive.models import Comment
from moderation.models import PolicyVersion, Review, State
from moderation.policies import Features, Policy, PolicyError, features_needed, judge
from moderation.services.errors import ServiceError
from moderation.services.facts.as_of import Subject, features_as_of
from moderation.services.ledger.append import decisions_append
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.states.status import MUTED, REJECTED
from moderation.services.verdicts.features import features_of
from moderation.services.verdicts.policy import policy_parsed
from moderation.services.verdicts.transitions import Scored, review_apply_verdict
from moderation.services.verdicts.trial.brake import brake_apply
from moderation.services.verdicts.trial.candidate import Active, policies_judging


@transaction.atomic
def comment_judge_reported(*, comment_id: int) -> bool:
    """Judges a comment by its stored score and facts and the reports so far; returns whether that was done.

    The version that judges is the candidate for a comment in its share, else the active one. It is not done if no rule
    of that version asks for reports, if the text is not scored yet, or was refused. What a person decided stays
    decided, and the brake counts what is done without a person.
    """
    try:
        row, policy = _judging(comment_id)
    except ServiceError:
        return False
    if "flags" not in features_needed(policy):
        return False
    comments = lock_comments([comment_id])
    review = lock_reviews([comment_id]).get(comment_id)
    if not comments or review is None or not _is_current(comments[0], review):
        return False
    _judge(comments[0], review, row, policy)
    return True


def _judging(comment_id: int) -> Active:
    """Returns the version that judges the comment; the active one if the candidate cannot be read."""
    active, candidate = policies_judging()
    if candidate and candidate.has(comment_id):
        with suppress(PolicyError):
            return candidate.version, policy_parsed(candidate.version)
    return active


def _is_current(comment: Comment, review: Review) -> bool:
    return review.score is not None and review.score.revision == comment.revision and review.state != State.CLOSED


def _judge(comment: Comment, review: Review, row: PolicyVersion, policy: Policy) -> None:
    scored = _scored(comment, review, policy)
    if not _is_as_before(review, scored, row):
        # The version has counted the comments that it judged when they came.
        (scored,) = brake_apply(scored=[scored], policy=row, judged=int(review.policy_id != row.pk))
    judged, rows = review_apply_verdict(scored=scored, review=review, policy=row)
    reviews_write([judged])
    decisions_append(rows)


def _scored(comment: Comment, review: Review, policy: Policy) -> Scored:
    scores = review.score.values() if review.score else {}
    where = {"source": comment.source.slug, "section": comment.article.section}
    verdict = judge(policy, scores, features=_features(comment, review, policy), **where)
    return Scored(
        comment=comment,
        score=review.score,
        verdict=verdict,
        facts={name: value for name, value in review.facts.items() if name not in {MUTED, REJECTED}},
        audit_share=policy.audit_chance(verdict.risk),
        facts_edition=review.facts_edition,
    )


def _is_as_before(review: Review, scored: Scored, row: PolicyVersion) -> bool:
    """Returns whether the same version did the same by the same rule already: one more report is no further act."""
    before = review.verdict.get("action"), review.verdict.get("rule")
    return review.policy_id == row.pk and before == (scored.verdict.action, scored.verdict.rule)


def _features(comment: Comment, review: Review, policy: Policy) -> Features:
    language = review.score.language if review.score else ""
    subject = Subject.of(comment, language=language, features=features_of(review.facts))
    return features_as_of(subjects=[subject], needed=features_needed(policy))[0]
