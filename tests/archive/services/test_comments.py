"""Storing comments: new, the same again, edited, refused, and two writers at once."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone as django_timezone
from pytest_django import DjangoAssertNumQueries

from archive.importers.records import ArticleRecord, CommentRecord
from archive.models import Article, Comment, Commenter, CommentRevision, Source
from archive.services import (
    RecordsRefusedError,
    comment_edit,
    comment_withdraw,
    commenter_erase,
    comments_erase,
    comments_store,
)
from archive.services.upsert import CommentUpsertBatch, RowsMovedError
from archive.text import text_digest

pytestmark = pytest.mark.django_db

FERRY = ArticleRecord(external_id="a1", title="Ferry", section="Town")


def record(external_id: str = "c1", raw: str = "It is late.", **changes: Any) -> CommentRecord:
    return CommentRecord(**{"external_id": external_id, "article": FERRY, "raw": raw, **changes})


def outcomes(source: Source, *records: CommentRecord, **options: Any) -> list[str]:
    return [each.outcome for each in comments_store(source=source, records=records, **options)]


def test_a_new_comment_comes_with_its_article_and_its_writer(source: Source) -> None:
    at = datetime(2021, 5, 3, 10, tzinfo=timezone(timedelta(hours=2)))
    (outcome,) = comments_store(
        source=source,
        records=[
            record(
                raw="<p>So <b>la</b>te!</p>",
                text_format="html",
                commenter_name="Ann  Lee",
                created_at=at,
                language="en",
                meta={"votes": 3},
            )
        ],
    )
    row = Comment.objects.get()
    assert (outcome.outcome, outcome.comment_id, outcome.article) == ("created", row.pk, "created")
    assert (row.raw, row.text) == ("<p>So <b>la</b>te!</p>", "So late!")
    assert row.text_hash == text_digest("So late!")
    assert (row.revision, row.taken_revision, row.origin_state, row.language) == (1, 0, "published", "en")
    assert row.created_at == datetime(2021, 5, 3, 8, tzinfo=UTC)
    assert (row.article.title, row.article.section, row.article.source) == ("Ferry", "Town", source)
    assert row.commenter is not None
    assert (row.commenter.external_id, row.commenter.name) == ("name:ann lee", "Ann  Lee")
    assert row.meta == {"votes": 3}
    assert len(bytes(row.seal_key)) == 16
    assert Comment.objects.unscored().get() == row


def test_a_time_without_a_zone_is_in_the_zone_of_the_source(source: Source) -> None:
    source.timezone = "Europe/Istanbul"
    source.save()
    comments_store(source=source, records=[record(created_at=datetime(2021, 5, 3, 10))])
    assert Comment.objects.get().created_at == datetime(2021, 5, 3, 7, tzinfo=UTC)


def test_a_comment_without_a_time_has_the_time_at_which_it_came(source: Source) -> None:
    before = django_timezone.now()
    comments_store(source=source, records=[record()])
    row = Comment.objects.get()
    assert before <= row.created_at <= django_timezone.now()
    assert row.created_at == row.received_at


def test_the_same_again_changes_nothing(source: Source) -> None:
    assert outcomes(source, record(), record("c2")) == ["created", "created"]
    before = list(Comment.objects.values())
    assert outcomes(source, record(), record("c2")) == ["unchanged", "unchanged"]
    assert list(Comment.objects.values()) == before


def test_another_text_is_an_edit_that_keeps_the_earlier_one_and_is_unscored_again(source: Source) -> None:
    comments_store(source=source, records=[record()])
    Comment.objects.update(taken_revision=1)
    assert outcomes(source, record(raw="<i>Early</i>", text_format="html")) == ["edited"]
    row = Comment.objects.get()
    assert (row.raw, row.text, row.text_format, row.text_hash) == (
        "<i>Early</i>",
        "Early",
        "html",
        text_digest("Early"),
    )
    assert (row.revision, row.taken_revision) == (2, 1)
    assert row.edited_at is not None
    assert list(CommentRevision.objects.values_list("comment", "revision", "raw", "text")) == [
        (row.pk, 1, "It is late.", "It is late.")
    ]
    assert Comment.objects.unscored().exists()


def test_another_state_of_origin_counts_as_an_edit_and_silence_about_it_as_none(source: Source) -> None:
    comments_store(source=source, records=[record(origin_state="unapproved")])
    assert outcomes(source, record()) == ["unchanged"]
    assert outcomes(source, record(origin_state="spam")) == ["edited"]
    row = Comment.objects.get()
    assert (row.origin_state, row.revision, row.text) == ("spam", 2, "It is late.")


def test_a_deletion_at_the_origin_that_brings_no_text_keeps_the_text_that_is_here(source: Source) -> None:
    comments_store(source=source, records=[record()])
    assert outcomes(source, record(raw="", origin_state="deleted")) == ["edited"]
    row = Comment.objects.get()
    assert (row.origin_state, row.raw) == ("deleted", "It is late.")


def test_an_erased_comment_does_not_come_back_nor_does_its_writer(source: Source) -> None:
    written = record(commenter_name="Ann Lee")
    (stored,) = comments_store(source=source, records=[written])
    comments_erase(ids=[stored.comment_id or 0], at=django_timezone.now())
    commenter_erase(commenter=Commenter.objects.get(), at=django_timezone.now())
    other = record("c2", commenter_name="Bo")
    assert outcomes(source, written, other, replace(written, raw="other")) == ["erased", "created", "erased"]
    row = Comment.objects.get(external_id="c1")
    assert (row.raw, row.text, row.text_hash, bytes(row.seal_key), row.meta) == ("", "", "", b"", {})
    assert not Comment.objects.unscored().filter(pk=row.pk).exists()
    assert sorted(Commenter.objects.values_list("name", flat=True)) == ["", "Bo"]


def test_a_number_path_is_known_as_erased_in_its_own_article_alone(source: Source) -> None:
    pier = ArticleRecord(external_id="a2", title="Pier")
    both = [record("1", numbered=True), record("1", numbered=True, article=pier, raw="Other.")]
    ids = [one.comment_id or 0 for one in comments_store(source=source, records=both)]
    comments_erase(ids=ids[1:], at=django_timezone.now())
    assert outcomes(source, *both) == ["unchanged", "erased"]


def test_somebody_who_writes_again_after_the_erasure_is_a_new_commenter(source: Source) -> None:
    comments_store(source=source, records=[record(commenter_external_id="u7", commenter_name="Ann")])
    commenter_erase(commenter=Commenter.objects.get(), at=django_timezone.now())
    assert outcomes(source, record("c2", commenter_external_id="u7", commenter_name="Ann")) == ["created"]
    first, second = Commenter.objects.order_by("pk")
    assert (first.name, second.name, second.external_id) == ("", "Ann", "u7")
    assert Comment.objects.get(external_id="c2").commenter == second


@pytest.mark.django_db(transaction=True)
def test_an_edit_that_read_the_comment_before_it_was_erased_brings_no_words_back(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2021, 5, 3, 10, tzinfo=UTC)
    (stored,) = comments_store(source=source, records=[record(created_at=at, commenter_name="Ann")])
    save = CommentUpsertBatch.save

    def erased_meanwhile(self: CommentUpsertBatch) -> None:
        """As another connection does it: by the time of the write, the erasure is committed."""
        if not Comment.objects.filter(erased_at__isnull=False).exists():
            comments_erase(ids=[stored.comment_id or 0], at=django_timezone.now())
        save(self)

    monkeypatch.setattr(CommentUpsertBatch, "save", erased_meanwhile)
    # In one transaction the erasure is undone with the attempt that it made fail: it must fail, not write.
    with pytest.raises(RowsMovedError):
        comments_store(source=source, records=[record(raw="Later words.", created_at=at, commenter_name="Ann")])
    assert Comment.objects.get().raw == "It is late."
    assert not CommentRevision.objects.exists()


def test_an_id_that_comes_twice_in_a_chunk_is_stored_once_and_its_edits_in_order(source: Source) -> None:
    at = datetime(2021, 5, 3, 10, tzinfo=UTC)
    records = [record(raw=raw, created_at=at) for raw in ("It is late.", "It is late.", "second", "third")]
    assert outcomes(source, *records) == ["created", "unchanged", "edited", "edited"]
    row = Comment.objects.get()
    assert (row.raw, row.revision) == ("third", 3)
    assert list(CommentRevision.objects.values_list("revision", "raw")) == [(1, "It is late."), (2, "second")]
    assert outcomes(source, record(raw="third")) == ["unchanged"]


def test_an_id_that_another_article_of_the_source_has_is_refused(source: Source) -> None:
    comments_store(source=source, records=[record()])
    (outcome,) = comments_store(source=source, records=[record(article=ArticleRecord(external_id="a2"))])
    assert [(each.field, each.code) for each in outcome.problems] == [("external_id", "other_article")]
    assert Comment.objects.get().article.external_id == "a1"


def test_two_sources_may_use_the_same_ids(source: Source) -> None:
    other = Source.objects.create(slug="other", name="Other")
    assert outcomes(source, record()) == outcomes(other, record()) == ["created"]
    assert Comment.objects.count() == 2


def test_number_paths_of_two_pages_are_told_apart_and_stay_so(source: Source) -> None:
    ferry = [record("1", numbered=True), record("1.1", numbered=True, parent_external_id="1")]
    pier = [replace(each, article=ArticleRecord(external_id="a2"), raw="Pier.") for each in ferry]
    for _ in range(2):
        comments_store(source=source, records=[*ferry, *pier])
        comments_store(source=source, records=pier)
    rows = Comment.objects.order_by("pk").values_list("external_id", "article__external_id", "parent__external_id")
    assert list(rows) == [("1", "a1", None), ("1.1", "a1", "1"), ("a2:1", "a2", None), ("a2:1.1", "a2", "a2:1")]


def test_what_a_comment_says_of_its_article_fills_what_is_empty_and_replaces_nothing(source: Source) -> None:
    comments_store(source=source, records=[record(article=ArticleRecord(external_id="a1", section="Town"))])
    told = comments_store(
        source=source, records=[record("c2", article=ArticleRecord(external_id="a1", title="Pier", section="Sea"))]
    )
    assert [each.article for each in told] == ["edited"]
    row = Article.objects.get()
    assert (row.title, row.section) == ("Pier", "Town")


def test_writers_are_known_by_id_or_by_the_folded_name(source: Source) -> None:
    comments_store(
        source=source,
        records=[
            record("1", commenter_name="Ann Lee"),
            record("2", commenter_name=" ANN   LEE "),
            record("3", commenter_name="Ann Lee", commenter_external_id="u1"),
            record("4", commenter_external_id="u1"),
            record("5"),
            record("6", commenter_name="n" * 255),
        ],
    )
    keys = list(Comment.objects.order_by("external_id").values_list("commenter__external_id", flat=True))
    assert keys[:5] == ["name:ann lee", "name:ann lee", "u1", "u1", None]
    assert keys[5].startswith("name:")
    assert Commenter.objects.count() == 3


def test_bad_records_are_refused_by_field_and_the_good_ones_around_them_kept(source: Source) -> None:
    bad = record("c2", raw="")
    first, second, third = comments_store(source=source, records=[record("c1"), bad, record("c3")])
    assert (first.outcome, second.outcome, third.outcome) == ("created", "rejected", "created")
    assert second.comment_id is None
    assert [(each.field, each.code) for each in second.problems] == [("text", "blank")]
    assert Comment.objects.count() == 2


def test_all_or_nothing_stores_nothing_and_names_each_bad_record(source: Source) -> None:
    with pytest.raises(RecordsRefusedError) as error:
        comments_store(source=source, records=[record("c1"), record("c2", raw="")], all_or_nothing=True)
    assert {at: [each.field for each in found] for at, found in error.value.problems.items()} == {1: ["text"]}
    assert not Comment.objects.exists()


def test_all_or_nothing_holds_for_what_only_the_rows_can_tell(source: Source) -> None:
    comments_store(source=source, records=[record()])
    moved = record(article=ArticleRecord(external_id="a2"))
    with pytest.raises(RecordsRefusedError) as error:
        comments_store(source=source, records=[record("c2"), moved], all_or_nothing=True)
    assert list(error.value.problems) == [1]
    assert Comment.objects.count() == 1
    assert Article.objects.count() == 1


def test_no_refusal_repeats_the_text(source: Source) -> None:
    canary = "canary-7f3a"
    with pytest.raises(RecordsRefusedError) as error:
        comments_store(
            source=source, records=[record(raw=canary + "\x00", meta={"a": canary + "\ud800"})], all_or_nothing=True
        )
    assert canary not in f"{error.value!r} {error.value.problems!r}"


def test_the_number_of_queries_does_not_grow_with_the_records(
    source: Source, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    records = [record(str(n), parent_external_id=str(n // 2) if n else "", commenter_name=f"n{n}") for n in range(300)]
    with django_assert_max_num_queries(16):
        comments_store(source=source, records=records)
    with django_assert_max_num_queries(8):
        comments_store(source=source, records=records)


def test_an_empty_list_is_nothing_to_do(source: Source, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert comments_store(source=source, records=[]) == []


# -- edits and withdrawals --------------------------------------------------------------------------------------------


def test_an_edit_by_hand_keeps_the_earlier_text(make_comment: Callable[..., Comment]) -> None:
    row = make_comment("before")
    edited = comment_edit(comment=row, raw="after <b>all</b>", text_format="html")
    assert (edited.text, edited.revision) == ("after all", 2)
    assert list(row.revisions.values_list("revision", "text")) == [(1, "before")]
    assert comment_edit(comment=row, raw="after <b>all</b>").revision == 2


def test_an_edit_by_hand_to_nothing_is_refused(make_comment: Callable[..., Comment]) -> None:
    with pytest.raises(RecordsRefusedError):
        comment_edit(comment=make_comment("before"), raw=" ")


def test_a_withdrawn_comment_keeps_its_row_and_its_first_time(make_comment: Callable[..., Comment]) -> None:
    row = make_comment()
    at = datetime(2022, 1, 1, tzinfo=UTC)
    assert comment_withdraw(comment=row, at=at)
    assert not comment_withdraw(comment=row)
    row.refresh_from_db()
    assert row.withdrawn_at == at


# -- two writers ------------------------------------------------------------------------------------------------------


def store_at_last(source: Source, chunk: list[CommentRecord]) -> None:
    """Stores a chunk; SQLite's in-memory database of the tests answers "locked" at once where a file waits."""
    for _ in range(1000):
        try:
            comments_store(source=source, records=chunk)
        except OperationalError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError("locked for good")


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_rows_store_each_once(source: Source) -> None:
    records = [
        record(str(n), commenter_name=f"n{n % 7}", parent_external_id=str(n - 1) if n % 3 else "") for n in range(200)
    ]
    ready = threading.Barrier(2)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            ready.wait(timeout=10)
            for begin in range(0, 200, 50):
                store_at_last(source, records[begin : begin + 50])
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Comment.objects.count() == 200
    assert Comment.objects.exclude(parent=None).count() == 133
