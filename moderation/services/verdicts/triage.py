"""Saves a batch of scored comments: Score and Review rows, ledger rows and `taken_revision`.

`services.batch_scoring.run` scores outside transactions; one short transaction here saves a batch. Comments are locked
before their reviews, by id (`services.states.locking`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Count, F, Q

from archive.models import Comment, CommentQuerySet, OriginState
from moderation.models import (
    Claim,
    Decision,
    DecisionKind,
    PolicyVersion,
    ReaderFlag,
    Reason,
    Review,
    Score,
    State,
)
from moderation.models.people.commenter import commenters_muted
from moderation.services.ledger.append import decisions_append
from moderation.services.states.locking import lock_reviews, reviews_write
from moderation.services.verdicts.transitions import Scored, Transition, review_apply_verdict, review_close
from moderation.services.verdicts.trial.brake import brake_apply
from moderation.services.verdicts.trial.shadow import beside_save

CLOSED_COMMENTS = Q(withdrawn_at__isnull=False) | Q(erased_at__isnull=False) | Q(origin_state=OriginState.DELETED)
CLOSE_BATCH = 500


@transaction.atomic
def scores_save(*, scored: Sequence[Scored], worker: str) -> list[Scored]:
    """Saves the scores of an inactive model, without reviews; returns those that the worker still held."""
    held = Claim.objects.filter(pk__in=[one.comment.pk for one in scored], worker=worker)
    kept = set(held.values_list("pk", flat=True))
    rows = [one.score for one in scored if one.score and one.comment.pk in kept]
    Score.objects.bulk_create(rows, ignore_conflicts=True)
    held.delete()
    return [one for one in scored if one.comment.pk in kept]


@transaction.atomic
def batch_save(*, scored: Sequence[Scored], policy: PolicyVersion, worker: str) -> list[Review]:
    """Saves a batch: scores, reviews, ledger rows and `taken_revision`; releases the claims.

    Skips comments that were edited, closed or taken over by another worker meanwhile: they stay unscored, or belong to
    that worker. Returns the changed reviews.
    """
    kept = _lock_current(scored, worker)
    stored = _store_scores([one.score for one in kept if one.score])
    kept = [replace(one, score=stored.get(one.comment.pk)) for one in kept]
    reviews = lock_reviews([one.comment.pk for one in kept])
    kept = brake_apply(scored=kept, policy=policy)
    muted = commenters_muted({one.comment.commenter_id for one in kept})
    transitions = [
        review_apply_verdict(
            scored=one,
            review=reviews.get(one.comment.pk),
            policy=one.policy or policy,
            muted=one.comment.commenter_id in muted,
        )
        for one in kept
    ]
    _count_flags([review for review, _ in transitions if review.comment_id not in reviews])
    _save(transitions)
    beside_save(scored=kept)
    _mark_taken([one.comment for one in kept])
    Claim.objects.filter(pk__in=[one.comment.pk for one in scored], worker=worker).delete()
    return [review for review, _ in transitions]


def comments_to_close() -> CommentQuerySet:
    """Returns the withdrawn, erased or deleted comments whose review is not closed yet."""
    untaken = Q(review__isnull=True) | ~Q(review__state=State.CLOSED) | Q(taken_revision__lt=F("revision"))
    return Comment.objects.filter(CLOSED_COMMENTS & untaken)


def comments_close(*, ids: Collection[int] | None = None) -> int:
    """Closes comments that were withdrawn, erased or deleted at their origin, scored or not; returns how many.

    `ids` limits it to some comments. Needs no model.
    """
    closed = 0
    while batch := _close_batch(ids):
        closed += batch
    return closed


@transaction.atomic
def _close_batch(ids: Collection[int] | None) -> int:
    comments = comments_to_close() if ids is None else comments_to_close().filter(pk__in=ids)
    locked = list(comments.order_by("pk").select_for_update(of=("self",), no_key=True)[:CLOSE_BATCH])
    reviews = lock_reviews([comment.pk for comment in locked])
    _save([review_close(comment=comment, review=reviews.get(comment.pk)) for comment in locked])
    _mark_taken(locked)
    Claim.objects.filter(pk__in=[comment.pk for comment in locked]).delete()
    return len(locked)


def _lock_current(scored: Iterable[Scored], worker: str) -> list[Scored]:
    """Locks and returns those that the worker still holds, that are open and still have the scored text."""
    by_id = {one.comment.pk: one for one in scored}
    rows = Comment.objects.open().filter(pk__in=by_id, claim__worker=worker).order_by("pk")
    kept = []
    for row in rows.only("pk", "revision", "origin_state").select_for_update(of=("self",), no_key=True):
        one = by_id[row.pk]
        one.comment.origin_state = row.origin_state
        kept += [one] if row.revision == one.comment.revision else []
    return kept


def _store_scores(rows: Sequence[Score]) -> dict[int, Score]:
    """Stores the new scores and returns comment id → the stored row."""
    Score.objects.bulk_create([row for row in rows if row.pk is None], ignore_conflicts=True)
    wanted = {row.comment_id: row for row in rows}
    stored = {}
    for score in Score.objects.filter(comment_id__in=wanted, model__in={row.model_id for row in rows}):
        row = wanted[score.comment_id]
        if (score.revision, score.model_id) == (row.revision, row.model_id):
            score.model = row.model
            stored[score.comment_id] = score
    return stored


def _save(transitions: Sequence[Transition]) -> None:
    reviews_write([review for review, _ in transitions])
    decisions_append(_fill_grounds([row for _, rows in transitions for row in rows]))


def _count_flags(reviews: Sequence[Review]) -> None:
    """Sets `reader_flags` of new reviews to the number of flags set before the comment was scored."""
    flags = ReaderFlag.objects.filter(comment_id__in=[review.comment_id for review in reviews])
    counts = dict(flags.values_list("comment_id").annotate(number=Count("pk")).order_by())
    for review in reviews:
        review.reader_flags = counts.get(review.comment_id, 0)


def _fill_grounds(rows: list[Decision]) -> list[Decision]:
    """Sets the grounds of the reasons in import rows, and returns the rows."""
    codes = {row.reason for row in rows if row.kind == DecisionKind.IMPORT and row.reason}
    grounds = dict(Reason.objects.filter(code__in=codes).values_list("code", "ground")) if codes else {}
    for row in rows:
        row.ground = grounds.get(row.reason, row.ground)
    return rows


def _mark_taken(comments: Sequence[Comment]) -> None:
    """Sets `taken_revision`, for comments whose revision has not changed."""
    for revision in {comment.revision for comment in comments}:
        ids = [comment.pk for comment in comments if comment.revision == revision]
        Comment.objects.filter(pk__in=ids, revision=revision).update(taken_revision=revision)
