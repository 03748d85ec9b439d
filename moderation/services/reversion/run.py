"""Takes back what a rule did, chunk by chunk, each in one short transaction; an interrupted run can be gone on with.

The rule is braked first, in the transaction that begins: verdicts that are saved later act through a person
(`services.verdicts.trial.brake`), so that the walk meets all that the rule did. Locks: the reversion,
then comments, then reviews, then the ledger.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from typing import NamedTuple
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from archive.models import Comment
from moderation.models import DecidedBy, Decision, PolicyVersion, Reversion, Review, ReviewQuerySet, Rollout, Score
from moderation.services.ledger.append import decisions_append
from moderation.services.reversion.transitions import decision_to_revert, review_revert
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.states.version import VersionToken

CHUNK = 500
Progress = Callable[[Reversion], None]
Stop = Callable[[], bool]


class Undo(NamedTuple):
    """One review that is made what it was: unsaved, with its ledger row if its status changes; before that it was."""

    review: Review
    row: Decision | None
    token: VersionToken
    state: str


def reversion_begin(
    *, version: PolicyVersion, rule: str, actor: User | None, api_key: str, last_id: int | None = None
) -> Reversion:
    """Brakes the rule, and returns its unfinished reversion or a new one; call it in a transaction of its own.

    `last_id` is the last comment that a new one is about; by default the newest.
    """
    rollout, _made = Rollout.objects.select_for_update(no_key=True).get_or_create(policy=version)
    if rule not in rollout.braked_rules:
        rollout.braked_rules = [*rollout.braked_rules, rule]
        rollout.save(update_fields=["braked_rules"])
    planned = reversion_planned(version=version, rule=rule, last_id=last_id)
    if planned.pk is None:
        planned.batch, planned.actor, planned.api_key = uuid4(), actor, api_key
        planned.save()
    return planned


def reversion_planned(*, version: PolicyVersion, rule: str, last_id: int | None = None) -> Reversion:
    """Returns the rule's unfinished reversion, or an unsaved one up to `last_id`, by default the newest comment."""
    unfinished = Reversion.objects.filter(policy=version, rule=rule, finished_at=None).first()
    if unfinished is not None:
        return unfinished
    if last_id is None:
        last_id = Review.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return Reversion(policy=version, rule=rule, last_id=last_id)


def reversion_run(
    *, reversion: Reversion, seconds: float = inf, progress: Progress | None = None, stop: Stop | None = None
) -> Reversion:
    """Goes on until all is done, `seconds` are over or `stop` returns True; returns how far it has come.

    `progress` is called after each chunk.
    """
    end = time.monotonic() + seconds
    while not reversion.finished_at and time.monotonic() < end and not (stop and stop()):
        reversion = _step(reversion.pk)
        if progress:
            progress(reversion)
    return reversion


def reviews_of_rule(reversion: Reversion) -> ReviewQuerySet:
    """Returns the reviews that the rule decided without a person, from the reversion's position on."""
    decided = Review.objects.filter(decided_by=DecidedBy.POLICY, policy=reversion.policy_id)
    ahead = decided.filter(verdict__rule=reversion.rule, pk__gt=reversion.position, pk__lte=reversion.last_id)
    return ahead.order_by("pk")


@transaction.atomic
def _step(pk: int) -> Reversion:
    """Takes the next chunk back and writes how far the reversion has come."""
    reversion = Reversion.objects.select_for_update(no_key=True).get(pk=pk)
    if reversion.finished_at:
        return reversion
    ids = list(reviews_of_rule(reversion).values_list("pk", flat=True)[:CHUNK])
    reverted = _revert(ids, reversion)
    reversion.reverted += reverted
    reversion.left += len(ids) - reverted
    reversion.position = ids[-1] if ids else reversion.last_id
    reversion.finished_at = timezone.now() if len(ids) < CHUNK else None
    reversion.save(update_fields=["reverted", "left", "position", "finished_at"])
    return reversion


def _revert(ids: Collection[int], reversion: Reversion) -> int:
    """Takes back what the rule did to these comments, where it still holds; returns how many."""
    comments = lock_comments(ids)
    undos = undos_make(comments=comments, reviews=lock_reviews(ids), reversion=reversion)
    reviews_write([undo.review for undo in undos])
    decisions_append([undo.row for undo in undos if undo.row])
    return len(undos)


def undos_make(*, comments: Sequence[Comment], reviews: Mapping[int, Review], reversion: Reversion) -> list[Undo]:
    """Returns what taking the rule back makes of these comments, where it still holds; writes nothing. Two queries."""
    rows, scores = _decisions(reviews), _scores(reviews.values())
    undos = []
    for comment in comments:
        review = reviews[comment.pk]
        if decision := decision_to_revert(comment, review, rows[comment.pk], reversion):
            before = VersionToken(comment.pk, comment.revision, review.state_version), review.state
            undos.append(Undo(review, review_revert(comment, review, decision, reversion, scores), *before))
    return undos


def _decisions(ids: Collection[int]) -> defaultdict[int, list[Decision]]:
    """Returns comment id → its ledger rows, in their order; one query. The comments are locked."""
    rows: defaultdict[int, list[Decision]] = defaultdict(list)
    for row in Decision.objects.filter(comment__in=ids).order_by("pk"):
        rows[row.comment_id or 0].append(row)
    return rows


def _scores(reviews: Collection[Review]) -> dict[int, Score]:
    """Returns the scores that the reviews' snapshots name and that are not loaded; one query at most."""
    named = {review.replaced["score_id"] for review in reviews if review.replaced}
    wanted = named - {review.score_id for review in reviews} - {None}
    return Score.objects.select_related("model").in_bulk(wanted) if wanted else {}
