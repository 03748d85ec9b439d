"""Repeats: earlier comments of a source with the same hash, through an index and to a limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Comment, Source
from moderation.models import Review
from moderation.services.facts import repeats
from moderation.services.facts.repeats import Said, repeats_count

START = datetime(2026, 3, 1, tzinfo=UTC)
HASH, OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def stored(make_comment: Callable[..., Comment]) -> Callable[..., Review]:
    def make(minutes: int, near_hash: str | None = HASH) -> Review:
        comment = make_comment(created_at=START + timedelta(minutes=minutes))
        return Review.objects.create(
            comment=comment,
            source=comment.source,
            article=comment.article,
            created_at=comment.created_at,
            state="passed",
            near_hash=near_hash,
        )

    return make


def said(review: Review, near_hash: str = HASH) -> Said:
    return Said(review.comment_id, review.source_id, near_hash, review.created_at)


def test_only_earlier_comments_of_the_source_with_the_hash_count(stored: Callable[..., Review]) -> None:
    first, second, other, last = stored(0), stored(1), stored(2, OTHER), stored(3)
    counted = repeats_count([said(second), said(other, OTHER), said(last)])
    assert counted == {second.comment_id: 1, other.comment_id: 0, last.comment_id: 2}
    assert repeats_count([said(first)]) == {first.comment_id: 0}


def test_the_comments_of_a_batch_repeat_each_other_and_none_counts_twice(stored: Callable[..., Review]) -> None:
    known, new, newer = stored(0), stored(1, None), stored(2, None)
    counted = repeats_count([said(newer), said(known), said(new)])
    assert counted == {newer.comment_id: 2, known.comment_id: 0, new.comment_id: 1}


def test_another_source_and_a_text_without_a_word_repeat_nothing(
    stored: Callable[..., Review], elsewhere: Source
) -> None:
    stored(0)
    stored(1, None)
    assert repeats_count([Said(10**6, elsewhere.pk, HASH, START + timedelta(days=1))]) == {10**6: 0}
    assert repeats_count([Said(10**6, 1, "", START + timedelta(days=1))]) == {10**6: 0}


def test_a_count_ends_at_its_limit_and_is_one_query_for_many(
    stored: Callable[..., Review], monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [stored(minutes) for minutes in range(6)]
    monkeypatch.setattr(repeats, "COUNT", repeats.COUNT.replace("LIMIT 100", "LIMIT 3"))
    with CaptureQueriesContext(connection) as captured:
        counted = repeats_count([said(several[5]), said(several[4], OTHER)])
    assert counted == {several[5].comment_id: 3, several[4].comment_id: 0}
    assert len(captured) == 1


def test_the_count_is_read_from_the_index_alone(stored: Callable[..., Review]) -> None:
    with CaptureQueriesContext(connection) as captured:
        repeats_count([said(stored(0))])
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL scans a table this small")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + captured.captured_queries[-1]["sql"])
        assert "USING COVERING INDEX review_near_hash" in str(cursor.fetchall())
