"""WordPress and Disqus exports: what each record means, and every way of being broken that real files know."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers import FORMATS, format_detect
from archive.importers.records import (
    ArticleRecord,
    CommentRecord,
    FormatError,
    ImportSource,
    Item,
    Notice,
    Rejected,
    StoppedError,
)
from archive.importers.xml import export, fragments

Parsed = Callable[..., list[Item]]
Comments = Callable[[list[Item]], list[CommentRecord]]

ROOT = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">'
)
HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- An <item> in a comment is none. -->
{ROOT}
<channel>
<title>Harbor Gazette</title>
<link>https://gazette.example</link>
<language>en-US</language>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>ann</wp:author_login>
<wp:author_display_name><![CDATA[Ann Lee]]></wp:author_display_name></wp:author>
"""
FOOT = "</channel>\n</rss>\n"


def comment(number: int, text: str = "<![CDATA[text]]>", **fields: str) -> str:
    values = {
        "comment_id": str(number),
        "comment_author": "<![CDATA[Bo]]>",
        "comment_author_email": "bo@gazette.example",
        "comment_author_IP": "192.0.2.7",
        "comment_date": "2021-05-03 12:00:00",
        "comment_date_gmt": "2021-05-03 10:00:00",
        "comment_content": text,
        "comment_approved": "1",
        "comment_type": "",
        "comment_parent": "0",
        "comment_user_id": "0",
        **fields,
    }
    return (
        "<wp:comment>\n"
        + "".join(f"<wp:{name}>{value}</wp:{name}>\n" for name, value in values.items())
        + "</wp:comment>\n"
    )


def item(number: int, *comments: str, **fields: str) -> str:
    values = {
        "title": f"Post {number}",
        "link": f"https://gazette.example/{number}",
        "dc:creator": "ann",
        "content:encoded": "<![CDATA[Body.]]>",
        "wp:post_id": str(number),
        "wp:post_date": "2021-05-01 10:00:00",
        "wp:post_date_gmt": "2021-05-01 08:00:00",
        "wp:status": "publish",
        "wp:post_type": "post",
        **{name.replace("__", ":"): value for name, value in fields.items()},
    }
    return (
        "<item>\n"
        + "".join(f"<{name}>{value}</{name}>\n" for name, value in values.items())
        + "".join(comments)
        + "</item>\n"
    )


def wxr(*items: str) -> str:
    return HEAD + "".join(items) + FOOT


def read(parsed: Parsed, content: str | bytes, form: str = "wxr") -> tuple[list[Item], str]:
    """Returns what is yielded before the file stops, and why it stopped."""
    data = content.encode() if isinstance(content, str) else content
    items: list[Item] = []
    try:
        for each in FORMATS[form].parse(ImportSource(stream=io.BytesIO(data), stem="x")):
            items.append(each)
    except StoppedError as error:
        return items, str(error)
    return items, ""


def codes(items: list[Item]) -> list[tuple[int | None, str]]:
    return [(each.line, each.code) for each in items if isinstance(each, Rejected | Notice)]


# -- what records mean ------------------------------------------------------------------------------------------------


def test_a_post_is_an_article_with_its_author_dates_section_body_and_captions(parsed: Parsed) -> None:
    body = (
        '<![CDATA[<!-- wp:heading --><h2 class="x">Why &amp; how</h2><!-- /wp:heading -->\n'
        'First line.\nSecond <b>line</b>.\n\n[gallery ids="1,2"]\n'
        '[caption id="a" width="3"]<img src="x"> A pier[/caption]\n'
        "<figure><img><figcaption>A ship</figcaption></figure>\n<p>He said [sic] so.</p>]]>"
    )
    section = (
        '<category domain="post_tag" nicename="t"><![CDATA[Tag]]></category>'
        '<category domain="category" nicename="town"><![CDATA[Town]]></category>'
    )
    text = wxr(
        item(7, content__encoded=body, title="<![CDATA[Ships &amp; piers]]>").replace("</item>", section + "</item>")
    )
    (record,) = parsed("wxr", text)
    assert isinstance(record, ArticleRecord)
    assert (record.external_id, record.url, record.source) == ("7", "https://gazette.example/7", "gazette.example")
    assert (record.title, record.byline, record.section, record.language) == (
        "Ships & piers",
        "Ann Lee",
        "Town",
        "en-US",
    )
    assert record.published_at == datetime(2021, 5, 1, 8, tzinfo=UTC)
    assert [(block.kind, block.text) for block in record.blocks] == [
        ("heading", "Why & how"),
        ("paragraph", "First line."),
        ("paragraph", "Second line."),
        ("paragraph", "He said [sic] so."),
    ]
    assert [piece.text for piece in record.furniture] == ["A pier", "A ship"]


