"""What every importer yields: articles, comments, rejected records and notices, as plain data.

The parsers make these from bytes, the services store them. No Django here. Times may be naive: they are then in the
time zone of the source. An empty string, None or an empty tuple means "the file does not say".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO


class FormatError(Exception):
    """The file is not what it is said to be. Trying again does not help; the message is one line for a person."""


class StoppedError(Exception):
    """A file could not be read to its end. What came before is good; the message says why it ended, for a person."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A piece of a page: `kind` paragraph, heading or source in a body; any other word for furniture."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRecord:
    """An article as a file tells it. `source` is empty where the file names none; `line` is where it begins.

    `site` is the host, or host and path, that `source` was made of, where a file has that for a name.
    """

    external_id: str
    source: str = ""
    site: str = ""
    url: str = ""
    title: str = ""
    title_derived: bool = False
    section: str = ""
    summary: str = ""
    byline: str = ""
    dateline: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    body: str = ""
    blocks: tuple[TextBlock, ...] = ()
    furniture: tuple[TextBlock, ...] = ()
    language: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRecord:
    """A comment as a file tells it, with what the file says of its article.

    `external_id` is unique in its source, or, where `numbered`, only in its article. `origin_state` and `created_at`
    are None where the file does not say. `text` is the plain form of `raw`, where the parser has made it. `email` and
    `ip` are kept only where a setting says so.
    """

    external_id: str
    article: ArticleRecord
    raw: str
    text: str | None = None
    source: str = ""
    numbered: bool = False
    parent_external_id: str = ""
    commenter_external_id: str = ""
    commenter_name: str = ""
    email: str = ""
    ip: str = ""
    text_format: str = "plain"
    language: str = ""
    created_at: datetime | None = None
    origin_state: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A record that cannot be kept: `field` and `limit` name what is wrong with it, never its text."""

    line: int | None
    field: str
    code: str
    reason: str
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a person should know of a record that is kept, or of the file.

    `counts` is what was left out, by kind, for the summary.
    """

    line: int | None
    code: str
    reason: str
    counts: Mapping[str, int] = field(default_factory=dict)


Item = ArticleRecord | CommentRecord | Rejected | Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSource:
    """One file to read: its bytes and what the caller said about it.

    `stem` is the file's name without its ending; `source` is the source's name where the caller gave one, for formats
    that know one themselves; `mapping` leads from our FIELD to the file's COLUMN; `delimiter` and
    `quotes` are for csv; `time_format` is a strptime form; `preset` names a system whose dump this is; `text_format` is
    that of rows that do not say theirs; `post_types` are types of wxr to take beside the public ones, `TYPE` or
    `TYPE:STATE`.
    """

    stream: BinaryIO
    stem: str
    source: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    quotes: bool = True
    time_format: str | None = None
    preset: str | None = None
    text_format: str = "plain"
    post_types: frozenset[str] = frozenset()
