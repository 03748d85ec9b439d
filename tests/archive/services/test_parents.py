"""Replies and their parents: in any order, missing, in another article, in a ring."""

import random
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.importers.records import ArticleRecord, CommentRecord
from archive.models import Comment, Source
from archive.services import comments_store, parents_link
from archive.services.parents import Waiting, replies_waiting, rings

pytestmark = pytest.mark.django_db


def store(source: Source, *replies: tuple[str, str], article: str = "a1", together: bool = True) -> None:
    """Stores comments given as (id, parent's id), in one chunk or one by one."""
    about = ArticleRecord(external_id=article)
    records = [CommentRecord(external_id=key, article=about, raw="x", parent_external_id=up) for key, up in replies]
    for chunk in [records] if together else [[record] for record in records]:
        comments_store(source=source, records=chunk, link=False)


def threads(source: Source) -> dict[str, str | None]:
    return dict(Comment.objects.filter(source=source).values_list("external_id", "parent__external_id"))


def link(source: Source) -> tuple[int, list[Waiting]]:
    told: list[Waiting] = []
    return parents_link(source=source, tell=told.append).linked, told


@pytest.mark.parametrize("together", [True, False])
def test_a_reply_that_comes_before_its_parent_is_linked(source: Source, together: bool) -> None:
    store(source, ("3", "2"), ("2", "1"), ("1", ""), together=together)
    linked, told = link(source)
    assert threads(source) == {"1": None, "2": "1", "3": "2"}
    assert (linked, told) == (0 if together else 2, [])


def test_a_reply_whose_parent_never_comes_is_kept_and_reported_until_it_does(source: Source) -> None:
    store(source, ("2", "1"))
    assert link(source) == (0, [Waiting("2", "1", "parent_missing")])
    assert link(source) == (0, [Waiting("2", "1", "parent_missing")])
    store(source, ("1", ""))
    assert link(source) == (1, [])
    assert link(source) == (0, [])
    assert threads(source) == {"1": None, "2": "1"}


@pytest.mark.parametrize("first", [True, False])
def test_a_parent_under_another_article_is_no_parent(source: Source, first: bool) -> None:
    stories = [lambda: store(source, ("1", ""), article="a2"), lambda: store(source, ("2", "1"), article="a1")]
    for story in stories if first else reversed(stories):
        story()
    assert link(source) == (0, [Waiting("2", "1", "parent_elsewhere")])
    assert threads(source) == {"1": None, "2": None}


def test_a_parent_of_another_source_is_no_parent(source: Source) -> None:
    store(Source.objects.create(slug="other", name="Other"), ("1", ""))
    store(source, ("2", "1"))
    assert link(source)[1] == [Waiting("2", "1", "parent_missing")]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("ring", [["1"], ["1", "2"], ["1", "2", "3", "4"]])
def test_a_ring_of_answers_is_opened_and_reported(source: Source, ring: list[str], together: bool) -> None:
    store(source, *zip(ring, [*ring[1:], ring[0]], strict=True), ("9", ring[0]), together=together)
    told = link(source)[1]
    assert told
    assert {each.code for each in told} == {"parent_cycle"}
    assert_no_ring(source)
    assert threads(source)["9"] == ring[0]


def assert_no_ring(source: Source) -> None:
    parents = {pk: up for pk, up in Comment.objects.filter(source=source).values_list("pk", "parent") if up}
    assert rings(parents) == set()


def test_a_chain_of_a_thousand_answers_in_reverse_is_linked(source: Source) -> None:
    chain = [(str(n), str(n - 1) if n else "") for n in reversed(range(1000))]
    about = ArticleRecord(external_id="a1")
    records = [CommentRecord(external_id=key, article=about, raw="x", parent_external_id=up) for key, up in chain]
    for begin in range(0, 1000, 100):
        comments_store(source=source, records=records[begin : begin + 100], link=False)
    assert link(source) == (9, [])
    assert threads(source) == {key: up or None for key, up in chain}


def test_a_parent_that_comes_alone_is_linked_as_it_is_stored(source: Source) -> None:
    about = ArticleRecord(external_id="a1")
    for key, up in (("3", "2"), ("4", "9"), ("2", "1"), ("1", "")):
        record = CommentRecord(external_id=key, article=about, raw="x", parent_external_id=up)
        comments_store(source=source, records=[record])
    assert threads(source) == {"1": None, "2": "1", "3": "2", "4": None}


def test_the_replies_that_wait_for_a_comment_are_found_by_their_index(source: Source) -> None:
    store(source, ("2", "1"))
    query = replies_waiting(source).filter(parent_external_id__in=["1", "7"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "comment_waiting" in query.explain()


PARENTS = st.lists(st.integers(-1, 12), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(PARENTS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_no_order_and_no_cut_into_chunks_changes_the_threads(
    source: Source, parents: list[int], order: random.Random, size: int
) -> None:
    Comment.objects.all().delete()
    replies = [(str(n), str(up) if up >= 0 else "") for n, up in enumerate(parents)]
    sound = _sound(parents)
    order.shuffle(replies)
    about = ArticleRecord(external_id="a1")
    records = [CommentRecord(external_id=key, article=about, raw="x", parent_external_id=up) for key, up in replies]
    for begin in range(0, len(records), size):
        comments_store(source=source, records=records[begin : begin + size], link=False)
    link(source)
    found = threads(source)
    assert {key: found[key] for key in sound} == sound
    assert_no_ring(source)


def _sound(parents: list[int]) -> dict[str, Any]:
    """Returns the threads as they must be: who is in no ring has its parent, if that is there."""
    ring = rings({n: up for n, up in enumerate(parents) if up >= 0})
    return {str(n): str(up) if 0 <= up < len(parents) else None for n, up in enumerate(parents) if n not in ring}
