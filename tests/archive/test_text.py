"""Plain text of HTML: no word lost, none joined, nothing of the markup left."""

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.text import plain_text, text_digest

WORDS = st.lists(st.from_regex(r"[a-zçğışöü0-9]{1,8}", fullmatch=True), min_size=1, max_size=12)
TAGS = st.sampled_from(
    ["p", "div", "b", "i", "a", "span", "li", "ul", "td", "tr", "table", "h2", "blockquote", "pre", "frameset", "body"]
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<p>One <b>wo</b>rd &amp; more<br>next line</p>\n\n<p>second</p>", "One word & more\nnext line\nsecond"),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("<td>a</td><td>b</td>", "a\nb"),
        ("a<script>alert(1)</script>b<style>p{}</style>", "ab"),
        ("<p>x<!-- hidden -->y</p>", "xy"),
        ("5 &lt; 6 and &#x1f600;&nbsp;ok", "5 < 6 and 😀 ok"),
        ("<frameset>not lost", "not lost"),
        ("&#55357;&#56832; <p>&#xD83D;&#XDE00;</p>", "😀\n😀"),
        ("half &#55357; of one, &#56832;&#55357; turned", "half \ufffd of one, \ufffd\ufffd turned"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<p>  many \n\n spaces\t</p>", "many spaces"),
        ("", ""),
    ],
)
def test_markup_goes_and_words_stay(raw: str, text: str) -> None:
    assert plain_text(raw, "html") == text


PLAIN_MARKUP = st.lists(
    st.sampled_from(
        [
            "<b>", "</b>", "<p>", "</p>", "<P class=x>", "<br>", "<br/>", "<a href=\"x?a=1&amp;b=2\" rel='y'>", "</a>",
            "<li>", "</ul>", "<blockquote cite = z >", "<H2>", "</h3>", "<img alt=\"none\">", "&am", "p;", "&lt;",
            "&#8220;", "&copy", "word", " ", "\n", "\r\n", "é", "\xa0", "<", ">", "x<y", "<!-- no -->", "\"", "</div",
        ]
    ),
    max_size=12,
)  # fmt: skip


@given(PLAIN_MARKUP)
def test_the_short_way_through_simple_markup_ends_where_the_parser_does(pieces: list[str]) -> None:
    raw = "".join(pieces)
    # An element that the short way leaves to the parser, and that adds nothing.
    assert plain_text(raw, "html") == plain_text(f"<x-long>{raw}", "html")


def test_html_without_blocks_keeps_the_line_breaks_that_its_writer_typed() -> None:
    assert plain_text("one\r\ntwo <em>three</em>\n\n\nfour", "html") == "one\ntwo three\nfour"


def test_plain_text_stays_exactly_as_it_came() -> None:
    raw = " <b>not markup</b> &amp;\r\n\tend "
    assert plain_text(raw, "plain") is raw


@given(WORDS, st.data())
def test_no_tag_between_two_words_joins_or_loses_them(words: list[str], data: st.DataObject) -> None:
    raw = "".join(f"<{data.draw(TAGS)}> {html.escape(word)} </{data.draw(TAGS)}>" for word in words)
    assert plain_text(raw, "html").split() == words


@given(WORDS, TAGS.filter(lambda tag: tag not in {"b", "i", "a", "span"}))
def test_a_block_parts_words_that_have_no_space_between_them(words: list[str], tag: str) -> None:
    raw = "".join(f"<{tag}>{word}</{tag}>" for word in words)
    assert plain_text(raw, "html").split() == words


@given(st.text(max_size=300))
def test_any_text_can_be_told_and_has_no_blank_ends(raw: str) -> None:
    text = plain_text(raw, "html")
    assert text == text.strip("\n ")
    assert "\n\n" not in text


@pytest.mark.parametrize(
    "piece", ["<div>", "<b>", "<a><b><p>", "<table><tr><td>", "<svg>", "<", "<!--", "&amp;", "<select>"]
)
def test_a_crafted_text_of_the_largest_size_takes_no_time_to_speak_of(piece: str) -> None:
    begun = time.process_time()
    plain_text((piece * 100_000)[:102_400] + "end", "html")
    assert time.process_time() - begun < 2


def test_the_digest_is_the_sha_256_of_the_text_in_utf_8() -> None:
    assert text_digest("ş") == "ef6e788bf4e810d939be09c13bd226c4e98be8045356acfaf28db8bac285917b"
    assert text_digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
