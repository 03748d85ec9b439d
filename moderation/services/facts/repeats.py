"""Counts the earlier comments of a source that say the same, by `near_hash`.

Equal hashes count, found through an index. A simhash of three-word shingles is equal if two texts differ in case,
punctuation or spacing, and often after a small change of a long text. Hashes that differ in a few bits would not reach
much further: a word changed among 50 moves about 7 of the 64 bits, and an index over bands of the hash finds 3.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from moderation.models import Review

# A count ends here: what was posted a hundred times is found after a hundred entries of the index.
MOST_REPEATS = 100
# Texts in one statement.
ROWS = 250
COUNT = f"""
    WITH asked(comment_id, source_id, near_hash, created_at) AS (VALUES {{rows}})
    SELECT asked.comment_id, (
        SELECT COUNT(*) FROM (
            SELECT 1 FROM moderation_review earlier
            WHERE earlier.source_id = asked.source_id AND earlier.near_hash = asked.near_hash
                AND earlier.created_at <= asked.created_at
                AND (earlier.created_at < asked.created_at OR earlier.comment_id < asked.comment_id)
            LIMIT {MOST_REPEATS}
        ) found
    ) FROM asked
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Said:
    """A comment and its text's `near_hash`; empty if it has no word, and then it repeats nothing."""

    comment_id: int
    source_id: int
    near_hash: str
    created_at: datetime


def repeats_count(said: Sequence[Said]) -> dict[int, int]:
    """Returns comment's id → earlier comments of its source with the same hash, at most MOST_REPEATS.

    Counts comments that have been scored, and those of `said` itself. A query for each 250, and one more if some of
    `said` repeat each other.
    """
    asked = [one for one in said if one.near_hash]
    found = dict.fromkeys((one.comment_id for one in said), 0)
    for at in range(0, len(asked), ROWS):
        found.update(_stored(asked[at : at + ROWS]))
    for pk, count in _among(asked).items():
        found[pk] = min(MOST_REPEATS, found[pk] + count)
    return found


def _stored(asked: Sequence[Said]) -> list[tuple[int, int]]:
    kind = "%s::timestamptz" if connection.vendor == "postgresql" else "%s"
    adapt = connection.ops.adapt_datetimefield_value
    values = [(one.comment_id, one.source_id, one.near_hash, adapt(one.created_at)) for one in asked]
    statement = COUNT.format(rows=", ".join([f"(%s, %s, %s, {kind})"] * len(asked)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in values for value in row])
        found: list[tuple[int, int]] = cursor.fetchall()
    return found


def _among(asked: Sequence[Said]) -> dict[int, int]:
    """Returns comment's id → the earlier ones of `asked` with its hash that are not stored with it yet."""
    alike: dict[tuple[int, str], list[Said]] = defaultdict(list)
    for one in asked:
        alike[one.source_id, one.near_hash].append(one)
    several = [sorted(those, key=_order) for those in alike.values() if len(those) > 1]
    if not several:
        return {}
    stored = dict(
        Review.objects.filter(pk__in=[one.comment_id for those in several for one in those]).values_list(
            "pk", "near_hash"
        )
    )
    found = {}
    for those in several:
        new = 0
        for one in those:
            found[one.comment_id] = new
            new += stored.get(one.comment_id) != one.near_hash
    return found


def _order(one: Said) -> tuple[datetime, int]:
    return one.created_at, one.comment_id
