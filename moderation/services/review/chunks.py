"""One action on many comments, in transactions of bounded size; `bulk` and `score_range` decide which comments.

An action that is interrupted has done some chunks whole and the rest not at all. Its batch id joins what was done.
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

CHUNK = 250
Changed = tuple[Review, Decision]


@dataclass(slots=True)
class BulkOutcome:
    """What an action on many comments did: the id that joins its rows, how many it changed, and which it left alone.

    `refused` is the value of an `ActionRefusal` → ids of comments, in order. `left` counts those that it did not come
    to in its time.
    """

    batch: UUID
    done: int = 0
    left: int = 0
    refused: dict[str, list[int]] = field(default_factory=dict)

    def refuse(self, refusal: ActionRefusal, comment_id: int) -> None:
        """Notes that a comment was left alone."""
        self.refused.setdefault(refusal.value, []).append(comment_id)


def actions_apply(
    *,
    comment_ids: Collection[int],
    tokens: Mapping[int, VersionToken] | None,
    request: ActionRequest,
    outcome: BulkOutcome,
    seconds: float = inf,
) -> BulkOutcome:
    """Applies the action to each of the comments that allows it, and notes in `outcome` what became of them.

    `tokens` is the version of each comment that the person saw, or None to act on whatever is there. Only comments of
    the actor's sources are touched. After `seconds` no further transaction is begun.
    """
    sources, end = user_sources(request.actor), time.monotonic() + seconds
    for ids in chunked(sorted(comment_ids)):
        if time.monotonic() < end:
            _act_on_chunk(ids, tokens, request, sources, outcome)
        else:
            outcome.left += len(ids)
    return outcome


def undos_apply(*, decisions: Sequence[Decision], request: ActionRequest, outcome: BulkOutcome) -> BulkOutcome:
    """Undoes each of the decisions, at most one a comment, that can be undone; `request` says who does."""
    sources, by_comment = user_sources(request.actor), {one.comment_id: one for one in decisions if one.comment_id}
    for ids in chunked(sorted(by_comment)):
        _undo_chunk({pk: by_comment[pk] for pk in ids}, request, sources, outcome)
    return outcome


def chunked(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yields the ids in runs of up to CHUNK."""
    for begin in range(0, len(ids), CHUNK):
        yield ids[begin : begin + CHUNK]


@transaction.atomic
def _act_on_chunk(
    ids: Sequence[int],
    tokens: Mapping[int, VersionToken] | None,
    request: ActionRequest,
    sources: Collection[int],
    outcome: BulkOutcome,
) -> None:
    now, changed = database_now(), []
    comments = {comment.pk: comment for comment in lock_comments(ids, sources=sources)}
    reviews = lock_reviews(comments)
    for pk in ids:
        comment, review = comments.get(pk), reviews.get(pk)
        if comment is None:
            outcome.refuse(ActionRefusal.UNKNOWN, pk)
        elif refusal := action_refusal(comment, review, request, expected=tokens[pk] if tokens else None, now=now):
            outcome.refuse(refusal, pk)
        elif review:
            changed.append((review, action_apply(comment, review, request)))
    _save(changed, request.note, outcome)


@transaction.atomic
def _undo_chunk(
    decisions: Mapping[int, Decision], request: ActionRequest, sources: Collection[int], outcome: BulkOutcome
) -> None:
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