def test_a_comment_keeps_its_html_its_thread_its_time_and_its_writer(parsed: Parsed, comments: Comments) -> None:
    text = wxr(
        item(
            1,
            comment(4, "<![CDATA[One <b>two</b>\nthree]]>"),
            comment(5, comment_parent="4", comment_user_id="9"),
            comment(6),
        )
    )
    first, reply, _ = comments(parsed("wxr", text))
    assert (first.external_id, first.raw, first.text_format) == ("4", "One <b>two</b>\nthree", "html")
    assert first.created_at == datetime(2021, 5, 3, 10, tzinfo=UTC)
    assert (first.commenter_name, first.commenter_external_id, first.email, first.ip) == (
        "Bo",
        "",
        "bo@gazette.example",
        "192.0.2.7",
    )
    assert (reply.parent_external_id, reply.commenter_external_id) == ("4", "user:9:Bo")
    assert reply.article.external_id == "1"


@pytest.mark.parametrize(
    ("approved", "state"),
    [
        ("1", "published"),
        ("0", "unapproved"),
        ("hold", "unapproved"),
        ("spam", "spam"),
        ("trash", "deleted"),
        ("post-trashed", "deleted"),
        ("odd", "unapproved"),
    ],
)
def test_each_state_of_wordpress_is_a_state_of_origin(
    parsed: Parsed, comments: Comments, approved: str, state: str
) -> None:
    (record,) = comments(parsed("wxr", wxr(item(1, comment(1, comment_approved=approved)))))
    assert record.origin_state == state


NOT_PUBLIC = (
    item(2, wp__post_type="nav_menu_item"),
    item(3, comment(4), wp__status="draft"),
    item(4, comment(5), wp__post_type="attachment", wp__status="inherit"),
    item(5, comment(6), wp__post_password="<![CDATA[tide]]>"),
    item(6, wp__post_type="feedback"),
    item(7, wp__post_type="feedback", wp__status="spam"),
    item(8, comment(7, comment_type="order_note"), wp__post_type="shop_order", wp__status="wc-completed"),
    item(9, wp__post_type="topic", wp__status="closed"),
    item(10, comment(8), wp__status="private"),
)


def test_what_is_no_public_post_or_page_is_left_out_with_its_comments_and_counted(parsed: Parsed) -> None:
    kinds = [comment(1, comment_type="pingback"), comment(2, comment_type="trackback"), comment(3)]
    items = parsed("wxr", wxr(item(1, *kinds), *NOT_PUBLIC, item(11, wp__post_type="page")))
    assert [each.external_id for each in items if isinstance(each, ArticleRecord)] == ["1", "11"]
    assert [each.external_id for each in items if isinstance(each, CommentRecord)] == ["3"]
    notice = items[-1]
    assert isinstance(notice, Notice)
    assert notice.counts == {
        "pingback": 1, "trackback": 1, "nav_menu_item (publish)": 1, "post (draft)": 1, "attachment (inherit)": 1,
        "post (password)": 1, "feedback (publish)": 1, "feedback (spam)": 1, "order_note": 1,
        "shop_order (wc-completed)": 1, "topic (closed)": 1, "post (private)": 1, "comment on what was left out": 4,
    }  # fmt: skip
    assert "1 shop_order (wc-completed)" in notice.reason


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"topic"}, ["9"]),
        ({"feedback"}, ["6"]),
        ({"feedback:spam"}, ["7"]),
        ({"shop_order"}, ["8"]),
        ({"post"}, []),
        ({"post:private", "post:password"}, ["5", "10"]),
        ({"attachment:inherit"}, ["4"]),
    ],
)
def test_other_types_and_states_come_in_if_they_are_asked_for(
    parsed: Parsed, asked: set[str], found: list[str]
) -> None:
    items = parsed("wxr", wxr(*NOT_PUBLIC), post_types=frozenset(asked))
    assert [each.external_id for each in items if isinstance(each, ArticleRecord)] == found


