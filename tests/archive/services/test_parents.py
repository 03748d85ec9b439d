"""Replies and their parents: in any order, missing, in another article, in a ring."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.importers.records import ArticleRecord, CommentRecord
from archive.models import Comment, Source
from archive.services import comments_store, parents, parents_link
from archive.services.parents import Tops, Waiting, rings

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


# -- very many of them -------------------------------------------------------------------------------------------------


@contextmanager
def plans_told() -> Iterator[list[str]]:
    """Tells how the database goes about each read of the table of comments."""
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "archive_comment" in sql and not many:
            with connection.connection.cursor() if connection.vendor == "postgresql" else nullcontext() as raw:
                cursor = raw or connection.connection.cursor()
                rows = cursor.execute(EXPLAIN + (sql if raw else sql.replace("%s", "?")), params).fetchall()
            plans.append("\n".join(str(row[-1]) for row in rows))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


EXPLAIN = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
# A handful of rows is read whole by any planner: what an index can give is asked of it alone.
INDEXES_ONLY = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"


# Walking through the table or through all comments without a parent, and sorting: what grows with those that wait.
WASTEFUL = re.compile(
    r"SCAN (?:keyed|archive_comment)|Seq Scan on archive_comment|\(parent_id=\? AND|TEMP B-TREE FOR ORDER|\bSort\b"
)


@pytest.mark.parametrize("came", [None, ["1", "7"]])
def test_replies_that_wait_are_found_along_their_index_and_no_other_row_is_read(
    source: Source, came: list[str] | None
) -> None:
    store(source, ("2", "1"), ("4", "3"), ("1", ""), together=False)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(INDEXES_ONLY)
    with plans_told() as plans:
        assert parents_link(source=source, came=came).linked == 1
    assert "comment_waiting" in plans[0]
    for plan in plans:
        assert not WASTEFUL.search(plan), plan


@pytest.mark.parametrize("one", [True, False])
def test_each_reply_that_waits_is_looked_at_once_whatever_the_size_of_a_batch(
    source: Source, monkeypatch: pytest.MonkeyPatch, one: bool
) -> None:
    monkeypatch.setattr(parents, "_BATCH", 3)
    wanted = ["x", 'a"b', "ü😀", "A", "a", "%s", " ", "x", "x", "x", "x", "0", "10", "9"]
    store(source, *((f"r{n}", up) for n, up in enumerate(wanted)))
    _, told = link(source)
    assert sorted(each.external_id for each in told) == sorted(f"r{n}" for n in range(len(wanted)))
    store(source, ("x", ""), ("a", ""))
    if one:
        assert parents_link(source=source, came=["x", "a"]).linked == 6
    else:
        assert link(source)[0] == 6
    assert {key for key, up in threads(source).items() if up == "x"} == {"r0", "r7", "r8", "r9", "r10"}


def test_the_way_up_a_deep_thread_is_walked_once() -> None:
    tops = Tops({n: n - 1 if n else None for n in range(10_000)})
    assert tops.of(9_999) == 0
    assert set(tops._up.values()) == {0}
    tops.link(0, -1)
    assert (tops.of(5_000), tops.of(-1), tops.of(77_777)) == (-1, -1, 77_777)


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
