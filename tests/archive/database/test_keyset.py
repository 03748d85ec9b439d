"""Whatever the data and the page size: walking forward, and walking back, meets each row once and in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.database.keyset import Key, Order, window
from archive.models import Article, Source

pytestmark = pytest.mark.django_db
DAY = datetime(2024, 5, 1, tzinfo=UTC)
# Few different times, so that ties are the rule; None for articles without a date.
MOMENTS = st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=14)
KEY = Key("published_at", nullable=True, load=datetime.fromisoformat)


def expected(order: Order) -> list[int]:
    """The order in plain Python: by value, then id, rows without a value last in either direction."""
    rows = list(Article.objects.all())
    sign = -1 if order.descending else 1

    def place(row: Article) -> tuple[bool, float, int]:
        value = row.published_at.timestamp() if row.published_at else 0.0
        return (row.published_at is None, sign * value, sign * row.pk)

    return [row.pk for row in sorted(rows, key=place)]


def walk(order: Order, size: int, *, start: Any = None, forward: bool) -> list[list[int]]:
    """All pages from `start` on, each as ids in reading order."""
    pages, position = [], start
    while rows := window(Article.objects.all(), order, position, forward=forward, count=size):
        pages.append([row.pk for row in rows])
        position = order.position(rows[-1])
        assert len(pages) < 100, "the walk does not end"
    return pages


def fill(moments: list[int | None]) -> None:
    """Empties the table and fills it again: one test's examples share a transaction."""
    Article.objects.all().delete()
    source, _ = Source.objects.get_or_create(slug="s", name="S")
    Article.objects.bulk_create(
        Article(
            source=source,
            external_id=str(index),
            published_at=None if moment is None else DAY + timedelta(days=moment),
        )
        for index, moment in enumerate(moments)
    )


@settings(max_examples=60, deadline=None)
@given(moments=MOMENTS, size=st.integers(1, 5), descending=st.booleans())
def test_forward_and_back_each_give_every_row_once(moments: list[int | None], size: int, descending: bool) -> None:
    fill(moments)
    order = Order(KEY, descending)
    pages = walk(order, size, forward=True)
    assert [pk for page in pages for pk in page] == expected(order)
    if pages:
        last = Article.objects.get(pk=pages[-1][-1])
        back = walk(order, size, start=order.position(last), forward=False)
        assert [pk for page in back for pk in page] == expected(order)[-2::-1]


@settings(max_examples=30, deadline=None)
@given(moments=MOMENTS, size=st.integers(1, 5), descending=st.booleans())
def test_an_order_by_id_alone_needs_no_tie(moments: list[int | None], size: int, descending: bool) -> None:
    fill(moments)
    ids = sorted(Article.objects.values_list("pk", flat=True), reverse=descending)
    pages = walk(Order(Key("id"), descending), size, forward=True)
    assert [pk for page in pages for pk in page] == ids


@settings(max_examples=30, deadline=None)
@given(moments=MOMENTS, size=st.integers(1, 5), victim=st.integers(0, 13))
def test_rows_that_vanish_while_paging_shift_no_others(moments: list[int | None], size: int, victim: int) -> None:
    fill(moments)
    order = Order(KEY, descending=True)
    ids = expected(order)
    first = window(Article.objects.all(), order, None, forward=True, count=size)
    if not first or victim >= len(ids):
        return
    position = order.position(first[-1])
    Article.objects.filter(pk=ids[victim]).delete()
    rest = walk(order, size, start=position, forward=True)
    left = [pk for pk in ids[len(first) :] if pk != ids[victim]]
    assert [pk for page in rest for pk in page] == left