def test_a_broken_item_whose_password_was_not_reached_is_no_public_article(parsed: Parsed) -> None:
    text = item(1, wp__broken="<b>&", wp__post_password="tide")
    items = parsed("wxr", wxr(text.replace("<wp:broken>", "<wp:broken><<")))
    assert not [each for each in items if isinstance(each, ArticleRecord)]


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://News.example/sport/", "news.example/sport"),
        ("https://news.example", "news.example"),
        ("https://news.example/a/b?x=1", "news.example/a/b"),
    ],
)
def test_blogs_of_one_host_are_sources_of_their_own(parsed: Parsed, address: str, source: str) -> None:
    blog = f"<wp:base_blog_url>{address}</wp:base_blog_url>"
    (article,) = parsed("wxr", wxr(item(1)).replace("<wp:wxr_version>", blog + "<wp:wxr_version>"))
    assert isinstance(article, ArticleRecord)
    assert (article.source, article.site) == (source, source)


def test_posts_that_share_the_number_0_are_told_apart_by_their_links(parsed: Parsed, comments: Comments) -> None:
    items = parsed(
        "wxr", wxr(item(0, comment(1), link="https://g.example/a"), item(0, comment(1), link="https://g.example/b"))
    )
    assert [each.article.external_id for each in comments(items)] == ["https://g.example/a", "https://g.example/b"]


def test_each_forum_of_a_disqus_export_is_a_source(parsed: Parsed) -> None:
    threads = "".join(
        f'<thread dsq:id="{n}"><forum>{forum}</forum><link>https://{forum}.example/</link><title>T</title></thread>'
        for n, forum in enumerate(("pier", "quay"))
    )
    post = '<post dsq:id="7"><message>x</message><createdAt>2021-05-03T10:00:00Z</createdAt><thread dsq:id="1"/></post>'
    root = '<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">'
    items = parsed("disqus", f"{root}{threads}{post}</disqus>")
    assert [each.source for each in items if isinstance(each, ArticleRecord | CommentRecord)] == [
        "pier",
        "quay",
        "quay",
    ]


def test_a_missing_utc_time_leaves_the_local_one_to_the_source(parsed: Parsed, comments: Comments) -> None:
    (record,) = comments(parsed("wxr", wxr(item(1, comment(1, comment_date_gmt="0000-00-00 00:00:00")))))
    assert record.created_at == datetime(2021, 5, 3, 12)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("wxr", wxr(item(1, comment(1, comment_date_gmt="2021-13-45 99:00:00", comment_date="soon")))),
        ("disqus", '<disqus xmlns:dsq="d"><post dsq:id="1"><message>x</message><thread dsq:id="2"/></post></disqus>'),
    ],
)
def test_a_comment_without_a_time_that_can_be_read_is_kept_and_told(
    parsed: Parsed, comments: Comments, form: str, text: str
) -> None:
    items = parsed(form, text)
    assert [each.created_at for each in comments(items)] == [None]
    assert [each.code for each in items if isinstance(each, Notice)] == ["no_time"]


@pytest.mark.parametrize("version", ["1.0", "1.1", "9.9"])
def test_the_version_and_its_namespace_do_not_matter(parsed: Parsed, version: str) -> None:
    text = wxr(item(1, comment(1)))
    other = text.replace("export/1.2", f"export/{version}").replace("<wp:wxr_version>1.2</wp:wxr_version>", "")
    bare = other.replace(f' xmlns:wp="http://wordpress.org/export/{version}/"', "")
    assert (
        [type(each) for each in parsed("wxr", other)]
        == [type(each) for each in parsed("wxr", bare)]
        == [ArticleRecord, CommentRecord]
    )


def test_an_item_without_an_id_is_known_by_its_link(parsed: Parsed) -> None:
    text = wxr(
        item(1).replace("<wp:post_id>1</wp:post_id>", ""),
        item(2).replace("<wp:post_id>2</wp:post_id>", "").replace("link>", "x>"),
    )
    items = parsed("wxr", text)
    assert [each.external_id for each in items if isinstance(each, ArticleRecord)] == ["https://gazette.example/1"]
    assert [each.code for each in items if isinstance(each, Rejected)] == ["required"]


