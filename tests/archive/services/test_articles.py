"""Storing articles: what a record says replaces, what it does not say stays."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

from datetime import UTC, datetime
from typing import Any

import pytest

from archive.importers.records import ArticleRecord, TextBlock
from archive.models import Article, Source
from archive.services import RecordsRefusedError, articles_store, source_get_or_create, source_slug

pytestmark = pytest.mark.django_db


def stored(source: Source, **columns: Any) -> str:
    (outcome,) = articles_store(source=source, records=[ArticleRecord(**{"external_id": "a1", **columns})])
    return outcome.outcome


def test_an_article_is_stored_whole_and_the_same_again_changes_nothing(source: Source) -> None:
    columns: dict[str, Any] = {
        "title": "Ferry",
        "url": "https://harbor.example/a1",
        "published_at": datetime(2021, 5, 3, 10),
        "body": "First.\n\nSecond.",
        "blocks": (TextBlock("paragraph", "First."), TextBlock("source", "Source: Wire")),
        "furniture": (TextBlock("caption", "A ship"),),
    }
    assert stored(source, **columns) == "created"
    row = Article.objects.get()
    assert row.blocks == [{"kind": "paragraph", "text": "First."}, {"kind": "source", "text": "Source: Wire"}]
    assert row.furniture == [{"kind": "caption", "text": "A ship"}]
    assert row.published_at == datetime(2021, 5, 3, 10, tzinfo=UTC)
    assert stored(source, **columns) == "unchanged"


def test_what_a_record_says_replaces_and_what_it_does_not_say_stays(source: Source) -> None:
    stored(source, title="Ferry", section="Town", body="Old.")
    assert stored(source, title="Ferry", body="New.") == "edited"
    row = Article.objects.get()
    assert (row.title, row.section, row.body) == ("Ferry", "Town", "New.")


def test_a_derived_title_gives_way_to_a_real_one_and_never_the_other_way_round(source: Source) -> None:
    stored(source, title="The ferry was late.", title_derived=True)
    assert Article.objects.get().title_derived
    assert stored(source, title="Ferry late again") == "edited"
    assert stored(source, title="The ferry was late.", title_derived=True) == "unchanged"
    row = Article.objects.get()
    assert (row.title, row.title_derived) == ("Ferry late again", False)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/town/ferry", "file:///etc/passwd", "data:text/html,x"])
def test_an_address_that_is_no_web_address_is_left_out(source: Source, url: str) -> None:
    stored(source, title="Ferry", url=url)
    assert Article.objects.get().url == ""


def test_bad_articles_are_refused_one_by_one_or_all_together(source: Source) -> None:
    records = [ArticleRecord(external_id="a1"), ArticleRecord(external_id="")]
    assert [each.outcome for each in articles_store(source=source, records=records)] == ["created", "rejected"]
    with pytest.raises(RecordsRefusedError):
        articles_store(source=source, records=[ArticleRecord(external_id="a2"), records[1]], all_or_nothing=True)
    assert Article.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbor Times", "harbor-times"),
        ("  nyt_2014 ", "nyt_2014"),
        ("Новости дня", "novosti-dnya"),
        ("news.harbor.example", "news-harbor-example"),
    ],
)
def test_a_source_is_found_by_the_slug_of_its_name(name: str, slug: str) -> None:
    made = source_get_or_create(name=name, timezone="Europe/Istanbul")
    assert (made.slug, made.name, made.timezone) == (slug, name.strip(), "Europe/Istanbul")
    assert source_get_or_create(name=slug.upper()) == made


def test_a_name_without_a_letter_makes_no_source() -> None:
    assert source_slug("!!!") == ""
    with pytest.raises(RecordsRefusedError):
        source_get_or_create(name="!!!")
