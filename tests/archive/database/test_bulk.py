"""Rows written in bulk are the rows that Django would have written."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from archive.database.bulk import allocate_ids, blank_values, build_row, bulk_write, chunk_write, rows_insert
from archive.database.search import search_comments
from archive.models import Article, Comment, Commenter, Source

pytestmark = pytest.mark.django_db

AT = datetime(2021, 5, 3, 10, 0, 0, 123_456, tzinfo=UTC)


def made(article: Article, number: int, **said: object) -> Comment:
    values = {
        "id": number,
        "source_id": article.source_id,
        "article_id": article.pk,
        "external_id": f"c{number}",
        "raw": 'tab\there, \\N and "quotes"\nü 😀',
        "text": "x",
        "text_hash": "0" * 64,
        "created_at": AT,
        "received_at": AT,
        "seal_key": bytes(range(16)),
    }
    return build_row(Comment, blank_values(Comment) | values | said)


def test_every_column_comes_back_as_it_was_given(article: Article, commenter: Commenter) -> None:
    full = {
        "commenter_id": commenter.pk, "parent_id": 1, "parent_external_id": "c1", "language": "tr", "edited_at": AT,
        "withdrawn_at": AT, "erased_at": AT, "origin_state": "spam", "revision": 3, "taken_revision": 2,
        "meta": {"votes": [1, None, "ü\\n"]}, "text_format": "html",
    }  # fmt: skip
    rows = [made(article, 1), made(article, 2, **full)]
    rows_insert(rows)
    for row in rows:
        stored = Comment.objects.get(pk=row.pk)
        names = [field.attname for field in Comment._meta.concrete_fields]
        assert {name: getattr(row, name) for name in names} == {
            name: bytes(value) if name == "seal_key" else value for name in names for value in [getattr(stored, name)]
        }
    assert Comment.objects.get(meta={}).pk == 1


def test_a_row_that_breaks_a_constraint_is_an_integrity_error_and_none_is_stored(article: Article) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        rows_insert([made(article, 1), made(article, 2, external_id="c1")])
    assert not Comment.objects.exists()


@pytest.mark.parametrize("count", [1, 31, 33, 545, 1100])
def test_any_number_of_rows_is_written_and_its_words_are_found(article: Article, count: int) -> None:
    rows_insert([made(article, n, text=f"word{n} all") for n in range(1, count + 1)])
    assert Comment.objects.count() == count
    assert search_comments(Comment.objects.all(), "all").count() == count
    assert search_comments(Comment.objects.all(), f"word{count}").get().pk == count


def test_ids_are_taken_from_the_tables_own_counter(article: Article) -> None:
    taken = allocate_ids(Comment, 3)
    assert len(set(taken)) == 3
    rows_insert([made(article, n) for n in taken])
    other = Comment.objects.create(article=article, source=article.source, external_id="x", raw="x", created_at=AT)
    assert other.pk > max(taken)


def test_a_bulk_transaction_alone_is_not_waited_for(source: Source) -> None:
    with chunk_write():
        Source.objects.filter(pk=source.pk).update(name="Harbor Herald")
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SHOW synchronous_commit")
                assert cursor.fetchone() == ("off",)
    assert Source.objects.get().name == "Harbor Herald"


def test_nothing_to_write_is_nothing() -> None:
    rows_insert([])


def test_the_log_of_sqlite_is_as_it_was_after_a_bulk_write() -> None:
    with bulk_write():
        pass
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA wal_autocheckpoint").fetchone() == (1000,)
