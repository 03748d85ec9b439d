"""What a record must satisfy before it is stored: sizes, characters and forms that both databases can hold.

Pure: reads settings and the models' limits, no rows. A problem names field and limit, never the text.
"""

import json
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Model

from archive.importers.records import ArticleRecord, CommentRecord
from archive.models import Article, Comment, Commenter, OriginState, TextFormat

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_ARTICLE_NAMES = ("external_id", "url", "title", "section", "byline", "dateline", "language")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with a record. `field` is dotted (`article.title`); `limit` is in characters, or bytes for text."""

    field: str
    code: str
    reason: str
    limit: int | None = None


class RecordsRefusedError(Exception):
    """Records that cannot be stored as they are: `problems` by index of the record. A retry does not help."""

    def __init__(self, problems: Mapping[int, tuple[FieldProblem, ...]]) -> None:
        fields = sorted({problem.field for each in problems.values() for problem in each})
        super().__init__(f"{len(problems)} records are refused for {', '.join(fields)}")
        self.problems = problems


def _lengths(model: type[Model], names: Iterable[str]) -> dict[str, int]:
    return {name: model._meta.get_field(name).max_length for name in names}  # type: ignore[union-attr, misc]


_ARTICLE_LENGTHS = _lengths(Article, _ARTICLE_NAMES)
_COMMENT_LENGTHS = _lengths(Comment, ("external_id", "language"))
_COMMENTER_LENGTHS = _lengths(Commenter, ("external_id", "name"))
_SHORTEST = min(_COMMENT_LENGTHS["external_id"], *_COMMENTER_LENGTHS.values())
_STATES = frozenset({None, *OriginState.values})
_FORMATS = frozenset(TextFormat.values)
# Between these years no time zone can lead out of the valid range.
_FIRST_YEAR, _LAST_YEAR = 1, 9999


def comments_problems(records: Sequence[CommentRecord]) -> dict[int, tuple[FieldProblem, ...]]:
    """Returns all problems of comments and of what they say about their articles, by the comment's index."""
    # All comments of an article may share one record.
    articles = {id(record.article): record.article for record in records}
    wrong = {key: found for key, article in articles.items() if (found := tuple(_article_problems(article)))}
    return {
        at: found
        for at, record in enumerate(records)
        if not _is_sound(record) or id(record.article) in wrong
        if (found := (*_comment(record), *wrong.get(id(record.article), ())))
    }


def _article_problems(record: ArticleRecord) -> Iterator[FieldProblem]:
    return (FieldProblem(f"article.{p.field}", p.code, p.reason, p.limit) for p in _article(record))


def _is_sound(record: CommentRecord) -> bool:
    """A fast check that a comment certainly has no problem; if it fails, each field is checked."""
    texts = f"{record.external_id}{record.parent_external_id}{record.commenter_external_id}{record.commenter_name}"
    raw, time = record.raw, record.created_at
    return (
        bool(record.external_id)
        and len(texts) <= _SHORTEST
        and len(raw) * 4 <= settings.MODERATION_MAX_TEXT_BYTES
        and not (record.language or record.meta or raw.isspace())
        and raw != ""
        and record.text_format in _FORMATS
        and record.origin_state in _STATES
        and (time is None or _FIRST_YEAR < time.year < _LAST_YEAR)
        and "\x00" not in raw
        and "\x00" not in texts
        and is_unicode(raw)
        and is_unicode(texts)
    )


def article_problems(record: ArticleRecord) -> tuple[FieldProblem, ...]:
    """Returns all problems of an article."""
    return tuple(_article(record))


def _comment(record: CommentRecord) -> Iterator[FieldProblem]:
    yield from _needed("external_id", record.external_id)
    yield from raw_problems(record.raw, record.text_format, deleted=record.origin_state == OriginState.DELETED)
    if record.origin_state not in (None, *OriginState.values):
        yield FieldProblem("origin_state", "unknown_value", f"it must be one of {', '.join(OriginState.values)}")
    yield from _short("external_id", record.external_id, _COMMENT_LENGTHS["external_id"])
    yield from _short("parent_external_id", record.parent_external_id, _COMMENT_LENGTHS["external_id"])
    yield from _short("commenter.external_id", record.commenter_external_id, _COMMENTER_LENGTHS["external_id"])
    yield from _short("commenter.name", record.commenter_name, _COMMENTER_LENGTHS["name"])
    yield from _language(record.language, _COMMENT_LENGTHS["language"])
    yield from _time("created_at", record.created_at)
    yield from _meta(record.meta)


