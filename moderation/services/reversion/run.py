"""Takes back what a rule did, chunk by chunk, each in one short transaction; an interrupted run can be gone on with.

The rule is braked first, in the transaction that begins: verdicts that are saved later act through a person
(`services.verdicts.brake`), so that the walk meets all that the rule did. Locks: the reversion, then comments, then
reviews, then the ledger.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection
from math import inf
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.models import DecidedBy, Decision, PolicyVersion, Reversion, Review, ReviewQuerySet, Rollout, Score
from moderation.services.ledger.append import decisions_append
from moderation.services.reversion.transitions import decision_to_revert, review_revert
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write

CHUNK = 500
Progress = Callable[[Reversion], None]
Stop = Callable[[], bool]


def reversion_begin(*, version: PolicyVersion, rule: str, actor: User | None, api_key: str) -> Reversion:
    """Brakes the rule, and returns its unfinished reversion or a new one; call it in a transaction of its own."""
    rollout, _made = Rollout.objects.select_for_update(no_key=True).get_or_create(policy=version)
    if rule not in rollout.braked_rules:
        rollout.braked_rules = [*rollout.braked_rules, rule]
        rollout.save(update_fields=["braked_rules"])
    unfinished = Reversion.objects.filter(policy=version, rule=rule, finished_at=None).first()
    if unfinished is not None:
        return unfinished
    last = Review.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    who = {"actor": actor, "api_key": api_key}
    return Reversion.objects.create(policy=version, rule=rule, batch=uuid4(), last_id=last, **who)


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
    comments, rows = lock_comments(ids), _decisions(ids)
    reviews = lock_reviews(ids)
    scores = _scores(reviews.values())
    changed, undos = [], []
    for comment in comments:
        review = reviews[comment.pk]
        if decision := decision_to_revert(comment, review, rows[comment.pk], reversion):
            undos.append(review_revert(comment, review, decision, reversion, scores))
            changed.append(review)
    reviews_write(changed)
    decisions_append([row for row in undos if row])
    return len(changed)


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
