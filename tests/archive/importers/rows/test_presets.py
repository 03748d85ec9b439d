"""Dumps of Isso and remark42: what each key becomes, and files that are broken."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

import contextlib
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers import FORMATS
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

Parsed = Callable[..., list[Item]]
Comments = Callable[[list[Item]], list[CommentRecord]]

ISSO = [
    {
        "id": "/posts/1/",
        "title": "Ferry+%26+pier",
        "comments": [
            {"id": 1, "author": "Ann", "email": "ann@gazette.example", "remote_addr": "192.0.2.0", "text": "Late.",
             "website": "https://ann.example", "created": "2005-02-24 04:03:37"},
            {"id": 2, "parent": 1, "author": "", "text": "Very.", "created": 1109217817.5, "mode": 2},
            {"id": 2, "author": "Bo", "text": "The same number.", "created": "2005-02-25 04:03:37"},
        ],
    },
    {"id": "https://gazette.example/2", "title": "C++ and you", "comments": [{"id": 1, "text": "x"}]},
    {"id": "/posts/3/", "title": "Nothing said", "comments": []},
]  # fmt: skip

REMARK42: list[dict[str, Any]] = [
    {"version": 1, "users": [], "posts": []},
    {"id": "a1", "pid": "", "text": "<p>So <b>la</b>te!</p>", "orig": "So **la**te!",
     "user": {"name": "Ann", "id": "github_7", "ip": "5a1f"}, "score": 3, "title": "Ferry",
     "locator": {"site": "gazette", "url": "https://gazette.example/1"}, "time": "2021-05-03T12:00:00.123+02:00"},
    {"id": "a2", "pid": "a1", "text": "", "orig": "", "user": {"name": "deleted", "id": "deleted"}, "delete": True,
     "locator": {"site": "gazette", "url": "https://gazette.example/1"}, "time": "2021-05-03T13:00:00Z"},
    {"id": "a3", "pid": "a1", "orig": "1 < 2", "user": {"name": "Bo &amp; Co", "id": "x_1"},
     "locator": {"site": "gazette", "url": "https://gazette.example/1"}, "time": "2021-05-03T13:00:00Z"},
]  # fmt: skip


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_an_isso_dump_comes_in_with_threads_states_and_times(parsed: Parsed, comments: Comments) -> None:
    items = parsed("jsonl", json.dumps(ISSO), preset="isso")
    articles = [each for each in items if isinstance(each, ArticleRecord)]
    assert [(each.external_id, each.title, each.url) for each in articles] == [
        ("/posts/1/", "Ferry & pier", ""),
        ("https://gazette.example/2", "C++ and you", "https://gazette.example/2"),
        ("/posts/3/", "Nothing said", ""),
    ]
    one, two, same, other = comments(items)
    assert (one.external_id, one.raw, one.commenter_name, one.origin_state) == ("1", "Late.", "Ann", "published")
    assert (one.email, one.ip, one.meta) == ("ann@gazette.example", "192.0.2.0", {"website": "https://ann.example"})
    assert one.created_at == datetime(2005, 2, 24, 4, 3, 37)
    assert two.created_at == datetime(2005, 2, 24, 4, 3, 37, 500_000, UTC)
    assert (two.parent_external_id, two.origin_state) == ("1", "unapproved")
    assert same.external_id.startswith("2-")
    assert (other.external_id, other.article.external_id) == ("1", "https://gazette.example/2")
    assert all(each.numbered for each in comments(items))


def test_a_remark42_dump_comes_in_with_html_threads_and_what_was_deleted(parsed: Parsed, comments: Comments) -> None:
    one, gone, plain = comments(parsed("jsonl", lines(REMARK42), preset="remark42"))
    assert (one.source, one.external_id, one.raw, one.text_format) == (
        "gazette", "a1", "<p>So <b>la</b>te!</p>", "html",
    )  # fmt: skip
    assert (one.article.external_id, one.article.title) == ("https://gazette.example/1", "Ferry")
    assert (one.commenter_external_id, one.commenter_name, one.ip, one.meta) == ("github_7", "Ann", "", {"score": 3})
    assert one.created_at == datetime(2021, 5, 3, 10, 0, 0, 123_000, UTC)
    assert (gone.parent_external_id, gone.origin_state, gone.commenter_name) == ("a1", "deleted", "")
    assert (plain.raw, plain.text_format, plain.origin_state) == ("1 < 2", "plain", "published")
    assert plain.commenter_name == "Bo & Co"


@pytest.mark.parametrize(
    ("preset", "content"),
    [
        ("isso", "{}"),
        ("isso", "[]"),
        ("isso", "[1, 2]"),
        ("isso", lines(REMARK42)),
        ("isso", " "),
        ("remark42", json.dumps(ISSO)),
        ("remark42", lines(REMARK42[:1])),
        ("remark42", "words\n"),
    ],
)
def test_what_is_no_such_dump_is_refused(parsed: Parsed, preset: str, content: str) -> None:
    with pytest.raises(FormatError):
        parsed("jsonl", content, preset=preset)


def test_a_bad_comment_costs_only_itself(parsed: Parsed, comments: Comments) -> None:
    bad = [
        {**ISSO[0], "comments": [{"id": 1, "text": 5}, {"id": 2, "text": ""}, 7, {"text": "x"}, {"id": 4, "text": "x"}]}
    ]
    items = parsed("jsonl", json.dumps(bad), preset="isso")
    assert [each.external_id for each in comments(items)] == ["4"]
    assert [each.field for each in items if isinstance(each, Rejected)] == ["text", "text", "external_id"]


SOUND = json.dumps(ISSO, indent=1).encode()


@given(st.integers(1, len(SOUND)), st.one_of(st.none(), st.integers(0, 255)))
def test_a_cut_or_changed_array_keeps_the_threads_before_the_damage(parsed: Parsed, at: int, byte: int | None) -> None:
    content = SOUND[:at] + (b"" if byte is None else bytes([byte]) + SOUND[at + 1 :])
    found: list[Item] = []
    with contextlib.suppress(FormatError, StoppedError):
        reading = ImportSource(stream=io.BytesIO(content), stem="x", preset="isso")
        found.extend(FORMATS["jsonl"].parse(reading))
    first = SOUND.index(b'"https://gazette.example/2"')
    kept = 4 if at > first else 0
    assert found[:kept] == parsed("jsonl", SOUND, preset="isso")[:kept]


CORAL: list[dict[str, Any]] = [
    {"id": "s-1", "url": "https://gazette.example/1", "metadata": {"title": "Ferry"}},
    {"id": "c-1", "storyID": "s-1", "authorID": "u-1", "parentID": None, "status": "APPROVED",
     "revisions": [{"body": "<div>First.</div>"}, {"body": "<div>It&#39;s <b>late</b>.</div>"}],
     "createdAt": {"$date": "2020-01-02T10:00:00.123Z"}},
    {"id": "c-2", "storyID": "s-1", "authorID": "u-2", "parentID": "c-1", "status": "PREMOD",
     "revisions": [{"body": "Yes."}], "createdAt": {"$date": 1577959500000}},
    {"id": "c-3", "storyID": "s-1", "authorID": None, "status": "REJECTED",
     "deletedAt": {"$date": "2020-01-03T10:00:00Z"}, "revisions": [],
     "createdAt": {"$date": {"$numberLong": "1577959500000"}}},
]  # fmt: skip


def test_a_coral_dump_comes_in_with_its_latest_texts_states_and_times(parsed: Parsed, comments: Comments) -> None:
    items = parsed("jsonl", lines(CORAL), preset="coral")
    article = items[0]
    assert isinstance(article, ArticleRecord)
    assert (article.external_id, article.url, article.title) == ("s-1", "https://gazette.example/1", "Ferry")
    told = [
        (each.raw, each.parent_external_id, each.commenter_external_id, each.origin_state) for each in comments(items)
    ]
    assert told == [
        ("<div>It&#39;s <b>late</b>.</div>", "", "u-1", "published"),
        ("Yes.", "c-1", "u-2", "unapproved"),
        ("", "", "", "deleted"),
    ]
    late = datetime(2020, 1, 2, 10, 5, tzinfo=UTC)
    assert [each.created_at for each in comments(items)] == [
        datetime(2020, 1, 2, 10, 0, 0, 123000, tzinfo=UTC),
        late,
        late,
    ]
    assert {each.text_format for each in comments(items)} == {"html"}


def test_remark42_ids_are_those_of_a_page_and_root_and_the_year_1_stand_for_none(
    parsed: Parsed, comments: Comments
) -> None:
    row = {
        "id": "1",
        "pid": "root",
        "text": "x",
        "locator": {"url": "https://g.example/a"},
        "user": {"name": "Ann", "id": ["a_1"]},
    }
    items = parsed("jsonl", lines([{**row, "time": "0001-01-01T00:00:00Z"}]), preset="remark42")
    (record,) = comments(items)
    assert (record.numbered, record.parent_external_id, record.commenter_external_id) == (True, "", "a_1")
    assert record.created_at is None
    assert [each.code for each in items if isinstance(each, Notice)] == ["no_time"]


WORDPRESS = (
    "comment_ID,comment_post_ID,comment_author,comment_author_email,comment_author_IP,comment_date,comment_date_gmt,"
    "comment_content,comment_karma,comment_approved,comment_type,comment_parent,user_id\n"
    "1,7,Ann,a@g.example,192.0.2.1,2020-01-02 12:00:00,2020-01-02 10:00:00,<b>Late</b> &amp; cold.,0,1,comment,0,0\n"
    "2,7,Bo &amp; Co&#039;s,,,2020-01-02 12:00:00,0000-00-00 00:00:00,Yes.,0,0,,1,5\n"
    "3,7,X,,,2020-01-02 12:00:00,2020-01-02 10:00:00,[...] ping,0,1,pingback,0,0\n"
    "4,7,Cem,,,2020-01-02 12:00:00,2020-01-02 10:00:00,Buy,0,spam,,0,0\n"
)


def test_the_comments_table_of_wordpress_comes_in_as_its_export_does(parsed: Parsed, comments: Comments) -> None:
    items = parsed("csv", WORDPRESS, preset="wordpress-csv")
    told = comments(items)
    assert [(each.external_id, each.parent_external_id, each.origin_state) for each in told] == [
        ("1", "", "published"),
        ("2", "1", "unapproved"),
        ("4", "", "spam"),
    ]
    assert [each.commenter_external_id for each in told] == ["", "user:5:Bo & Co's", ""]
    assert [each.created_at for each in told[:2]] == [datetime(2020, 1, 2, 10, tzinfo=UTC), datetime(2020, 1, 2, 12)]
    assert all((each.numbered, each.text_format) == (True, "html") for each in told)
    notice = items[-1]
    assert isinstance(notice, Notice)
    assert notice.counts == {"pingback or note": 1}
