"""Saved pages: each form that a page can have, written for these tests."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers.records import ArticleRecord, CommentRecord, FormatError, Item, Notice, Rejected
from tests.archive.importers.page_threads import ARTICLE, NO_THREADS, THREADS

FULL = """Skip to content

Home > World > Shipping

Port strike enters its second week as talks stall

Dockers and owners meet again on Thursday.

By Jane-Anne Doe
Published: 10:15 GMT, 26 Nov 2019 | Updated 27 November 2019 11:30 BST

3 min read

Share this article

Empty quay

Cranes stand idle on Monday. (AP Photo/John Smith)

HARBOR CITY, Nov 26 (Wire) — Dockers in Harbor City stayed away for an eighth day on Tuesday.

"We will be back when they listen," said one of them.

What do the owners want?

They want longer shifts. Their list:

* fewer breaks
* a new roster
* nothing else

READ MORE: Ten strikes that changed ports

Fewer ships, higher prices

Prices rose by a tenth, the chamber said.

Sources: Harbor Wire

Subscribe to our newsletter for daily updates.

Download our app

© 2019 Harbor Gazette. All rights reserved.
"""

THREAD = """The lighthouse will be sold

The town council voted on Monday to sell the lighthouse.

2 thoughts on “The lighthouse will be sold”

  1. Ann Reader says

    First line.
    Second line.

    Second paragraph.

  2. Bob says:

    What a pity.

    1. Cem says

      @Bob: it is only a tower.

      1. Bob says

        It is our tower.

    2. Dora says

      It has been dark for years.

  3. Ann Reader says

    Who buys it?

Leave A Reply

