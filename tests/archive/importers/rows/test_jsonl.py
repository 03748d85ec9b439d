"""JSON lines: the shape of a row, other people's shapes, and lines that are broken."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers.records import ArticleRecord, CommentRecord, FormatError, Item, Notice, Rejected
from archive.importers.rows.lines import MAX_LINE_BYTES

Parsed = Callable[..., list[Item]]
Comments = Callable[[list[Item]], list[CommentRecord]]

ROW = {
    "source": "harbor",
    "external_id": "7",
    "article": {"external_id": "a1", "title": "Ferry", "url": "https://harbor.example/a1", "section": "Town"},
    "parent_external_id": "6",
    "commenter": {"external_id": "u1", "name": "Ann"},
    "text": "Late <b>again</b>.",
    "text_format": "html",
    "language": "en",
    "created_at": "2021-05-03T10:00:00+02:00",
    "origin_state": "unapproved",
    "meta": {"votes": 4},
}


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def without(**changes: Any) -> dict[str, Any]:
    """Returns a row that is good but for `changes`."""
    return {"external_id": "1", "article": {"external_id": "a"}, "text": "x", **changes}


def test_a_row_is_a_comment_with_its_article(parsed: Parsed) -> None:
    (item,) = parsed("jsonl", lines(ROW))
    assert isinstance(item, CommentRecord)
    assert item == CommentRecord(
        external_id="7",
        article=ArticleRecord(
            external_id="a1", source="harbor", url="https://harbor.example/a1", title="Ferry", section="Town", line=1
        ),
        raw="Late <b>again</b>.",
        source="harbor",
        parent_external_id="6",
        commenter_external_id="u1",
        commenter_name="Ann",
        text_format="html",
        language="en",
        created_at=datetime(2021, 5, 3, 8, tzinfo=UTC),
        origin_state="unapproved",
        meta={"votes": 4},
        line=1,
    )


def test_a_row_with_an_article_alone_is_an_article(parsed: Parsed) -> None:
    body = "First.\n\nSecond."
    (item,) = parsed("jsonl", lines({"source": "s", "article": {"external_id": "a1", "body": body, "byline": "Ann"}}))
    assert item == ArticleRecord(external_id="a1", source="s", body=body, byline="Ann", line=1)


def test_ids_may_be_numbers_and_an_article_may_be_just_its_id(parsed: Parsed) -> None:
    (item,) = parsed("jsonl", lines({"external_id": 0, "article": 12, "commenter": "Ann", "text": "x"}))
    assert isinstance(item, CommentRecord)
    assert (item.external_id, item.article.external_id, item.commenter_name) == ("0", "12", "Ann")


def test_an_article_without_an_id_is_known_by_its_address(parsed: Parsed) -> None:
    (item,) = parsed("jsonl", lines(without(article={"url": "https://harbor.example/a1"})))
    assert isinstance(item, CommentRecord)
    assert item.article.external_id == "https://harbor.example/a1"


def test_map_leads_to_keys_inside_other_peoples_rows(parsed: Parsed) -> None:
    row = {
        "cid": 5,
        "body": {"text": "hello"},
        "page": {"link": "https://harbor.example/x"},
        "who": {"nick": "Ann"},
        "up": 3,
    }
    mapping = {
        "external_id": "cid",
        "text": "body.text",
        "article.url": "page.link",
        "commenter.name": "who.nick",
        "meta.votes": "up",
    }
    (item,) = parsed("jsonl", lines(row), mapping=mapping)
    assert isinstance(item, CommentRecord)
    assert (item.external_id, item.raw, item.commenter_name, item.meta) == ("5", "hello", "Ann", {"votes": 3})


def test_keys_that_nothing_is_done_with_are_told_once(parsed: Parsed) -> None:
    items = parsed("jsonl", lines(without(mood="sour"), without(external_id="2", mood="sweet")))
    assert [(item.line, item.code) for item in items if isinstance(item, Notice)] == [(1, "unused_column")]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (without(text=None), "text", "blank"),
        (without(text="  \n"), "text", "blank"),
        (without(text=5), "text", "not_text"),
        (without(text=["x"]), "text", "not_text"),
        (without(external_id=""), "external_id", "required"),
        (without(external_id={"a": 1}), "external_id", "not_text"),
        (without(external_id=True), "external_id", "not_text"),
        (without(article={}), "article.external_id", "required"),
        (without(article={"external_id": "a", "title": 4}), "article.title", "not_text"),
        (without(article={"external_id": "a", "published_at": "soon"}), "article.published_at", "bad_time"),
        (without(created_at="soon"), "created_at", "bad_time"),
        (without(created_at=1403733600), "created_at", "not_text"),
        (without(text_format="markdown"), "text_format", "unknown_value"),
        (without(origin_state="hidden"), "origin_state", "unknown_value"),
        (without(meta=[1]), "meta", "not_object"),
        ([1, 2], "", "not_object"),
    ],
)
def test_a_bad_row_names_its_line_and_field_and_the_rows_around_it_are_kept(
    parsed: Parsed, row: Any, field: str, code: str
) -> None:
    before, bad, after = parsed("jsonl", lines(without(), row, without(external_id="3")))
    assert isinstance(bad, Rejected)
    assert (bad.line, bad.field, bad.code) == (2, field, code)
    assert isinstance(before, CommentRecord)
    assert isinstance(after, CommentRecord)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"external_id": ', "not_json"),
        (b"nonsense", "not_json"),
        (b'{"text": "\xff\xfe"}', "not_utf8"),
        (b'{"text": NaN}', "not_json"),
        (b'{"n": ' + b"9" * 5000 + b"}", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"text": "' + b"x" * MAX_LINE_BYTES + b'"}', "line_too_long"),
    ],
)
def test_a_broken_line_costs_only_itself(parsed: Parsed, line: bytes, code: str) -> None:
    good = lines(without()).encode()
    before, bad, after = parsed("jsonl", good + line + b"\r\n\n" + good)
    assert isinstance(bad, Rejected)
    assert (bad.line, bad.code) == (2, code)
    assert isinstance(before, CommentRecord)
    assert isinstance(after, CommentRecord)
    assert after.line == 4


def test_no_reason_repeats_what_the_row_said(parsed: Parsed) -> None:
    canary = "canary-7f3a"
    rows = [without(created_at=canary), without(text_format=canary), without(origin_state=canary), without(meta=canary)]
    assert canary not in repr(parsed("jsonl", lines(*rows)))


def test_a_comment_that_its_origin_deleted_may_have_no_text(parsed: Parsed) -> None:
    (item,) = parsed("jsonl", lines(without(text="", origin_state="deleted")))
    assert isinstance(item, CommentRecord)
    assert (item.raw, item.origin_state) == ("", "deleted")


@pytest.mark.parametrize(
    "content", ["", "\n\n", "id,text\n1,x\n", "plain words\n" * 30, "[1]\n", b"\xff\xfe{\x00}\x00"]
)
def test_what_is_no_jsonl_is_refused_in_one_line(parsed: Parsed, content: str | bytes) -> None:
    with pytest.raises(FormatError) as error:
        parsed("jsonl", content)
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_and_a_missing_last_line_end_are_taken(parsed: Parsed) -> None:
    assert parsed("jsonl", b"\xef\xbb\xbf" + lines(without()).encode().rstrip()) == parsed("jsonl", lines(without()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*ROW, "mood"])


@given(st.lists(st.dictionaries(KEYS, JSON, max_size=8), max_size=6), st.sampled_from([None, "%s", "%Y"]))
def test_any_json_gives_a_record_or_a_rejection_a_line(
    parsed: Parsed, rows: list[dict[str, Any]], time_format: str | None
) -> None:
    items = parsed("jsonl", lines(without(), *rows), time_format=time_format)
    assert len([item for item in items if not isinstance(item, Notice)]) == len(rows) + 1


@given(st.binary(max_size=300))
def test_any_bytes_after_a_good_line_leave_it_standing(parsed: Parsed, content: bytes) -> None:
    items = parsed("jsonl", lines(without()).encode() + content)
    assert isinstance(items[0], CommentRecord)


GOOD = lines(*(without(external_id=str(number)) for number in range(5))).encode()


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_one_changed_byte_costs_at_most_the_line_that_it_is_in_and_the_next(parsed: Parsed, at: int, byte: int) -> None:
    changed = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    kept = {item.line for item in parsed("jsonl", changed) if isinstance(item, CommentRecord)}
    hurt = GOOD[:at].count(b"\n") + 1
    assert len(kept) >= 3
    assert set(range(1, hurt)) <= kept


def test_a_path_leads_into_lists_and_takes_what_mongodb_writes(parsed: Parsed, comments: Comments) -> None:
    row = {
        "_id": {"$oid": "5e0d"},
        "n": {"$numberLong": "7"},
        "page": "a",
        "revisions": [{"body": "first"}, {"body": "<b>last</b>"}],
        "at": {"$date": 1577959500123},
    }
    mapping = {
        "external_id": "_id", "article.external_id": "page", "text": "revisions.-1.body", "created_at": "at.$date",
        "parent_external_id": "n", "meta.first": "revisions.0.body", "meta.none": "revisions.9.body",
    }  # fmt: skip
    (record,) = comments(parsed("jsonl", json.dumps(row) + "\n", mapping=mapping, text_format="html"))
    assert (record.external_id, record.parent_external_id, record.raw) == ("5e0d", "7", "<b>last</b>")
    assert (record.text_format, record.meta["first"]) == ("html", "first")
    assert record.created_at == datetime(2020, 1, 2, 10, 5, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize("parent", ["0", 0, "root", "null", None, "-1"])
def test_a_parent_that_stands_for_none_is_none(parsed: Parsed, comments: Comments, parent: Any) -> None:
    row = {"external_id": "1", "article": {"external_id": "a"}, "text": "x", "parent_external_id": parent}
    (record,) = comments(parsed("jsonl", json.dumps(row) + "\n"))
    assert record.parent_external_id == ""


def test_an_article_of_the_number_0_is_known_by_its_address(parsed: Parsed, comments: Comments) -> None:
    row = {"external_id": "1", "article": {"external_id": 0, "url": "https://g.example/a"}, "text": "x"}
    (record,) = comments(parsed("jsonl", json.dumps(row) + "\n"))
    assert record.article.external_id == "https://g.example/a"


def test_a_time_in_the_year_1_is_none_and_told(parsed: Parsed, comments: Comments) -> None:
    row = {"external_id": "1", "article": {"external_id": "a"}, "text": "x", "created_at": "0001-01-01T00:00:00Z"}
    items = parsed("jsonl", json.dumps(row) + "\n")
    assert comments(items)[0].created_at is None
    assert [each.code for each in items if isinstance(each, Notice)] == ["no_time"]
