"""What must hold in the database after any failure, read as a whole. A list of violations; empty if all is well."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Query = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
# What a worker that died held is another's by then.
STUCK_SECONDS = 30

OPEN = "c.withdrawn_at IS NULL AND c.erased_at IS NULL AND c.origin_state <> 'deleted'"
LOST = """
    SELECT pk FROM unnest(%s::bigint[]) AS acknowledged(pk)
    WHERE NOT EXISTS (SELECT 1 FROM archive_comment WHERE id = pk)"""
SCORED_TWICE = """
    SELECT comment_id FROM moderation_score GROUP BY comment_id, model_id, revision HAVING count(*) > 1"""
JUDGED_TWICE = """
    SELECT comment_id FROM moderation_decision WHERE kind = 'policy'
    GROUP BY comment_id, revision HAVING count(*) > 1"""
NO_VERDICT = f"""
    SELECT c.id FROM archive_comment c LEFT JOIN moderation_review r ON r.comment_id = c.id
    WHERE {OPEN} AND c.taken_revision >= c.revision
    AND (r.comment_id IS NULL OR r.score_id IS NULL AND r.verdict->>'rule' NOT LIKE 'unscorable:%%')"""
OTHER_TEXT = """
    SELECT c.id FROM archive_comment c JOIN moderation_review r ON r.comment_id = c.id
    JOIN moderation_score s ON s.id = r.score_id
    WHERE c.taken_revision >= c.revision AND (s.revision <> c.revision OR s.text_hash <> c.text_hash)"""
STUCK = f"""
    SELECT comment_id FROM moderation_claim
    WHERE set_aside_at IS NULL AND lease_until < clock_timestamp() - interval '{STUCK_SECONDS} seconds'"""
UNSCORED = f"SELECT c.id FROM archive_comment c WHERE {OPEN} AND c.taken_revision < c.revision"
NO_DECISION = """
    SELECT pk FROM unnest(%s::bigint[]) AS acknowledged(pk)
    WHERE NOT EXISTS (SELECT 1 FROM moderation_decision WHERE id = pk)"""
NO_EFFECT = """
    SELECT r.comment_id FROM moderation_review r JOIN archive_comment c ON c.id = r.comment_id
    JOIN LATERAL (
        SELECT to_state FROM moderation_decision d WHERE d.comment_id = r.comment_id ORDER BY d.id DESC LIMIT 1
    ) AS last ON true
    WHERE c.taken_revision >= c.revision AND last.to_state <> r.state"""
NOT_QUEUED = """
    SELECT d.id FROM moderation_decision d CROSS JOIN moderation_webhooktarget t
    WHERE d.at >= t.created_at
    AND NOT EXISTS (SELECT 1 FROM moderation_delivery y WHERE y.decision_id = d.id AND y.target_id = t.id)"""
DELIVERED = "SELECT decision_id, message FROM moderation_delivery WHERE delivered_at IS NOT NULL"
UNDELIVERED = "SELECT decision_id FROM moderation_delivery WHERE delivered_at IS NULL"


@dataclass
class Acknowledged:
    """What callers were told: ids of comments and decisions, read before the database is.

    `messages` returns the ids of messages that the receiver took: asked after the database, since a message is taken
    before it is marked.
    """

    comments: list[int] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    messages: Callable[[], Collection[str]] = frozenset


def violations(query: Query, told: Acknowledged, *, settled: bool) -> list[str]:
    """Returns what does not hold; `settled` if nothing should be under way any more."""
    checks: list[tuple[str, str, Sequence[Any]]] = [
        ("lost: a comment that was acknowledged", LOST, [told.comments]),
        ("scored twice", SCORED_TWICE, []),
        ("judged twice by the policy", JUDGED_TWICE, []),
        ("marked as done without a verdict", NO_VERDICT, []),
        ("done with the score of another text", OTHER_TEXT, []),
        ("stuck past its lease", STUCK, []),
        ("lost: a decision that was acknowledged", NO_DECISION, [told.decisions]),
        ("in another state than its last decision says", NO_EFFECT, []),
        ("decided and not to be sent out", NOT_QUEUED, []),
    ]
    if settled:
        checks += [("unscored at the end", UNSCORED, []), ("undelivered at the end", UNDELIVERED, [])]
    marked = query(DELIVERED, [])
    received = {UUID(message) for message in told.messages()}
    never = [pk for pk, message in marked if message not in received]
    found = ((what, [row[0] for row in query(sql, parameters)]) for what, sql, parameters in checks)
    lines = [line(what, ids) for what, ids in found if ids]
    return [*lines, line("marked as delivered and never received", never)] if never else lines


def line(what: str, ids: Iterable[Any]) -> str:
    """Returns a violation with the first ids that it is about."""
    listed = sorted(ids)
    return f"{what}: {len(listed)}, first {', '.join(str(pk) for pk in listed[:5])}"
