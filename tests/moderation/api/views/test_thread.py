"""Threads: nested as their parents say, in one flat fetch, whatever the parents say."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from archive.models import Article, Comment
from moderation.api.responses.threads import MAX_DEPTH, thread_nested


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
    counts = []
    for size in (2, 48):
        for _ in range(size):
            make_comment(parent=Comment.objects.first())
        api.get("/api/v1/sources/")  # the first request of a key notes its use, and is remembered for two seconds
        with CaptureQueriesContext(connection) as queries:
            api.get(f"/api/v1/articles/{article.pk}/thread/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5


def pages(api: APIClient, address: str | None) -> list[dict[str, Any]]:
    """The pages of a thread from an address on."""
    found = []
    while address:
        found.append(api.get(address).json())
        address = found[-1]["next"]
    return found


def test_a_long_thread_comes_in_pages_and_says_so(
    api: APIClient, article: Article, make_comment: Callable[..., Comment]
) -> None:
    one, two, three = (make_comment() for _ in range(3))
    four, five = make_comment(parent=three), make_comment(parent=one)
    found = pages(api, f"/api/v1/articles/{article.pk}/thread/?limit=2")
    assert [shape(page["comments"]) for page in found] == [[one.pk, two.pk], [three.pk, [four.pk]], [five.pk]]
    assert [page["truncated"] for page in found] == [True, True, False]
    assert found[2]["comments"][0]["parent"] == one.pk
    assert api.get(found[1]["previous"]).json()["comments"] == found[0]["comments"]
    assert found[0]["previous"] is None


def test_a_page_of_a_thread_ends_where_its_texts_pass_the_bound(
    api: APIClient, article: Article, make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.api.requests.pagination.MAX_PAGE_CHARACTERS", 100)
    ids = [make_comment("a" * size).pk for size in (40, 60, 1, 300, 99)]
    found = pages(api, f"/api/v1/articles/{article.pk}/thread/")
    assert [shape(page["comments"]) for page in found] == [ids[:2], ids[2:3], ids[3:4], ids[4:]]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=x", "ordering=created_at"])
def test_a_thread_refuses_what_a_list_refuses(api: APIClient, article: Article, query: str) -> None:
    assert api.get(f"/api/v1/articles/{article.pk}/thread/?{query}").status_code == 400


def test_the_memory_of_a_page_does_not_grow_with_the_thread(
    api: APIClient, article: Article, make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.api.requests.pagination.MAX_PAGE_CHARACTERS", 100_000)
    address = f"/api/v1/articles/{article.pk}/thread/"
    first = make_comment("a" * 10_000)
    peaks = []
    for size in (30, 270):
        copies = [Comment(**plain(first), external_id=f"{size}-{number}") for number in range(size)]
        Comment.objects.bulk_create(copies)
        api.get(address)  # what is loaded once is loaded
        tracemalloc.start()
        try:
            assert len(api.get(address).content) < 200_000
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] < 3_000_000


def plain(comment: Comment) -> dict[str, Any]:
    names = ("source", "article", "raw", "text", "text_hash", "created_at")
    return {name: getattr(comment, name) for name in names}


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
    found = pages(api, f"/api/v1/articles/{article.pk}/thread/")
    assert [str(page).count("'external_id': 'd") for page in found] == [499, 500, 500, 500, 1]


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
