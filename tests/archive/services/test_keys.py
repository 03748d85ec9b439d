"""Rows are found by very many ids, whatever stands in those."""

from datetime import UTC, datetime

import pytest
from django.db import connection  # noqa: F401 - named in a condition below

from archive.models import Article, Comment, Commenter
from archive.services.keys import Known

pytestmark = pytest.mark.django_db

AT = datetime(2021, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize("keys", [[], ["c1", "c3", 'a"b', "ü😀", "\\", "{x,y}", "a,b", "NULL", " ", "line\nend", "'"]])
def test_keys_are_found_whatever_is_in_them(article: Article, keys: list[str]) -> None:
    for key in [*keys, "other"]:
        Comment.objects.create(article=article, source=article.source, external_id=key, raw="x", created_at=AT)
    found = Comment.objects.filter(Known(Comment, article.source, keys)).values_list("external_id", flat=True)
    assert sorted(found) == sorted(keys)


def test_the_column_is_told_from_that_of_a_joined_table(article: Article) -> None:
    Comment.objects.create(article=article, source=article.source, external_id="c1", raw="x", created_at=AT)
    joined = Comment.objects.select_related("article").filter(Known(Comment, article.source, ["c1"]), article=article)
    assert [row.article.external_id for row in joined] == [article.external_id]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's plans are read; PostgreSQL counts its rows")
def test_looking_up_known_rows_does_not_read_all_rows_of_the_source(article: Article) -> None:
    for model in (Article, Comment, Commenter):
        plan = model.objects.filter(Known(model, article.source, ["c1"])).explain()
        assert "(source_id=? AND external_id=?)" in plan
        assert "(source_id=?)" not in plan
