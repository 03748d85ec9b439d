"""Applies one action to many comments, in transactions of bounded size; `bulk` and `score_range` choose the comments.

If it is interrupted, some chunks are complete and the others untouched. The batch id joins what was done.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

from django.db import transaction

from archive.database.clock import database_now
from moderation.models import Decision, DecisionNote, Review
from moderation.services.accounts.source_limits import user_sources
from moderation.services.ledger.append import decisions_append
from moderation.services.review.actions import ActionRequest
from moderation.services.review.transitions import ActionRefusal, action_apply, action_refusal, undo_apply, undo_refusal
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import hand_overs_taken, handed_to_others

CHUNK = 250
Changed = tuple[Review, Decision]


@dataclass(slots=True)
class BulkOutcome:
    """The result of an action on many comments: its batch id, how many it changed, and which it refused.

    `refused` maps the value of an `ActionRefusal` to comment ids, in order. `left` counts the comments that were not
    reached before the time limit.
    """

    batch: UUID
    done: int = 0
    left: int = 0
    refused: dict[str, list[int]] = field(default_factory=dict)

    def refuse(self, refusal: ActionRefusal, comment_id: int) -> None:
        """Records why a comment was left unchanged."""
        self.refused.setdefault(refusal.value, []).append(comment_id)


def actions_apply(
    *,
    comment_ids: Collection[int],
    tokens: Mapping[int, VersionToken] | None,
    request: ActionRequest,
    outcome: BulkOutcome,
    seconds: float = inf,
) -> BulkOutcome:
    """Applies the action to each comment that allows it, and records the results in `outcome`, which it returns.

    `tokens` are the versions that the person saw; None applies the action to the current ones. Only comments of the
    actor's sources are changed. No transaction starts after `seconds`.
    """
    sources, end = user_sources(request.actor), time.monotonic() + seconds
    for ids in chunked(sorted(comment_ids)):
        if time.monotonic() < end:
            chunk_apply(ids, tokens, request, sources, outcome)
        else:
            outcome.left += len(ids)
    return outcome


def undos_apply(*, decisions: Sequence[Decision], request: ActionRequest, outcome: BulkOutcome) -> BulkOutcome:
    """Undoes those of the decisions that can be undone, at most one per comment; `request` says who does it."""
    sources, by_comment = user_sources(request.actor), {one.comment_id: one for one in decisions if one.comment_id}
    for ids in chunked(sorted(by_comment)):
        chunk_undo({pk: by_comment[pk] for pk in ids}, request, sources, outcome)
    return outcome


def chunked(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yields the ids in slices of up to CHUNK."""
    for begin in range(0, len(ids), CHUNK):
        yield ids[begin : begin + CHUNK]


@transaction.atomic
def chunk_apply(
    ids: Sequence[int],
    tokens: Mapping[int, VersionToken] | None,
    request: ActionRequest,
    sources: Collection[int],
    outcome: BulkOutcome,
) -> None:
    """Applies the action to one chunk, in one transaction; the parameters are those of `actions_apply`."""
    now, changed = database_now(), []
    comments = {comment.pk: comment for comment in lock_comments(ids, sources=sources)}
    reviews, handed = lock_reviews(comments), handed_to_others(comment_ids=comments, actor=request.actor)
    for pk in ids:
        comment, review, expected = comments.get(pk), reviews.get(pk), tokens[pk] if tokens else None
        if comment is None:
            outcome.refuse(ActionRefusal.UNKNOWN, pk)
        elif refusal := action_refusal(comment, review, request, expected=expected, now=now, handed=handed):
            outcome.refuse(refusal, pk)
        elif review:
            changed.append((review, action_apply(comment, review, request)))
    _save(changed, request.note, outcome)
    hand_overs_taken(comment_ids=[review.pk for review, _ in changed])


@transaction.atomic
def chunk_undo(
    decisions: Mapping[int, Decision], request: ActionRequest, sources: Collection[int], outcome: BulkOutcome
) -> None:
    """Undoes one chunk, in one transaction: comment id → the decision that is taken back."""
    changed = []
    comments = {comment.pk: comment for comment in lock_comments(decisions, sources=sources)}
    reviews, rows = lock_reviews(comments), _rows(comments)
    for pk, decision in decisions.items():
        comment, review = comments.get(pk), reviews.get(pk)
        if comment is None:
            outcome.refuse(ActionRefusal.UNKNOWN, pk)
        elif refusal := undo_refusal(decision, rows[pk], comment, review):
            outcome.refuse(refusal, pk)
        elif review:
            changed.append((review, undo_apply(decision, rows[pk], comment, review, request)))
    _save(changed, "", outcome)


def _rows(ids: Collection[int]) -> dict[int, list[Decision]]:
    rows = defaultdict(list)
    for row in Decision.objects.filter(comment__in=ids).order_by("pk"):
        rows[row.comment_id or 0].append(row)
    return rows


def _save(changed: Sequence[Changed], note: str, outcome: BulkOutcome) -> None:
    reviews_write([review for review, _ in changed])
    rows = decisions_append([row for _, row in changed])
    if note:
        DecisionNote.objects.bulk_create(DecisionNote(decision=row, text=note) for row in rows)
    outcome.done += len(rows)
