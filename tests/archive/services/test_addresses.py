"""Addresses: which lead to the same page, which articles only share an id, and whose source an export is."""

from typing import Any

import pytest

from archive.importers.records import ArticleRecord, CommentRecord, Item
from archive.models import Article, Comment, Source
from archive.services import ArchiveImport, ImportIssue, comments_store
from archive.services.addresses import page_address

SAME = [
    "http://news.example/a",
    "https://news.example/a/",
    "https://www.news.example/a?utm_source=mail&fbclid=1",
    "https://NEWS.example:443/a#!newthread",
]


def run(*items: Item, **how: Any) -> tuple[list[ImportIssue], ArchiveImport]:
    told: list[ImportIssue] = []
    done = ArchiveImport(tell=told.append, **how)
    done.store(items=items, source_name="gazette")
    done.finish()
    return told, done


def post(number: str, site: str, title: str, source: str = "") -> tuple[ArticleRecord, CommentRecord]:
    """Returns a post and its comment as an export of `site` tells them; an earlier version named only the host."""
    host = site.partition("/")[0]
    source = source or site
    article = ArticleRecord(
        external_id=number,
        source=source,
        site="" if source != site else site,
        url=f"https://{site}/{title}/",
        title=title,
    )
    said = CommentRecord(
        external_id="1", article=article, source=source, numbered=True, raw=f"On {title}.", commenter_name=host + title
    )
    return article, said


def test_addresses_of_one_page_agree_and_those_of_others_do_not() -> None:
    assert {page_address(url) for url in SAME} == {"news.example/a"}
    others = [
        "https://news.example/b",
        "https://news.example/a?p=2",
        "https://sub.news.example/a",
        "news.example/a",
        "/a",
    ]
    assert len({page_address(url) for url in others} - {""}) == 3
    assert page_address("http://[x") == ""


@pytest.mark.django_db
def test_one_page_under_several_addresses_is_told_and_joined_if_that_is_asked_for() -> None:
    articles = [ArticleRecord(external_id=str(n), url=url, title=f"T{n}") for n, url in enumerate(SAME)]
    said = [CommentRecord(external_id=f"c{n}", article=each, raw="x") for n, each in enumerate(articles)]
    told, _ = run(*articles, *said)
    assert [each.code for each in told] == ["same_page"] * 3
    assert SAME[0] in told[0].reason
    assert Article.objects.count() == 4
    Comment.objects.all().delete()
    Article.objects.all().delete()
    for _ in range(2):
        told, done = run(*articles, *said, join_addresses=True)
    assert "joined" in told[0].reason
    assert not done.counts.changed
    assert list(Article.objects.values_list("external_id", "title")) == [("0", "T0")]
    assert Comment.objects.count() == 4


@pytest.mark.django_db
def test_blogs_of_one_host_are_two_sources_that_overwrite_nothing() -> None:
    items = [*post("1", "news.example/sport", "cup"), *post("1", "news.example/politics", "budget")]
    for _ in range(2):
        told, _ = run(*items)
        assert told == []
    rows = Comment.objects.order_by("pk").values_list("source__slug", "source__name", "raw", "commenter__name")
    assert list(rows) == [
        ("news-example-sport", "news.example/sport", "On cup.", "news.examplecup"),
        ("news-example-politics", "news.example/politics", "On budget.", "news.examplebudget"),
    ]


@pytest.mark.django_db
def test_a_blog_whose_source_was_named_by_its_host_goes_on_there_and_another_one_does_not() -> None:
    old = post("1", "news.example/sport", "cup", source="news.example")
    run(*old)
    assert Source.objects.get().slug == "news-example"
    _, done = run(*post("1", "news.example/sport", "cup"))
    assert not done.counts.changed
    run(*post("1", "news.example/politics", "budget"))
    assert list(Source.objects.values_list("slug", flat=True)) == ["news-example", "news-example-politics"]


@pytest.mark.django_db
def test_two_sites_under_one_source_are_told_apart_by_their_links() -> None:
    items = [*post("1", "a.example", "cup", source="both"), *post("1", "b.example", "vote", source="both")]
    for _ in range(2):
        _, done = run(*items)
    assert not done.counts.changed
    rows = Comment.objects.order_by("pk").values_list("external_id", "article__title", "raw")
    assert list(rows) == [("1", "cup", "On cup."), ("https://b.example/vote/:1", "vote", "On vote.")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("base", "articles"), [("a.example/politics", 2), ("a.example", 1), ("new.example", 1), ("", 1)]
)
def test_a_blog_of_the_same_host_with_a_post_of_the_same_title_and_date_is_another_one(
    base: str, articles: int
) -> None:
    def hello(base: str) -> ArticleRecord:
        return ArticleRecord(external_id="1", base=base, url=f"https://{base or 'a.example/x'}/hello/", title="Hello")

    run(hello("a.example/sport"), hello(base))
    assert Article.objects.count() == articles


@pytest.mark.django_db
def test_articles_that_share_a_placeholder_and_have_no_address_are_told_apart_by_their_headlines() -> None:
    articles = [ArticleRecord(external_id="0", title=title) for title in ("Cup", "Cup", "Vote")]
    told, done = run(*[CommentRecord(external_id=f"c{n}", article=each, raw="x") for n, each in enumerate(articles)])
    assert [each.code for each in told] == ["other_article"]
    assert (done.counts.comments["created"], done.counts.rejected) == (2, 1)
    assert list(Article.objects.values_list("title", flat=True)) == ["Cup"]


@pytest.mark.django_db
def test_an_article_that_moves_or_gets_another_headline_stays_the_same_article(source: Source) -> None:
    first = ArticleRecord(external_id="1", url="https://a.example/?p=1", title="Cup")
    for said in (first, ArticleRecord(external_id="1", url="https://a.example/cup/", title="Cup")):
        run(said)
    run(ArticleRecord(external_id="1", url="https://a.example/cup/", title="Cup final"))
    assert Article.objects.get().title == "Cup final"


@pytest.mark.django_db
def test_a_comment_on_another_article_of_a_known_id_is_refused_by_a_caller_who_wants_all(source: Source) -> None:
    def said(key: str, title: str) -> CommentRecord:
        article = ArticleRecord(external_id="1", url=f"https://a.example/{title}", title=title)
        return CommentRecord(external_id=key, article=article, raw="x")

    comments_store(source=source, records=[said("1", "cup")], all_or_nothing=True)
    (outcome,) = comments_store(source=source, records=[said("2", "vote")])
    assert outcome.outcome == "created"
    assert Comment.objects.get(external_id="2").article.external_id == "https://a.example/vote"
