"""The archive's own part of the admin: threads, excerpts, bounded counts, and what may be asked in an address."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.paginator import EmptyPage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from archive import excerpts
from archive.admin import base, thread
from archive.admin.base import CappedPaginator
from archive.admin.thread import ThreadPlace, reading_order, thread_around, thread_of
from archive.models import Article, Comment, Source

COMMENTS = "admin:archive_comment_changelist"


@pytest.fixture
def boss(client, db):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_replies_stand_under_their_parents_in_the_order_of_time():
    pairs = [(1, None), (2, None), (3, 1), (4, 2), (5, 3), (6, 1)]
    assert reading_order(pairs) == [
        ThreadPlace(1, 0),
        ThreadPlace(3, 1),
        ThreadPlace(5, 2),
        ThreadPlace(6, 1),
        ThreadPlace(2, 0),
        ThreadPlace(4, 1),
    ]


def test_a_reply_whose_parent_is_not_there_begins_a_thread_of_its_own():
    assert reading_order([(7, 99), (8, 7)]) == [ThreadPlace(7, 0), ThreadPlace(8, 1)]


def test_comments_that_answer_each_other_in_a_ring_are_all_shown():
    assert reading_order([(1, 2), (2, 1), (3, None)]) == [ThreadPlace(3, 0), ThreadPlace(1, 0), ThreadPlace(2, 1)]


def test_a_chain_of_replies_longer_than_the_stack_is_put_in_order():
    pairs = [(1, None), *((number, number - 1) for number in range(2, 5001))]
    assert reading_order(pairs)[-1] == ThreadPlace(5000, 4999)


@given(st.lists(st.integers(-1, 30), max_size=30))
def test_every_comment_is_placed_once_whatever_the_parents_are(parents):
    pairs = [(number, parent if parent >= 0 else None) for number, parent in enumerate(parents)]
    assert sorted(place.id for place in reading_order(pairs)) == list(range(len(parents)))


@pytest.mark.django_db
def test_a_thread_shows_no_more_than_its_bound_and_says_that_it_is_a_part(make_comment, article, monkeypatch):
    monkeypatch.setattr(thread, "MAX_SHOWN", 3)
    for _ in range(3):
        make_comment()
    assert thread_of(article, Comment.objects.all()).complete
    make_comment()
    shown = thread_of(article, Comment.objects.all())
    assert (len(shown.items), shown.complete) == (3, False)


@pytest.mark.django_db
def test_a_thread_is_read_with_two_queries_however_long_it_is(make_comment, article, django_assert_num_queries):
    parent = make_comment()
    for _ in range(30):
        parent = make_comment("A reply.", parent=parent)
    with django_assert_num_queries(2):
        assert len(thread_of(article, Comment.objects.select_related("commenter")).items) == 31


@pytest.mark.django_db
def test_around_a_comment_stand_its_neighbours_and_all_that_it_answers(make_comment, monkeypatch):
    monkeypatch.setattr(thread, "MAX_AROUND", 2)
    first = make_comment("first")
    middles = [make_comment(f"middle {number}", parent=first) for number in range(6)]
    last = make_comment("last", parent=first)
    shown = thread_around(last, Comment.objects.all())
    assert [item.comment.pk for item in shown.items] == [first.pk, middles[4].pk, middles[5].pk, last.pk]
    assert not shown.complete


@pytest.mark.django_db
def test_a_comment_among_many_of_the_same_second_is_found_in_its_thread(make_comment, article, monkeypatch):
    monkeypatch.setattr(thread, "MAX_READ", 4)
    comments = [make_comment(created_at=article.published_at) for _ in range(9)]
    shown = thread_around(comments[4], Comment.objects.all())
    assert [item.comment.pk for item in shown.items] == [comment.pk for comment in comments[3:7]]


@pytest.mark.django_db
def test_an_excerpt_ends_in_an_ellipsis_only_where_there_is_more(make_comment):
    make_comment("Two words")
    make_comment("word " * 500)
    make_comment("x" * 5000)
    short, long, unbroken = (excerpts.excerpt(one, 40) for one in excerpts.with_excerpt(Comment.objects.order_by("pk")))
    assert short == "Two words"
    assert long == "word " * 39 + "word …"
    assert unbroken == "x" * excerpts.EXCERPT_CHARACTERS + " …"


@pytest.mark.django_db
def test_counting_stops_at_the_bound(make_comment, monkeypatch):
    monkeypatch.setattr(base, "MAX_COUNT", 3)
    for _ in range(5):
        make_comment()
    paginator = CappedPaginator(Comment.objects.order_by("text"), 2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert (paginator.count, paginator.is_capped, paginator.num_pages) == (3, True, 2)
    assert len(queries) == 1
    assert "LIMIT 4" in queries[0]["sql"]
    assert "ORDER BY" not in queries[0]["sql"]
    with pytest.raises(EmptyPage):
        paginator.page(3)


def test_a_list_beyond_the_bound_says_so(boss, make_comment, monkeypatch):
    monkeypatch.setattr(base, "MAX_COUNT", 3)
    for _ in range(5):
        make_comment()
    assert "More than 3 comments" in boss.get(reverse(COMMENTS)).content.decode()


def test_the_list_reads_the_beginning_of_a_text_and_not_the_whole(boss, make_comment):
    make_comment("start " + "x" * 5000 + " the very end")
    with CaptureQueriesContext(connection) as queries:
        page = boss.get(reverse(COMMENTS)).content.decode()
    assert "start" in page
    assert "the very end" not in page
    assert not [query for query in queries if '"archive_comment"."raw"' in query["sql"]]


REFUSED = ("text__regex", "seal_key__startswith", "raw__contains", "source__articles__body__contains")


@pytest.mark.parametrize("lookup", REFUSED)
def test_lookups_that_no_page_offers_are_refused(boss, make_comment, lookup):
    make_comment()
    assert boss.get(reverse(COMMENTS), {lookup: "a"}).status_code == 400


def test_asking_for_counts_beside_the_filters_is_ignored(boss, make_comment, django_assert_max_num_queries):
    make_comment()
    with django_assert_max_num_queries(15):
        page = boss.get(reverse(COMMENTS), {"_facets": "True"}).content.decode()
    assert "Show counts" not in page


def test_a_source_is_edited_and_its_slug_stays(boss, source):
    address = reverse("admin:archive_source_change", args=[source.pk])
    boss.post(
        address, {"slug": "other", "name": "Harbour Times", "default_language": "tr", "timezone": "Europe/Istanbul"}
    )
    source.refresh_from_db()
    assert (source.slug, source.name, source.timezone) == ("harbor-times", "Harbour Times", "Europe/Istanbul")


def test_a_time_zone_that_does_not_exist_is_refused_by_field(boss, source):
    address = reverse("admin:archive_source_change", args=[source.pk])
    page = boss.post(address, {"name": "Harbor Times", "timezone": "Mars/Olympus"}).content.decode()
    assert "Mars/Olympus is not a time zone" in page


def test_articles_are_found_by_title_and_by_the_id_of_their_source(boss, article):
    for words, found in (("second battery", 1), ("a1", 1), ("nothing", 0)):
        page = boss.get(reverse("admin:archive_article_changelist"), {"q": words}).content.decode()
        assert page.count('class="field-shown_title"') == found, words


def test_commenters_are_found_by_name_and_by_the_id_of_their_source(boss, commenter):
    for words, found in (("Ad", 1), ("name:ada", 1), ("zzz", 0)):
        page = boss.get(reverse("admin:archive_commenter_changelist"), {"q": words}).content.decode()
        assert page.count('class="field-shown_name"') == found, words


def test_an_article_shows_its_text_its_furniture_and_its_thread(boss, article, make_comment):
    article.blocks = [{"kind": "heading", "text": "Price"}, {"kind": "paragraph", "text": "It costs <b>much</b>."}]
    article.furniture = [{"kind": "caption", "text": "A ship at sea"}]
    article.save()
    make_comment("A reply.", parent=make_comment("A remark."))
    page = boss.get(reverse("admin:archive_article_change", args=[article.pk])).content.decode()
    for shown in ("Price", "It costs &lt;b&gt;much&lt;/b&gt;.", "A ship at sea", "A remark.", "A reply.", "depth-1"):
        assert shown in page


def test_an_address_of_an_article_that_is_no_web_address_is_no_link(boss, article):
    article.url = "javascript:alert(1)"
    article.save()
    page = boss.get(reverse("admin:archive_article_change", args=[article.pk])).content.decode()
    assert 'href="javascript:' not in page


@pytest.mark.parametrize("model", [Article, Comment, Source])
def test_the_pages_are_registered(model):
    assert site.is_registered(model)
