"""Writing the decision ledger: rows are built here from what stands, sealed, and appended in commit order."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from archive.models import Comment
from moderation.models import Decision, Review
from moderation.services.ledger.outbox import deliveries_append

# One number for one lock: whoever holds it is the only one that is given ids of ledger rows until it commits.
LEDGER_LOCK = int.from_bytes(b"moderato", "big")


def text_seal(comment: Comment) -> str:
    """Returns the HMAC-SHA256 of the comment's text under its own key, in hexadecimal; empty once it was erased."""
    key = bytes(comment.seal_key or b"")
    return hmac.new(key, comment.text.encode(), hashlib.sha256).hexdigest() if key else ""


def decision_row(*, comment: Comment, review: Review, **columns: Any) -> Decision:
    """Returns an unsaved row about `comment` as it stands: scores, model, policy, rule and seal are filled in.

    `review.score` with its model must be loaded: nothing is queried here. `columns` say who did what.
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


def decisions_append(rows: Sequence[Decision]) -> list[Decision]:
    """Appends rows to the ledger and returns them with their ids. Call it last in the transaction that changes state.

    What webhook targets have to be told is written down with them. Ids follow commit order: on PostgreSQL an advisory
    lock is held until the transaction ends, on SQLite there is one writer at a time. Raises
    TransactionManagementError outside a transaction.
    """
    if not rows:
        return []
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The ledger is written in the transaction that changes the state.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])
    appended = Decision.objects.bulk_create(rows)
    deliveries_append(appended)
    return appended
