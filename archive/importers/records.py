"""What importers yield: articles, comments, rejected records and notices, as plain data.

The parsers make these from bytes; the services store them. No Django here. Naive times are in the time zone of the
source. An empty string, None or an empty tuple means "the file does not say".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO


class FormatError(Exception):
    """The file is not in the expected format. A retry does not help; the message is one line for the user."""


class StoppedError(Exception):
    """A file could not be read to its end. Everything before is good; the message tells the user why it ended."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A piece of a page: `kind` paragraph, heading or source in a body; any other word for furniture."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRecord:
    """An article as a file describes it. `source` is empty if the file names none; `line` is where it begins.

    `base` is the host, or host and path, of the site that the file was exported from; `site` is the same if `source`
    was made from it.
    """

    external_id: str
    source: str = ""
    site: str = ""
    base: str = ""
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
    """A comment as a file describes it, with what the file says about its article.

    `external_id` is unique in its source or, if `numbered`, only in its article. `origin_state` and `created_at` are
    None if the file does not say. `text` is the plain form of `raw` if the parser has made it. `email` and `ip` are
    kept only if a setting says so.
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
    """A record that cannot be kept. `field` and `limit` say what is wrong; its text is never quoted."""

    line: int | None
    field: str
    code: str
    reason: str
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the user should know about a record that is kept, or about the file.

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

    `stem` is the file's name without its extension; `source` is the source's name if the caller gave one, which
    overrides the file's; `mapping` maps our FIELDs to the file's COLUMNs; `delimiter` and `quotes` are for csv;
    `time_format` is a strptime format; `preset` names the system whose dump this is; `text_format` applies to rows that
    do not give theirs; `post_types` are wxr types to import besides the public ones, `TYPE` or `TYPE:STATE`.
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