DISQUS = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<category dsq:id="1"><forum>harbor</forum><title>Town</title></category>
<thread dsq:id="2"><id>x</id><forum>harbor</forum><category dsq:id="1"/><link>https://harbor.example/ferry</link>
<title>Ferry &amp; pier</title><message/><createdAt>2012-12-12T12:12:12Z</createdAt>
<author><name>Ann</name></author></thread>
<thread dsq:id="3"/>
<post dsq:id="4"><id/><message><![CDATA[<p>One.</p><p>Two.</p>]]></message><createdAt>2013-10-10T19:20:29Z</createdAt>
<isDeleted>false</isDeleted><isSpam>false</isSpam><author><email>bo@harbor.example</email><name>Bo</name>
<isAnonymous>false</isAnonymous><username>bo1</username></author>
<ipAddress>192.0.2.7</ipAddress><thread dsq:id="2"/></post>
<post dsq:id="5"><message>Reply</message><createdAt>2013-10-11T19:20:29Z</createdAt><isDeleted>false</isDeleted>
<isSpam>true</isSpam><author><name>Cem</name><isAnonymous>true</isAnonymous><username>guest</username></author>
<thread dsq:id="2"/><parent dsq:id="4"/></post>
<post dsq:id="6"><message/><isDeleted>true</isDeleted><isSpam>false</isSpam><author/><thread dsq:id="1337"/></post>
<post dsq:id="7"><message>x</message></post>
</disqus>
"""


def test_disqus_threads_are_articles_and_its_posts_comments(parsed: Parsed, comments: Comments) -> None:
    items = parsed("disqus", DISQUS)
    ferry, bare = (each for each in items if isinstance(each, ArticleRecord))
    assert (ferry.external_id, ferry.source, ferry.title, ferry.section) == ("2", "harbor", "Ferry & pier", "Town")
    assert (ferry.url, ferry.published_at) == (
        "https://harbor.example/ferry",
        datetime(2012, 12, 12, 12, 12, 12, tzinfo=UTC),
    )
    assert (bare.external_id, bare.title) == ("3", "")
    one, two, gone = comments(items)
    assert (one.raw, one.commenter_external_id, one.commenter_name) == ("<p>One.</p><p>Two.</p>", "bo1", "Bo")
    assert (two.parent_external_id, two.origin_state, two.commenter_external_id) == ("4", "spam", "")
    assert (gone.origin_state, gone.raw, gone.article.external_id) == ("deleted", "", "1337")
    assert [each.code for each in items if isinstance(each, Rejected)] == ["no_article"]


def test_namespaces_may_be_bound_to_any_prefix(
    parsed: Parsed, comments: Comments, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "<![CDATA[I wrote <wp2:x> and a < b.]]>"
    text = wxr(item(1, comment(1, body), comment(2, comment_parent="1")), item(2, comment(3)))
    whole = parsed("wxr", text)
    other = text
    for usual, prefix in (("wp", "ns1"), ("content", "c-0"), ("dc", "ns10")):
        other = other.replace(f"xmlns:{usual}=", f"xmlns:{prefix}=").replace(f"{usual}:", f"{prefix}:")
    assert parsed("wxr", other) == whole
    for size in (1, 7, 64):
        monkeypatch.setattr(fragments, "_READ", size)
        monkeypatch.setattr("archive.importers.xml.export.HEAD_BYTES", len(HEAD))
        assert parsed("wxr", other) == whole
    posts = (
        DISQUS.replace("xmlns:dsq=", "xmlns:ns1=")
        .replace("dsq:", "ns1:")
        .replace("xmlns=", "xmlns:ns0=")
        .replace("<disqus ", "<ns0:disqus ")
    )
    for name in (
        "disqus>",
        "category",
        "thread",
        "post",
        "message",
        "author",
        "parent",
        "forum",
        "title",
        "link",
        "id",
        "id/",
    ):
        posts = posts.replace(f"<{name}>", f"<ns0:{name}>").replace(f"<{name} ", f"<ns0:{name} ")
        posts = posts.replace(f"<{name}/>", f"<ns0:{name}/>").replace(f"</{name}>", f"</ns0:{name}>")
    posts = posts.replace("</disqus>", "</ns0:disqus>")
    assert parsed("disqus", posts) == parsed("disqus", DISQUS)
    assert format_detect(posts.encode(), ImportSource(stream=None, stem="x")) == "disqus"  # type: ignore[arg-type]


# -- broken files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("<![CDATA[no end", "no end"),
        ("<![CDATA[one ]]> too many]]>", "one ]]> too many"),
        ("<![CDATA[split ]]]]><![CDATA[> right]]>", "split ]]> right"),
        ("<![CDATA[]]>x", "x"),
        ("a &nbsp; b &amp; c &eacute; &bogus; AT&T", "a \xa0 b & c é &bogus; AT&T"),
        ("bell \x07 &#7; end", "bell   end"),
        ("3 < 4", "3 < 4"),
        ("&#55357;&#56832; &#xD83D;&#xDE00;", "😀 😀"),
        ("name \U0001f600 \U00010400", "name \U0001f600 \U00010400"),
    ],
)
def test_slips_that_exports_are_known_for_are_mended(parsed: Parsed, comments: Comments, text: str, raw: str) -> None:
    items = parsed("wxr", wxr(item(1, comment(1), comment(2, text), comment(3)), item(2, comment(4))))
    assert [(each.external_id, each.article.external_id) for each in comments(items)] == [
        ("1", "1"),
        ("2", "1"),
        ("3", "1"),
        ("4", "2"),
    ]
    assert comments(items)[1].raw == raw


@pytest.mark.parametrize(
    "broken",
    [
        comment(2).replace("</wp:comment_date>", ""),
        comment(2).replace("</wp:comment>", "").replace("<wp:comment_id>", "<wp:comment_id"),
        comment(2).replace("<wp:comment_author>", "<wp:comment_author"),
        comment(2, "<b>open</i>"),
    ],
)
def test_a_broken_comment_costs_only_itself(parsed: Parsed, comments: Comments, broken: str) -> None:
    items = parsed("wxr", wxr(item(1, comment(1), broken, comment(3)), item(2, comment(4))))
    kept = {(each.external_id, each.article.external_id) for each in comments(items)}
    assert {("1", "1"), ("3", "1"), ("4", "2")} <= kept
    assert len([each for each in items if isinstance(each, Rejected)]) == 1


def test_a_comment_whose_end_tag_is_lost_is_kept_and_told(parsed: Parsed, comments: Comments) -> None:
    items = parsed("wxr", wxr(item(1, comment(1).replace("</wp:comment>", ""), comment(2))))
    assert [each.external_id for each in comments(items)] == ["1", "2"]


def test_a_broken_article_is_kept_up_to_its_fault_where_that_comes_late(parsed: Parsed, comments: Comments) -> None:
    broken = item(1, comment(1), comment(2)).replace("</wp:post_type>", "</wp:post_type>\n<category>x</y>", 1)
    items = parsed("wxr", wxr(broken, item(2, comment(3))))
    kept = next(each for each in items if isinstance(each, ArticleRecord))
    assert (kept.title, kept.body) == ("Post 1", "Body.")
    pairs = [(each.external_id, each.article.external_id) for each in comments(items)]
    assert pairs == [("1", "1"), ("2", "1"), ("3", "2")]
    assert [each.code for each in items if isinstance(each, Notice)] == ["kept_in_part"]


def test_a_broken_article_is_rejected_and_its_comments_still_find_it(parsed: Parsed, comments: Comments) -> None:
    broken = item(1, comment(1), comment(2)).replace("</title>", "")
    items = parsed("wxr", wxr(item(9), broken, item(2, comment(3))))
    assert [(each.external_id, each.article.external_id) for each in comments(items)] == [
        ("1", "1"),
        ("2", "1"),
        ("3", "2"),
    ]
    assert len([each for each in items if isinstance(each, Rejected)]) == 1


def test_comments_of_an_article_that_cannot_be_named_are_rejected_and_go_to_no_other(
    parsed: Parsed, comments: Comments
) -> None:
    lost = item(1, comment(1)).replace("</title>", "").replace("wp:post_id", "x").replace("link>", "y>")
    items = parsed("wxr", wxr(item(9), lost, item(2, comment(3))))
    assert [each.external_id for each in comments(items)] == ["3"]
    assert [each.code for each in items if isinstance(each, Rejected)] == ["not_well_formed", "no_article"]


@pytest.mark.parametrize(
    "stray", [b"\n\n  ", b"<br />\nWarning: x in y on line 3\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf junk \n"]
)
def test_stray_bytes_before_the_xml_cost_nothing(parsed: Parsed, stray: bytes) -> None:
    text = wxr(item(1, comment(1)))
    kinds = [type(each) for each in parsed("wxr", stray + text.encode()) if not isinstance(each, Notice)]
    assert kinds == [ArticleRecord, CommentRecord]


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("UTF-8", "cp1252"),
        ("ISO-8859-1", "utf-8"),
        ("windows-1254", "windows-1254"),
        ("nonsense-9", "cp1252"),
        ("UTF-8", "utf-16"),
    ],
)
def test_an_encoding_that_the_header_lies_about_is_seen_through(
    parsed: Parsed, comments: Comments, declared: str, actual: str
) -> None:
    word = "dağ" if "1254" in actual else "café"
    text = wxr(item(1, comment(1, f"<![CDATA[{word}]]>"))).replace("UTF-8", declared)
    (record,) = comments(parsed("wxr", text.encode(actual)))
    assert record.raw == word


def test_an_odd_byte_in_a_text_that_is_utf_8_is_marked_and_told(parsed: Parsed, comments: Comments) -> None:
    data = wxr(item(1, comment(1, "<![CDATA[üç öğün çay @]]>"))).encode().replace(b"@", b"\xff")
    items = parsed("wxr", data)
    assert comments(items)[0].raw == "üç öğün çay \ufffd"
    assert [each.code for each in items if isinstance(each, Notice)] == ["bytes_replaced"]


BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("root", ["rss", "disqus"])
@pytest.mark.parametrize(
    "doctype",
    [
        BOMB,
        '<!DOCTYPE rss SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE rss PUBLIC "x" "http://evil.example/x.dtd">',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entity_bombs_and_external_entities_are_refused(parsed: Parsed, root: str, doctype: str) -> None:
    text = wxr(item(1, comment(1, "&b;"))) if root == "rss" else DISQUS
    with pytest.raises(FormatError, match="refused"):
        parsed("wxr" if root == "rss" else "disqus", text.replace("<" + root, doctype + "<" + root, 1))


def test_entities_that_are_declared_further_down_are_never_expanded(parsed: Parsed, comments: Comments) -> None:
    items = parsed("wxr", wxr(item(1, comment(1)), BOMB, item(2, comment(2, BOMB + "&b;"), comment(3, "&b;"))))
    assert [each.external_id for each in comments(items)] in (["1", "3"], ["1", "2", "3"])
    assert all("aaaa" not in each.raw or "ENTITY" in each.raw for each in comments(items))


@pytest.mark.parametrize("content", ["", "<rss>", "<html><rss/>", "{}", "<disqus", "plain", "<feed/>"])
@pytest.mark.parametrize("form", ["wxr", "disqus"])
def test_what_is_no_such_export_is_refused_or_stops_at_once(parsed: Parsed, content: str, form: str) -> None:
    try:
        items, why = read(parsed, content, form)
    except FormatError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert not [each for each in items if isinstance(each, ArticleRecord | CommentRecord)]
        assert why


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (wxr(), "wxr"),
        ("Notice: x\n" + wxr(), "wxr"),
        (wxr().encode("utf-16"), "wxr"),
        (DISQUS, "disqus"),
        ("\ufeff" + DISQUS, "disqus"),
        ('{"text": "<rss <wp: <disqus"}\n', "jsonl"),
        ("A page about the <rss> and <wp: elements of exports\n\nIt has a body.\n", "page"),
    ],
)
def test_content_picks_the_format_whatever_stands_before_it(content: str | bytes, name: str) -> None:
    data = content.encode() if isinstance(content, str) else content
    assert format_detect(data, ImportSource(stream=None, stem="x")) == name  # type: ignore[arg-type]


def test_records_are_found_however_the_bytes_arrive(monkeypatch: pytest.MonkeyPatch, parsed: Parsed) -> None:
    text = wxr(item(1, comment(1), comment(2, "<![CDATA[</wp:comment> <item> ]]>")), item(2, comment(3)))
    whole = parsed("wxr", text)
    for size in (1, 7, 64):
        monkeypatch.setattr(fragments, "_READ", size)
        monkeypatch.setattr("archive.importers.xml.export.HEAD_BYTES", len(HEAD))
        assert parsed("wxr", text) == whole


def test_a_record_that_is_far_too_large_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, parsed: Parsed, comments: Comments
) -> None:
    monkeypatch.setattr(fragments, "MAX_FRAGMENT_BYTES", 20_000)
    monkeypatch.setattr(fragments, "_READ", 1_000)
    text = wxr(item(1, comment(1), comment(2, "x" * 100_000), comment(3)), item(2, comment(4)))
    items = parsed("wxr", text)
    assert {each.external_id for each in comments(items)} == {"1", "3", "4"}
    assert "too_large" in [each.code for each in items if isinstance(each, Rejected)]


# -- any damage -------------------------------------------------------------------------------------------------------

SOUND = wxr(item(1, comment(1), comment(2)), item(2, comment(3), comment(4)), item(3)).encode()
BEGINS = [at for at in range(len(HEAD), len(SOUND)) if SOUND.startswith((b"<wp:comment>", b"<item>"), at)]


def names(items: list[Item]) -> list[tuple[str, str, str]]:
    """Returns what can be told of good records: kind, id and article."""
    found = []
    for each in items:
        if isinstance(each, ArticleRecord):
            found.append(("article", each.external_id, each.title))
        elif isinstance(each, CommentRecord):
            found.append(("comment", each.external_id, each.article.external_id))
    return found


@given(st.integers(len(HEAD), len(SOUND)))
def test_a_file_that_is_cut_off_keeps_every_record_before_the_cut_and_says_where_it_stopped(
    parsed: Parsed, at: int
) -> None:
    items, why = read(parsed, SOUND[:at])
    whole, _ = read(parsed, SOUND)
    # An article is whole once the tag of its first comment, or its own end tag, is there.
    before = sum(1 for after in [*BEGINS[1:], len(SOUND)] if after + len("<wp:comment>") <= at)
    assert names(items)[:before] == names(whole)[:before]
    assert "line" in why or at >= SOUND.rindex(b"</rss")


@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255))
def test_one_changed_byte_gives_no_traceback_and_costs_no_record_before_it(parsed: Parsed, at: int, byte: int) -> None:
    changed = SOUND[:at] + bytes([byte]) + SOUND[at + 1 :]
    whole, _ = read(parsed, SOUND)
    try:
        items, _ = read(parsed, changed)
    except FormatError:
        assert at < len(HEAD)
        return
    before = sum(1 for after in [*BEGINS[1:], len(SOUND)] if after <= at)
    assert names(items)[:before] == names(whole)[:before]
    if at >= len(HEAD):
        assert len(set(names(items)) & set(names(whole))) >= len(names(whole)) - 3


@given(st.binary(max_size=200), st.integers(0, len(SOUND)), st.sampled_from(["wxr", "disqus"]))
def test_any_bytes_anywhere_give_no_traceback(parsed: Parsed, junk: bytes, at: int, form: str) -> None:
    content = SOUND if form == "wxr" else DISQUS.encode()
    try:
        items, _ = read(parsed, content[:at] + junk + content[at:], form)
    except FormatError:
        return
    assert all(isinstance(each, ArticleRecord | CommentRecord | Rejected | Notice) for each in items)


def test_comments_without_an_end_cost_their_own_records_alone(parsed: Parsed) -> None:
    hidden = "".join(f"<item>\n<wp:post_id>{number}</wp:post_id><!-- \n" for number in range(300))
    items, why = read(parsed, f"{HEAD}{hidden}".encode())
    rejected = [one for one in items if isinstance(one, Rejected)]
    assert [one.code for one in rejected] == ["unclosed"] * 299 + ["cut_off"]
    assert len({one.line for one in rejected}) == 300
    assert "cut off" in why


def test_a_broken_record_that_swallows_others_is_parsed_whole_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    original = export.fragment_parsed
    monkeypatch.setattr(export, "fragment_parsed", lambda f, *a, **k: sizes.append(len(f.data)) or original(f, *a, **k))
    data = f"{HEAD}{'<item><b><![CDATA[' * 500}]]></item>{FOOT}".encode()
    items = list(FORMATS["wxr"].parse(ImportSource(stream=io.BytesIO(data), stem="a")))
    assert len([one for one in items if isinstance(one, Rejected)]) == 500
    assert sum(sizes) < 20 * len(data)
