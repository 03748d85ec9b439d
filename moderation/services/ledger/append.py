"""Writes the decision ledger: builds rows from the current comment and review, seals and appends them."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from archive.database.locks import turn_take
from archive.models import Comment
from moderation.models import Action, Decision, DecisionKind, Review
from moderation.services.ledger.outbox import deliveries_append

# The key of the advisory lock: only its holder is assigned ids of ledger rows until it commits.
LEDGER_LOCK = int.from_bytes(b"moderato", "big")


def text_seal(comment: Comment) -> str:
    """Returns the hex HMAC-SHA256 of the comment's text under the comment's own key; empty once it is erased."""
    key = bytes(comment.seal_key or b"")
    return hmac.new(key, comment.text.encode(), hashlib.sha256).hexdigest() if key else ""


def decision_row(*, comment: Comment, review: Review, **columns: Any) -> Decision:
    """Returns an unsaved row with the comment's current scores, model, policy, rule and seal filled in.

    `review.score` and its model must be loaded: no queries here. `columns` say who did what.
    """
    score = review.score
    filled: dict[str, Any] = {
        "comment_id": comment.pk,
        "policy_id": review.policy_id,
        "rule": review.verdict.get("rule", ""),
        "scores": score.values() if score else {},
        "model": str(score.model) if score else "",
        "revision": comment.revision,
        "text_seal": text_seal(comment),
        "review_probability": review.review_probability,
    }
    return Decision(**{**filled, **columns})


def undo_row(*, comment: Comment, review: Review, undoes: Decision, **columns: Any) -> Decision:
    """Returns the unsaved row that undoes a decision; `review` is as it is before. See `decision_row`."""
    said = {"kind": DecisionKind.UNDO, "action": Action.UNDO, "from_state": review.state}
    return decision_row(comment=comment, review=review, undoes=undoes, **said, **columns)


def decisions_append(rows: Sequence[Decision]) -> list[Decision]:
    """Appends rows to the ledger and returns them with their ids. Call it last in the transaction that changes state.

    Writes the webhook deliveries too. Ids follow commit order: PostgreSQL holds an advisory lock until the transaction
    ends, SQLite has a single writer. Raises TransactionManagementError outside a transaction.
    """
    if not rows:
        return []
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The ledger is written in the transaction that changes the state.")
    turn_take(LEDGER_LOCK)
    appended = Decision.objects.bulk_create(rows)
    deliveries_append(appended)
    return appended