Your email address will not be published.
"""

Article = Callable[..., ArticleRecord]
Parsed = Callable[..., list[Item]]
Comments = Callable[[list[Item]], list[CommentRecord]]


def kinds(pieces: tuple[object, ...]) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in pieces]  # type: ignore[attr-defined]


def furniture(record: ArticleRecord) -> dict[str, str]:
    return {piece.text: piece.kind for piece in record.furniture}


# -- head -------------------------------------------------------------------------------------------------------------


def test_the_head_of_a_page_is_told_apart(article: Article) -> None:
    record = article(FULL)
    assert record.external_id == "harbor"
    assert record.title == "Port strike enters its second week as talks stall"
    assert not record.title_derived
    assert record.section == "Shipping"
    assert record.summary == "Dockers and owners meet again on Thursday."
    assert record.byline == "Jane-Anne Doe"
    assert record.dateline == "HARBOR CITY"
    assert record.published_at == datetime(2019, 11, 26, 10, 15, tzinfo=UTC)
    assert record.modified_at == datetime(2019, 11, 27, 11, 30, tzinfo=timezone(timedelta(hours=1)))


def test_the_body_is_paragraphs_and_sub_headings_and_source_lines_stand_in_the_blocks_alone(article: Article) -> None:
    record = article(FULL)
    assert kinds(record.blocks) == [
        ("paragraph", "HARBOR CITY, Nov 26 (Wire) — Dockers in Harbor City stayed away for an eighth day on Tuesday."),
        ("paragraph", '"We will be back when they listen," said one of them.'),
        ("heading", "What do the owners want?"),
        ("paragraph", "They want longer shifts. Their list:"),
        ("paragraph", "fewer breaks"),
        ("paragraph", "a new roster"),
        ("paragraph", "nothing else"),
        ("heading", "Fewer ships, higher prices"),
        ("paragraph", "Prices rose by a tenth, the chamber said."),
        ("source", "Sources: Harbor Wire"),
    ]
    assert record.body == "\n\n".join(text for kind, text in kinds(record.blocks) if kind != "source")


def test_furniture_is_kept_out_of_the_body_but_kept(article: Article) -> None:
    assert furniture(article(FULL)) == {
        "Skip to content": "navigation",
        "3 min read": "reading_time",
        "Share this article": "sharing",
        "Empty quay": "caption",
        "Cranes stand idle on Monday. (AP Photo/John Smith)": "caption",
        "READ MORE: Ten strikes that changed ports": "related",
        "Subscribe to our newsletter for daily updates.": "subscription",
        "Download our app": "app",
        "© 2019 Harbor Gazette. All rights reserved.": "copyright",
    }


def test_a_section_stands_above_the_headline_and_a_dateline_above_the_body(article: Article) -> None:
    record = article(
        "Politics\n\nMayor eyes further talks with the harbor\n\nMayor and harbor have 'plans', says spokesman\n\n"
        "Elena Example   | 26.11.2019 - Update : 28.11.2019\n"
        "Mayor eyes further talks with the harbor\n\nHARBOR CITY\n\n"
        "The mayor said on Tuesday that talks would go on.\n"
    )
    assert (record.section, record.title) == ("Politics", "Mayor eyes further talks with the harbor")
    assert record.summary == "Mayor and harbor have 'plans', says spokesman"
    assert (record.byline, record.dateline) == ("Elena Example", "HARBOR CITY")
    assert (record.published_at, record.modified_at) == (datetime(2019, 11, 26), datetime(2019, 11, 28))
    assert furniture(record) == {"Mayor eyes further talks with the harbor": "headline_repeat"}
    assert record.body == "The mayor said on Tuesday that talks would go on."


def test_a_site_name_above_the_section_is_furniture(article: Article) -> None:
    record = article("Harbor Gazette\n\nPolitics\n\nMayor wins a second term in office\n\nShe won by ten votes.\n")
    assert (record.section, record.title) == ("Politics", "Mayor wins a second term in office")
    assert furniture(record) == {"Harbor Gazette": "site_name"}


def test_a_page_without_a_headline_takes_its_first_sentence_and_says_so(parsed: Parsed) -> None:
    items = parsed(
        "page", "The ferry was late again, said Mr. Ito of the harbor office. Nobody knew why.\n\nIt rained.\n"
    )
    record = next(item for item in items if isinstance(item, ArticleRecord))
    assert record.title == "The ferry was late again, said Mr. Ito of the harbor office."
    assert record.title_derived
    assert record.body == "The ferry was late again, said Mr. Ito of the harbor office. Nobody knew why.\n\nIt rained."
    assert [item.code for item in items if isinstance(item, Notice)] == ["title_derived", "no_thread"]


def test_a_first_sentence_without_an_end_is_cut_short(article: Article) -> None:
    record = article("word " * 2000 + ".")
    assert len(record.title) == 300
    assert record.title.endswith("…")


def test_a_page_with_nothing_but_furniture_is_rejected(parsed: Parsed) -> None:
    (item,) = parsed("page", "Leave a Reply\nYour email address will not be published.\n")
    assert isinstance(item, Rejected)
    assert item.code == "no_article"


@pytest.mark.parametrize(
    ("line", "name", "published"),
    [
        ("By Ann Lee", "Ann Lee", None),
        ("BY ANN LEE AND BO KO | MAY 3, 2021", "ANN LEE AND BO KO", datetime(2021, 5, 3)),
        ("Ann Lee, Harbor Correspondent", "Ann Lee, Harbor Correspondent", None),
        ("May 3, 2021", "", datetime(2021, 5, 3)),
        ("3 May 2021 16:05 CEST", "", datetime(2021, 5, 3, 16, 5, tzinfo=timezone(timedelta(hours=2)))),
        ("Posted on Monday, Sept. 6th, 2021 at 12:05 am", "", datetime(2021, 9, 6, 0, 5)),
        ("Published: 2021-05-03T10:00:00Z", "", datetime(2021, 5, 3, 10, tzinfo=UTC)),
        ("Ann Lee • 13/05/2021 11.30", "Ann Lee", datetime(2021, 5, 13, 11, 30)),
    ],
)
def test_bylines_and_dates_come_in_many_forms(
    article: Article, line: str, name: str, published: datetime | None
) -> None:
    record = article(f"The harbor is closed for winter\n\n{line}\n\nIce has come to the harbor.\n")
    assert (record.byline, record.published_at) == (name, published)
    assert record.body == "Ice has come to the harbor."


def test_a_date_that_can_be_read_in_two_ways_is_left_open_and_told(parsed: Parsed) -> None:
    page = "The harbor is closed for winter\n\n03/04/2021\n\nIce has come to the harbor.\n"
    items = parsed("page", page)
    assert [item.code for item in items if isinstance(item, Notice)] == ["date_ambiguous", "no_thread"]
    assert next(item for item in items if isinstance(item, ArticleRecord)).published_at is None
    told = parsed("page", page, time_format="%d/%m/%Y")[0]
    assert isinstance(told, ArticleRecord)
    assert told.published_at == datetime(2021, 4, 3)


def test_a_sentence_that_mentions_a_date_is_no_byline(article: Article) -> None:
    record = article("The harbor is closed for winter\n\nOn May 3, 2021 the harbor froze for the first time ever.\n")
    assert (record.byline, record.published_at) == ("", None)
    assert record.body.startswith("On May 3, 2021")


def test_a_date_between_paragraphs_is_a_sub_heading_of_a_timeline(article: Article) -> None:
    record = article("How the strike went on and on\n\nIt began quietly.\n\nMay 3, 2021\n\nThe cranes stopped.\n")
    assert record.published_at is None
    assert kinds(record.blocks) == [
        ("paragraph", "It began quietly."),
        ("heading", "May 3, 2021"),
        ("paragraph", "The cranes stopped."),
    ]


# -- body -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_change_nothing(article: Article, end: str, mark: str) -> None:
    assert article(mark + FULL.replace("\n", end)) == article(FULL)


def test_a_missing_last_line_end_and_blank_lines_change_nothing(article: Article) -> None:
    loose = FULL.rstrip("\n").replace("\n\n", "\n \t\n\n")
    assert article(loose) == article(FULL)


def test_paragraphs_need_no_blank_lines_between_them(article: Article) -> None:
    record = article(
        "Ferry company orders three ships\n\n\nThe company has ordered three ships, it said.\nThey come in spring.\n"
        "“We waited long,” said its head.\n\n\nPlease enter your comment!\nPlease enter your name here"
    )
    assert [kind for kind, _ in kinds(record.blocks)] == ["paragraph"] * 3
    assert set(furniture(record).values()) == {"comment_prompt"}


def test_lines_that_are_wrapped_to_a_width_are_joined(article: Article) -> None:
    record = article(
        "A very long walk along the quay\n\n"
        "The walk along the quay is two miles long and has been closed for\n"
        "most of the winter, because of the ice that the storm of the last\n"
        "week has left on it. It will be open again in the spring, says the\n"
        "town.\n\n"
        "Nobody minds much, for the town has other walks, and they are dry\n"
        "and have benches on them as well.\n"
    )
    assert len(record.blocks) == 2
    assert "closed for most of the winter, because" in record.body


def test_a_list_of_lines_is_no_run_of_sub_headings(article: Article) -> None:
    record = article("What to bring\n\nBring these things.\n\nA rope\n\nA lamp\n\nA map\n\nThat is all.\n")
    assert {kind for kind, _ in kinds(record.blocks)} == {"paragraph"}


@pytest.mark.parametrize(
    "caption",
    [
        "  • The new pier\n  • Wire News\n  • © Ann Lee",
        "* The new pier\n* © Harbor Office",
        "The new pier in May. Ann LEE / AFP",
        "The new pier. Reuters",
        "FILE PHOTO: The new pier is seen from the sea",
        "The new pier [File: Ann Lee/Reuters]",
        "Photo: Ann Lee",
        "The new pier © Ann Lee",
        "Image source, Getty Images",
    ],
)
def test_photo_captions_are_furniture_wherever_they_stand(article: Article, caption: str) -> None:
    record = article(f"A pier for everybody in town\n\nThe pier is open.\n\n{caption}\n\nIt is long.\n")
    assert record.body == "The pier is open.\n\nIt is long."
    assert set(furniture(record).values()) == {"caption"}


def test_a_sub_heading_over_a_photo_stays_a_sub_heading(article: Article) -> None:
    record = article(
        "A pier for everybody in town\n\nThe pier is open.\n\nWhat comes next\n\nA plan. Ann LEE / AFP\n\nIt is long.\n"
    )
    assert ("heading", "What comes next") in kinds(record.blocks)


@pytest.mark.parametrize(
    "sentence",
    [
        "Share prices of the harbor company fell by a tenth on Monday.",
        "He asked the readers to support the harbor with what they have.",
        "She donated her boat and subscribed to no party, she said.",
        "More from the harbor was expected by the end of the day.",
        "Two comments by the mayor were struck from the record.",
        "The app of the harbor office, he told AFP, is slow.",
        "Search parties were sent out at once, the office said.",
    ],
)
def test_sentences_of_the_article_that_sound_like_furniture_stay(article: Article, sentence: str) -> None:
    record = article(
        f"A day at the harbor of our town\n\nIt was a day.\n\n{sentence}\n\nIt ended.\n\nThen it was night.\n"
    )
    assert sentence in record.body


def test_other_encodings_are_read_and_told(parsed: Parsed) -> None:
    page = "A café by the sea for everyone\n\nThe café is open.\n"
    items = parsed("page", page.encode("cp1252"))
    assert [item.code for item in items if isinstance(item, Notice)] == ["encoding_assumed", "no_thread"]
    assert items[0] == parsed("page", page)[0] == parsed("page", page.encode("utf-16"))[0]


@pytest.mark.parametrize(
    "content", [b"", b" \n\n", b"\x7fELF\x02\x01\x00\x00", b"<!DOCTYPE html><p>x", b"<html>x", b"<?xml ?>"]
)
def test_what_is_no_text_of_a_page_is_refused_in_one_line(parsed: Parsed, content: bytes) -> None:
    with pytest.raises(FormatError) as error:
        parsed("page", content)
    assert "\n" not in str(error.value)


# -- thread -----------------------------------------------------------------------------------------------------------


def test_the_numbered_thread_keeps_its_nesting_and_its_words(parsed: Parsed, comments: Comments) -> None:
    thread = comments(parsed("page", THREAD))
    assert [(each.external_id, each.parent_external_id, each.commenter_name, each.raw) for each in thread] == [
        ("1", "", "Ann Reader", "First line.\nSecond line.\n\nSecond paragraph."),
        ("2", "", "Bob", "What a pity."),
        ("2.1", "2", "Cem", "@Bob: it is only a tower."),
        ("2.1.1", "2.1", "Bob", "It is our tower."),
        ("2.2", "2", "Dora", "It has been dark for years."),
        ("3", "", "Ann Reader", "Who buys it?"),
    ]
    assert all(each.numbered and each.text_format == "plain" for each in thread)


def test_what_follows_the_thread_is_furniture_and_no_comment(article: Article) -> None:
    record = article(THREAD)
    assert furniture(record) == {
        "2 thoughts on “The lighthouse will be sold”": "comments_heading",
        "Leave A Reply": "comment_prompt",
        "Your email address will not be published.": "comment_prompt",
    }
    assert record.body == "The town council voted on Monday to sell the lighthouse."


def test_names_with_a_time_under_them_are_comments_without_numbers(parsed: Parsed, comments: Comments) -> None:
    page = (
        "The lighthouse will be sold\n\nThe council voted.\n\n"
        "Ann Reader says:\nMay 3, 2021 at 4:05 pm\nWhy?\nReply\n\n"
        "    Bob says:\n    May 3, 2021 at 4:15 pm (Edit)\n    Money.\n\n    Much of it.\n    Log in to Reply\n\n"
        "Cem on May 4, 2021 at 9:00 am said:\nReply to all of you:\nthink!\nLike\nReply\n\n"
        "Leave a Reply\nYour email address will not be published. Required fields are marked *\n"
    )
    thread = comments(parsed("page", page))
    assert [(each.external_id, each.parent_external_id, each.raw, each.created_at) for each in thread] == [
        ("1", "", "Why?", datetime(2021, 5, 3, 16, 5)),
        ("1.1", "1", "Money.\n\nMuch of it.", datetime(2021, 5, 3, 16, 15)),
        ("2", "", "Reply to all of you:\nthink!", datetime(2021, 5, 4, 9, 0)),
    ]


def test_an_article_that_says_says_has_no_thread(parsed: Parsed, comments: Comments) -> None:
    page = "What the mayor says\n\nThe mayor says:\n\nWe shall see.\n\n1. The mayor says he will go.\n\nHe went.\n"
    assert comments(parsed("page", page)) == []


def test_numbers_that_start_anew_get_ids_of_their_own(parsed: Parsed, comments: Comments) -> None:
    page = "A title for this page\n\nA body.\n\n1. Ann says\n\none\n\n1. Bob says\n\ntwo\n\n7. Cem says\n\nthree\n"
    assert [each.external_id for each in comments(parsed("page", page))] == ["1", "2", "7"]


def test_numbers_that_are_paths_are_taken_as_they_are(parsed: Parsed, comments: Comments) -> None:
    page = "A title for this page\n\nA body.\n\n1. Ann says\n\none\n\n1.1. Bob says\n\ntwo\n\n1.1.1 Cem says\n\nthree\n"
    page = page.replace("1.1.1 Cem", "1.1.1) Cem")
    thread = comments(parsed("page", page))
    assert [(each.external_id, each.parent_external_id) for each in thread] == [
        ("1", ""),
        ("1.1", "1"),
        ("1.1.1", "1.1"),
    ]


@pytest.mark.parametrize("raw", ["Like", "+1", "!!!", "  Share\n    this", "Quote\n\n    me"])
def test_short_comments_that_look_like_buttons_are_kept(parsed: Parsed, comments: Comments, raw: str) -> None:
    page = f"A title for this page\n\nA body.\n\n  1. Ann says\n\n    {raw.strip()}\n"
    (comment,) = comments(parsed("page", page))
    assert comment.raw.split() == raw.split()


def test_a_comment_without_words_is_rejected_with_its_line_and_the_others_stay(
    parsed: Parsed, comments: Comments
) -> None:
    page = "A title for this page\n\nA body.\n\n  1. Ann says\n\n  2. Bob says\n\n    two\n"
    items = parsed("page", page)
    assert [(item.line, item.field, item.code) for item in items if isinstance(item, Rejected)] == [
        (5, "text", "blank")
    ]
    assert [each.external_id for each in comments(items)] == ["2"]


# -- any page ---------------------------------------------------------------------------------------------------------

LINES = st.sampled_from([*FULL.split("\n"), *THREAD.split("\n"), "    1. X says", "MOSCOW", "By", "31/02/2020 99:99"])


@given(st.lists(LINES | st.text(max_size=80), max_size=30))
def test_any_lines_give_records_or_one_clear_refusal(parsed: Parsed, lines: list[str]) -> None:
    content = "\n".join(lines).encode(errors="surrogatepass")
    try:
        items = parsed("page", content)
    except FormatError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    ids = [item.external_id for item in items if isinstance(item, CommentRecord)]
    assert len(ids) == len(set(ids))


@given(st.binary(max_size=400))
def test_any_bytes_give_records_or_one_clear_refusal(parsed: Parsed, content: bytes) -> None:
    try:
        assert parsed("page", content)
    except FormatError as error:
        assert "\n" not in str(error)  # noqa: PT017


@given(st.integers(0, len(THREAD)))
def test_a_page_that_is_cut_off_keeps_the_comments_before_the_cut(
    parsed: Parsed, comments: Comments, length: int
) -> None:
    whole = comments(parsed("page", THREAD))
    try:
        kept = comments(parsed("page", THREAD[:length]))
    except FormatError:
        assert not THREAD[:length].strip()
        return
    assert [each.raw for each in kept[:-1]] == [each.raw for each in whole[: max(0, len(kept) - 1)]]


# -- threads of other forms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", THREADS)
def test_the_threads_of_themes_and_comment_systems_are_read(parsed: Parsed, comments: Comments, form: str) -> None:
    text, told = THREADS[form]
    items = parsed("page", text)
    assert [(each.commenter_name, each.raw) for each in comments(items)] == told
    article = items[0]
    assert isinstance(article, ArticleRecord)
    assert article.title == "The ferry is late again"
    assert article.body.endswith("his own coffee.")


@pytest.mark.parametrize("form", NO_THREADS)
def test_menus_links_and_author_boxes_are_no_threads(parsed: Parsed, comments: Comments, form: str) -> None:
    items = parsed("page", NO_THREADS[form])
    assert comments(items) == []
    assert [each.code for each in items if isinstance(each, Notice)][-1] in {"no_thread", "comments_unread"}


def test_a_page_that_announces_comments_of_which_none_is_read_is_told(parsed: Parsed) -> None:
    text = f"{ARTICLE}3 Comments\n\n>> Ann wrote\nLate.\n"
    notice = next(each for each in parsed("page", text) if isinstance(each, Notice))
    assert (notice.code, notice.line) == ("comments_unread", 9)
    assert "3 comments" in notice.reason


def test_a_relative_time_is_no_moment_and_is_told(parsed: Parsed, comments: Comments) -> None:
    items = parsed("page", THREADS["disqus"][0])
    assert [each.created_at for each in comments(items)] == [None, None]
    assert [each.code for each in items if isinstance(each, Notice)] == ["no_time"]
