"""What a record must hold: each limit, by the field and the number that it names."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from archive.importers.records import ArticleRecord, CommentRecord, TextBlock
from archive.services.records.validation import FieldProblem, article_problems, comments_problems

GOOD = CommentRecord(external_id="c1", article=ArticleRecord(external_id="a1"), raw="x")
EARLY = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3)))


def comment_problems(record: CommentRecord) -> tuple[FieldProblem, ...]:
    """What is wrong with one comment, through the look at many that the import takes."""
    return comments_problems([record]).get(0, ())


def test_a_good_record_has_no_problem() -> None:
    assert comment_problems(GOOD) == ()


@pytest.mark.parametrize(
    ("changes", "field", "code", "limit"),
    [
        ({"external_id": ""}, "external_id", "required", None),
        ({"external_id": "x" * 256}, "external_id", "too_long", 255),
        ({"parent_external_id": "x" * 256}, "parent_external_id", "too_long", 255),
        ({"commenter_name": "x" * 256}, "commenter.name", "too_long", 255),
        ({"commenter_external_id": "x" * 256}, "commenter.external_id", "too_long", 255),
        ({"raw": " \n"}, "text", "blank", None),
        ({"raw": "x" * 102_401}, "text", "too_large", 102_400),
        ({"raw": "ş" * 51_201}, "text", "too_large", 102_400),
        ({"raw": "a\x00b"}, "text", "nul", None),
        ({"raw": "a\ud800b"}, "text", "not_unicode", None),
        ({"commenter_name": "a\x00b"}, "commenter.name", "nul", None),
        ({"commenter_name": "a\udc80b"}, "commenter.name", "not_unicode", None),
        ({"text_format": "rtf"}, "text_format", "unknown_value", None),
        ({"origin_state": "gone"}, "origin_state", "unknown_value", None),
        ({"language": "english!"}, "language", "unknown_value", 16),
        ({"language": "en-" + "x" * 20}, "language", "unknown_value", 16),
        ({"created_at": EARLY}, "created_at", "bad_time", None),
        ({"meta": {"a": float("inf")}}, "meta", "not_json", None),
        ({"meta": {"a": "\x00"}}, "meta", "not_unicode", None),
        ({"meta": {"a": "\ud800"}}, "meta", "not_unicode", None),
        ({"meta": {"a": "x" * 102_400}}, "meta", "too_large", 102_400),
    ],
)
def test_a_problem_names_field_and_limit(changes: dict[str, Any], field: str, code: str, limit: int | None) -> None:
    (problem,) = comment_problems(replace(GOOD, **changes))
    assert (problem.field, problem.code, problem.limit) == (field, code, limit)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"external_id": ""}, "external_id", "required"),
        ({"title": "x" * 1001}, "title", "too_long"),
        ({"section": "x" * 201}, "section", "too_long"),
        ({"url": "https://" + "x" * 2000}, "url", "too_long"),
        ({"body": "a\x00b"}, "body", "nul"),
        ({"furniture": (TextBlock("caption", "a\x00b"),)}, "furniture", "nul"),
        ({"published_at": EARLY}, "published_at", "bad_time"),
        ({"language": "x"}, "language", "unknown_value"),
    ],
)
def test_an_article_is_checked_alone_and_inside_a_comment(changes: dict[str, Any], field: str, code: str) -> None:
    article = replace(GOOD.article, **changes)
    assert [(problem.field, problem.code) for problem in article_problems(article)] == [(field, code)]
    inside = comment_problems(replace(GOOD, article=article))
    assert [(problem.field, problem.code) for problem in inside] == [(f"article.{field}", code)]


def test_the_size_of_a_text_is_a_setting_in_bytes(settings: Settings) -> None:
    settings.MODERATION_MAX_TEXT_BYTES = 4
    assert comment_problems(replace(GOOD, raw="şş")) == ()
    assert [problem.limit for problem in comment_problems(replace(GOOD, raw="şşx"))] == [4]


def test_a_backslash_that_only_looks_like_a_nul_is_kept() -> None:
    assert comment_problems(replace(GOOD, meta={"a": "\\u0000"})) == ()


@given(
    st.text(max_size=50), st.text(max_size=50), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
)
def test_what_has_no_problem_can_be_written_as_utf_8_without_nul(raw: str, name: str, meta: dict[str, str]) -> None:
    record = replace(GOOD, raw=raw, commenter_name=name, meta=meta)
    if not comment_problems(record):
        assert b"\x00" not in (raw + name + "".join(meta) + "".join(meta.values())).encode()
