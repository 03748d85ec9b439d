"""Turns one row of a jsonl or csv file into a record: which FIELDs there are, and what each may hold.

FIELDs are dotted: `external_id`, `text` and so on for the comment, `article.title` and so on for its article. A row
with an article and neither `text` nor `external_id` describes the article alone. Sizes are checked when the record is
stored.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from archive.importers.placeholders import is_no_id, is_no_parent
from archive.importers.records import ArticleRecord, CommentRecord, Notice, Rejected
from archive.importers.times import COUNTED, NoTimeError, time_parse

COMMENT_FIELDS = (
    "source", "external_id", "parent_external_id", "text", "text_format", "language", "created_at", "origin_state",
    "commenter.external_id", "commenter.name", "commenter.email", "commenter.ip",
)  # fmt: skip
ARTICLE_TEXTS = ("url", "title", "section", "summary", "byline", "dateline", "body", "language")
ARTICLE_TIMES = ("published_at", "modified_at")
ARTICLE_FIELDS = tuple(f"article.{name}" for name in ("external_id", *ARTICLE_TEXTS, *ARTICLE_TIMES))
FIELDS = (*COMMENT_FIELDS, *ARTICLE_FIELDS)
META = "meta"
MONGO_DATE = "$date"
_MONGO_NUMBERS = ("$numberLong", "$numberInt")
_WHOLE = re.compile(r"-?\d{1,19}")
TEXT_FORMATS = ("plain", "html")
ORIGIN_STATES = ("published", "unapproved", "spam", "deleted")


def is_field(name: str) -> bool:
    """Says whether `name` is a FIELD that `--map` can fill: one of `FIELDS`, or `meta.` and any name."""
    return name in FIELDS or (name.startswith("meta.") and len(name) > len("meta."))


class RowError(Exception):
    """A row that cannot become a record. Carries the field and the reason, never the value."""

    def __init__(self, field: str, code: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.code, self.reason = field, code, reason


def row_records(
    values: Mapping[str, Any], *, line: int, time_format: str | None, text_format: str = "plain"
) -> Iterator[ArticleRecord | CommentRecord | Rejected | Notice]:
    """Yields the record from a row's FIELDs, or its rejection, and a notice for each time that stands for none.

    Values are JSON values. `text_format` applies to a row that does not give its own.
    """
    row = Row(values, line, time_format, text_format)
    try:
        yield row.record()
    except RowError as error:
        yield Rejected(line=line, field=error.field, code=error.code, reason=error.reason)
        return
    for field in row.without_time:
        reason = f"{field} is in the year 1, which stands for no time: it is taken as not said"
        yield Notice(line=line, code="no_time", reason=reason)


class Row:
    """A row's FIELDs, read and checked one by one."""

    def __init__(self, values: Mapping[str, Any], line: int, time_format: str | None, text_format: str) -> None:
        self._values, self._line = values, line
        self._time_format, self._text_format = time_format, text_format
        self.without_time: list[str] = []

    def record(self) -> ArticleRecord | CommentRecord:
        """Returns the record. Raises RowError for the first field that is wrong."""
        article = self._article()
        if self._is_missing("text") and self._is_missing("external_id"):
            return article
        return CommentRecord(
            external_id=self._needed_id("external_id"),
            article=article,
            raw=self._raw(),
            source=article.source,
            parent_external_id=self._parent(),
            commenter_external_id=self._id("commenter.external_id"),
            commenter_name=self._text("commenter.name"),
            email=self._text("commenter.email"),
            ip=self._text("commenter.ip"),
            text_format=self._one_of("text_format", TEXT_FORMATS) or self._text_format,
            language=self._text("language"),
            created_at=self._time("created_at"),
            origin_state=self._one_of("origin_state", ORIGIN_STATES),
            meta=self._meta(),
            line=self._line,
        )

    def _article(self) -> ArticleRecord:
        texts = {name: self._text(f"article.{name}") for name in ARTICLE_TEXTS}
        times = {name: self._time(f"article.{name}") for name in ARTICLE_TIMES}
        key = self._id("article.external_id")
        if is_no_id(key):
            # Some tools give every page the number 0.
            key = texts["url"] or (key if key in {"0", "-1"} else "")
        if not key:
            raise RowError("article.external_id", "required", "neither article.external_id nor article.url is given")
        return ArticleRecord(external_id=key, source=self._text("source"), line=self._line, **texts, **times)  # type: ignore[arg-type]

    def _is_missing(self, field: str) -> bool:
        return self._values.get(field) in (None, "")

    def _text(self, field: str) -> str:
        value = self._values.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise RowError(field, "not_text", f"text is wanted, not {_json_name(value)}")
        return value if field == "article.body" else value.strip()

    def _id(self, field: str) -> str:
        """Returns an id as text: many systems use numbers."""
        value = _mongo_number(self._values.get(field))
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value if isinstance(value, str) else self._text(field)

    def _parent(self) -> str:
        value = self._id("parent_external_id")
        return "" if is_no_parent(value) else value

    def _needed_id(self, field: str) -> str:
        value = self._id(field)
        if not value:
            raise RowError(field, "required", "it is missing")
        return value

    def _raw(self) -> str:
        """Returns the raw text. It may be empty only if the comment was deleted at its origin."""
        raw = self._values.get("text")
        if raw is not None and not isinstance(raw, str):
            raise RowError("text", "not_text", f"text is wanted, not {_json_name(raw)}")
        if not (raw or "").strip() and self._values.get("origin_state") != "deleted":
            raise RowError("text", "blank", "the comment has no text")
        return raw or ""

    def _one_of(self, field: str, allowed: tuple[str, ...]) -> str | None:
        value = self._text(field)
        if value and value not in allowed:
            raise RowError(field, "unknown_value", f"it must be one of {', '.join(allowed)}")
        return value or None

    def _time(self, field: str) -> datetime | None:
        """Returns a time. `--time-format` applies to the comment's time, and is tried first for the article's."""
        value = self._values.get(field)
        if isinstance(value, dict) and MONGO_DATE in value:
            return self._mongo_time(field, value[MONGO_DATE])
        if isinstance(value, int | float) and not isinstance(value, bool) and self._time_format in COUNTED:
            value = str(value)
        text = value if isinstance(value, str) else self._text(field)
        return self._told(field, text, self._time_format)

    def _mongo_time(self, field: str, value: Any) -> datetime | None:
        """Returns a time from MongoDB's extended JSON: `$date` holds ISO 8601, or milliseconds."""
        value = _mongo_number(value)
        count = isinstance(value, int) and not isinstance(value, bool)
        return self._told(field, str(value), "ms" if count else None)

    def _told(self, field: str, text: str, time_format: str | None) -> datetime | None:
        """Returns the time; None, with a notice, for one that stands for no time."""
        try:
            return _time_tried(field, text, time_format) if text.strip() else None
        except NoTimeError:
            self.without_time.append(field)
            return None

    def _meta(self) -> dict[str, Any]:
        given = self._values.get(META)
        if given is not None and not isinstance(given, dict):
            raise RowError(META, "not_object", f"an object is wanted, not {_json_name(given)}")
        mapped = {
            field[5:]: value for field, value in self._values.items() if field.startswith("meta.") and value != ""
        }
        return {**(given or {}), **mapped}


def _time_tried(field: str, text: str, time_format: str | None) -> datetime:
    forms = [time_format, None] if time_format and field.startswith("article.") else [time_format]
    for form in forms:
        try:
            return time_parse(text, form)
        except NoTimeError:
            raise
        except ValueError:
            continue
    wanted = f"the form {time_format}" if time_format else "a form that is read in one way (--time-format takes others)"
    raise RowError(field, "bad_time", f"it is no time in {wanted}")


def _mongo_number(value: Any) -> Any:
    """Returns the value in an object of MongoDB's extended JSON (`$oid`, `$numberLong`), or the argument itself."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind in _MONGO_NUMBERS and isinstance(inner, str) and _WHOLE.fullmatch(inner):
        return int(inner)
    return inner if kind in {"$oid", "$uuid"} and isinstance(inner, str) else value


def _json_name(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "nothing")