def raw_problems(raw: str, text_format: str, *, deleted: bool = False) -> Iterator[FieldProblem]:
    """Yields the problems of a comment's text; a comment deleted at its origin may have none."""
    limit = settings.MODERATION_MAX_TEXT_BYTES
    if text_format not in TextFormat.values:
        yield FieldProblem("text_format", "unknown_value", f"it must be one of {', '.join(TextFormat.values)}")
    if not raw.strip() and not deleted:
        yield FieldProblem("text", "blank", "the comment has no text")
    if len(raw) > limit or len(raw.encode(errors="replace")) > limit:
        yield FieldProblem("text", "too_large", f"the text is longer than {limit} bytes", limit)
    yield from _characters("text", raw)


def _article(record: ArticleRecord) -> Iterator[FieldProblem]:
    yield from _needed("external_id", record.external_id)
    for name, limit in _ARTICLE_LENGTHS.items():
        if value := getattr(record, name):
            yield from _language(value, limit) if name == "language" else _short(name, value, limit)
    for name in ("summary", "body"):
        yield from _characters(name, getattr(record, name))
    yield from _characters("furniture", "".join(piece.text for piece in (*record.blocks, *record.furniture)))
    yield from _time("published_at", record.published_at)
    yield from _time("modified_at", record.modified_at)


def _needed(field: str, value: str) -> Iterator[FieldProblem]:
    if not value:
        yield FieldProblem(field, "required", "it is missing")


def _short(field: str, value: str, limit: int) -> Iterator[FieldProblem]:
    if len(value) > limit:
        yield FieldProblem(field, "too_long", f"it is longer than {limit} characters", limit)
    yield from _characters(field, value)


def _characters(field: str, value: str) -> Iterator[FieldProblem]:
    """Yields a problem for NUL, which PostgreSQL cannot store, and for lone surrogates, which no database can."""
    if "\x00" in value:
        yield FieldProblem(field, "nul", "it holds a NUL character")
    if not value.isascii() and not is_unicode(value):
        yield FieldProblem(field, "not_unicode", "it holds bytes that are not UTF-8, or half of a character")


def is_unicode(value: str) -> bool:
    """Says whether `value` can be written as UTF-8: it holds no lone surrogate."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _language(value: str, limit: int) -> Iterator[FieldProblem]:
    if value and (len(value) > limit or not _LANGUAGE.fullmatch(value)):
        yield FieldProblem("language", "unknown_value", "it must be a language code like en or pt-BR", limit)


def _time(field: str, value: datetime | None) -> Iterator[FieldProblem]:
    if value is not None:
        try:
            time_aware(value, "UTC")
        except OverflowError:
            yield FieldProblem(field, "bad_time", "the years go from 1 to 9999")
            return
        if value.year == _FIRST_YEAR:
            yield FieldProblem(field, "bad_time", "the year 1 stands for no time")


def time_aware(value: datetime, zone: str) -> datetime:
    """Returns `value` in UTC; a naive one is in `zone`. Raises OverflowError outside the years 1 to 9999."""
    placed = value if value.tzinfo else value.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return placed.astimezone(UTC)


def _meta(meta: Mapping[str, Any]) -> Iterator[FieldProblem]:
    if not meta:
        return
    limit = settings.MODERATION_MAX_TEXT_BYTES
    try:
        written = json.dumps(dict(meta), ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        yield FieldProblem("meta", "not_json", "it cannot be written as JSON")
        return
    if len(written.encode(errors="replace")) > limit:
        yield FieldProblem("meta", "too_large", f"it is longer than {limit} bytes", limit)
    if _NUL_IN_JSON.search(written) or not is_unicode(written):
        yield FieldProblem("meta", "not_unicode", "it holds characters that cannot be kept")
