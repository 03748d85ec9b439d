"""Rows are found by very many ids, whatever stands in those."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import Model

from archive.database.lookups import BulkLookup
from archive.models import Article, Comment, Commenter

pytestmark = pytest.mark.django_db

AT = datetime(2021, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize("keys", [[], ["c1", "c3", 'a"b', "ü😀", "\\", "{x,y}", "a,b", "NULL", " ", "line\nend", "'"]])
def test_keys_are_found_whatever_is_in_them(article: Article, keys: list[str]) -> None:
    for key in [*keys, "other"]:
        Comment.objects.create(article=article, source=article.source, external_id=key, raw="x", created_at=AT)
    found = Comment.objects.filter(BulkLookup(Comment, article.source, keys)).values_list("external_id", flat=True)
    assert sorted(found) == sorted(keys)


def test_the_column_is_told_from_that_of_a_joined_table(article: Article) -> None:
    Comment.objects.create(article=article, source=article.source, external_id="c1", raw="x", created_at=AT)
    joined = Comment.objects.select_related("article").filter(
        BulkLookup(Comment, article.source, ["c1"]), article=article
    )
    assert [row.article.external_id for row in joined] == [article.external_id]


@pytest.mark.parametrize("model", [Article, Comment, Commenter])
def test_looking_up_known_rows_goes_from_each_key_to_its_row(article: Article, model: type[Model]) -> None:
    """Or, on a table without statistics, thousands of keys would be compared with each row of the source."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    keys = [f"c{n}" for n in range(4000)]
    plan = model._default_manager.filter(BulkLookup(model, article.source, keys)).explain()
    assert re.search(
        r"\(source_id=\? AND external_id=\?\)|Cond: .*source_id = .* AND .*external_id.* = wanted.value", plan
    )
    assert not re.search(r"\(source_id=\?\)|Filter: .*external_id", plan)
