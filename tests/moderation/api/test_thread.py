"""Threads: nested as their parents say, in one flat fetch, whatever the parents say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from archive.models import Article, Comment
from moderation.api import threads
from moderation.api.threads import MAX_DEPTH, thread_nested


def shape(nodes: list[dict[str, Any]]) -> list[Any]:
    """A thread as nested ids: `[1, [2, 3]]` is 1 with replies 2 and 3."""
    found: list[Any] = []
    for node in nodes:
        found.append(node["id"])
        if node["replies"]:
            found.append(shape(node["replies"]))
    return found


def nodes(parents: dict[int, int | None]) -> list[dict[str, Any]]:
    return [{"id": pk, "parent": parent, "replies": []} for pk, parent in parents.items()]


def test_replies_are_inside_their_parents_oldest_first(
    api: APIClient, article: Article, make_comment: Callable[..., Comment]
) -> None:
    one = make_comment("One")
    two = make_comment("Two", parent=one)
    three = make_comment("Three")
    four = make_comment("Four", parent=one)
    five = make_comment("Five", parent=two)
    body = api.get(f"/api/v1/articles/{article.pk}/thread/").json()
    assert shape(body["comments"]) == [one.pk, [two.pk, [five.pk], four.pk], three.pk]
    assert body["article"] == {
        "id": article.pk,
        "external_id": "a1",
        "title": "A second battery",
        "section": "Politics",
    }
    assert body["truncated"] is False
    assert body["comments"][0]["text"] == "One"
    assert body["comments"][0]["state"] == "unscored"


@pytest.mark.usefixtures("cache_clock")
def test_a_thread_takes_as_many_queries_with_fifty_comments_as_with_two(
    api: APIClient, article: Article, make_comment: Callable[..., Comment]
) -> None:
    api.get("/api/v1/sources/")  # the first request of a key notes its use
    counts = []
    for size in (2, 48):
        for _ in range(size):
            make_comment(parent=Comment.objects.first())
        with CaptureQueriesContext(connection) as queries:
            api.get(f"/api/v1/articles/{article.pk}/thread/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5


def test_a_long_thread_is_cut_and_says_so(
    api: APIClient, article: Article, make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.api.views.articles.MAX_COMMENTS", 3)
    ids = [make_comment().pk for _ in range(4)]
    body = api.get(f"/api/v1/articles/{article.pk}/thread/").json()
    assert shape(body["comments"]) == ids[:3]
    assert body["truncated"] is True


def test_a_thread_of_two_thousand_levels_is_still_json(
    api: APIClient, article: Article, make_comment: Callable[..., Comment]
) -> None:
    first = make_comment()
    deep = [
        Comment(
            source=article.source,
            article=article,
            external_id=f"d{level}",
            raw="x",
            text="x",
            text_hash="",
            created_at=first.created_at,
        )
        for level in range(2000)
    ]
    Comment.objects.bulk_create(deep)
    made = list(Comment.objects.exclude(pk=first.pk).order_by("pk"))
    for parent, child in zip([first, *made], made, strict=False):
        child.parent = parent
    Comment.objects.bulk_update(made, ["parent"], batch_size=300)
    response = api.get(f"/api/v1/articles/{article.pk}/thread/")
    assert response.status_code == 200
    assert response.content.count(b'"external_id":"d') == 2000


@given(st.dictionaries(st.integers(1, 12), st.one_of(st.none(), st.integers(1, 15)), max_size=12))
def test_each_comment_comes_out_once_even_from_rings_and_strangers(parents: dict[int, int | None]) -> None:
    nested = thread_nested(nodes(parents))
    flat: list[int] = []
    waiting = list(nested)
    while waiting:
        node = waiting.pop()
        flat.append(node["id"])
        for reply in node["replies"]:
            assert reply["parent"] == node["id"]
        waiting += node["replies"]
    assert sorted(flat) == sorted(parents)
    rings = {pk for pk in parents if in_a_ring(pk, parents)}
    rootless = {pk for pk, parent in parents.items() if parent not in parents}
    assert rootless <= {node["id"] for node in nested} <= rootless | rings


def in_a_ring(pk: int, parents: dict[int, int | None]) -> bool:
    here, seen = parents.get(pk), set()
    while here in parents and here not in seen:
        if here == pk:
            return True
        seen.add(here)
        here = parents[here]
    return False


def test_a_reply_may_come_before_its_parent() -> None:
    assert shape(thread_nested(nodes({2: 1, 1: None}))) == [1, [2]]


def test_a_ring_of_parents_has_one_root() -> None:
    assert len(thread_nested(nodes({1: 3, 2: 1, 3: 2}))) == 1
    assert len(thread_nested(nodes({1: 1}))) == 1


def test_below_the_greatest_depth_replies_stand_beside_their_parents() -> None:
    nested = thread_nested(nodes({pk: pk - 1 or None for pk in range(1, 200)}))
    depth, level, count = 0, nested, 0
    while level:
        count += len(level)
        deepest = level
        level = [reply for node in level for reply in node["replies"]]
        depth += 1
    assert (depth, count) == (MAX_DEPTH + 1, 199)
    assert [node["parent"] for node in deepest] == [node["id"] - 1 for node in deepest]
    assert threads.MAX_COMMENTS == 5000
