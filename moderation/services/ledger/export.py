"""Exports rows as CSV (`csv_cells`) or JSON Lines, streamed in chunks."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from archive.models import Comment, Commenter
from moderation.models import Decision, Feedback
from moderation.models.decision import DecisionQuerySet

CHUNK = 2_000
FEEDBACK_COLUMNS = (
    *("id", "at", "comment", "text", "scores", "languages", "community_id", "client_token", "session_id"),
    *("context", "api_key", "trusted"),
)
DECISION_PLAIN = (
    *("kind", "api_key", "rule", "action", "from_state", "to_state", "reason", "ground", "automated_detection"),
    *("automated_decision", "scores", "model", "revision", "text_seal", "review_probability", "round"),
)
DECISION_COLUMNS = (
    *("id", "at", "comment", "commenter", "source", "external_id", "actor", "policy", *DECISION_PLAIN),
    *("undoes", "batch", "until", "note"),
)


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yields one line of JSON per row."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


def feedback_rows(*, trusted_only: bool = False) -> Iterator[dict[str, Any]]:
    """Yields the feedback, oldest first; `comment` is the id of the archive's comment, or None."""
    rows = Feedback.objects.order_by("pk")
    for row in (rows.filter(trusted=True) if trusted_only else rows).iterator(chunk_size=CHUNK):
        yield {
            **{name: getattr(row, name) for name in FEEDBACK_COLUMNS},
            "at": row.at.isoformat(),
            "comment": row.comment_id,
        }


def moment_text(moment: datetime) -> str:
    """Returns a time in the API's format: ISO 8601 in UTC, ending in Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def with_names(rows: DecisionQuerySet) -> DecisionQuerySet:
    """Returns the rows with everything that exports show of them, but no comment text, in one query."""
    unread = (f"comment__{name}" for name in ("raw", "text", "meta", "seal_key"))
    joined = rows.select_related("comment__source", "commenter__source", "actor", "policy")
    return joined.defer("policy__body", *unread)


def decision_subject(decision: Decision) -> Comment | Commenter:
    """Returns the comment or commenter that the row is about."""
    return cast("Comment | Commenter", decision.comment or decision.commenter)


def decision_fields(decision: Decision) -> dict[str, Any]:
    """Returns a ledger row as JSON-ready data, without its note, with the comment's source and external id.

    In rows about a commenter `external_id` is the commenter's. Load rows with `with_names`, or each costs queries.
    """
    about = decision_subject(decision)
    return {
        "id": decision.pk,
        "at": moment_text(decision.at),
        "comment": decision.comment_id,
        "commenter": decision.commenter_id,
        "source": about.source.slug,
        "external_id": about.external_id,
        "actor": decision.actor.username if decision.actor else None,
        "policy": decision.policy.version if decision.policy else None,
        **{name: getattr(decision, name) for name in DECISION_PLAIN},
        "undoes": decision.undoes_id,
        "batch": str(decision.batch) if decision.batch else None,
        "until": moment_text(decision.until) if decision.until else None,
    }


def decision_rows(*, after: int = 0, sources: Sequence[int] = ()) -> Iterator[dict[str, Any]]:
    """Yields the ledger rows with ids above `after`, in id order, with their notes; empty `sources` means all.

    Rows are read lazily, in chunks, from one snapshot of the database.
    """
    rows = Decision.objects.in_sources(sources).filter(pk__gt=after).order_by("pk").select_related("note")
    for row in with_names(rows).iterator(chunk_size=CHUNK):
        yield {**decision_fields(row), "note": row.note.text if hasattr(row, "note") else ""}
