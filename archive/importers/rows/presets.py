"""`--preset`: the dumps of Isso, remark42 and Coral, as rows with our FIELDs. A variant of the `jsonl` format.

Each preset knows how its dump splits into JSON objects and what their keys mean.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from typing import Any, BinaryIO
from urllib.parse import unquote_plus

from archive.importers.records import CommentRecord, FormatError, ImportSource, Item, Rejected
from archive.importers.rows.objects import Found, Values, array_objects, head_taken, line_objects
from archive.importers.rows.row import row_records

# A dump may begin with an object about itself.
HEAD_OBJECTS = 2
_ISSO_STATES = {1: "published", 2: "unapproved", 4: "deleted"}
# Coral hides what moderators rejected, as it does what is deleted.
_CORAL_STATES = {"APPROVED": "published", "NONE": "published", "REJECTED": "deleted"}
_QUOTED_TITLE = re.compile(r"\S*(?:%[0-9A-Fa-f]{2}|\w\+\w)\S*")


@dataclass(frozen=True, slots=True)
class Preset:
    """A system's dump: how it splits into objects, how to recognise one, and the rows that one holds.

    `numbered` is true if its comment ids are unique in their article only.
    """

    objects: Callable[[BinaryIO], Iterator[Found]]
    is_own: Callable[[Values], bool]
    rows: Callable[[Values], Iterator[Values]]
    numbered: bool = False


def parse_preset(reading: ImportSource, preset: Preset) -> Iterator[Item]:
    """Yields a record or a rejected record per comment, and articles.

    Raises:
        FormatError: before anything is yielded, if nothing at its head belongs to such a dump.
        StoppedError: the file breaks off.
    """
    objects = preset.objects(reading.stream)
    head, is_own = head_taken(objects, HEAD_OBJECTS, preset.is_own)
    if not is_own:
        raise FormatError(f"this is no dump of {reading.preset}")
    for line, found in chain(head, objects):
        if isinstance(found, Rejected):
            yield found
            continue
        for row in preset.rows(found):
            for record in row_records(row, line=line, time_format=reading.time_format):
                yield replace(record, numbered=preset.numbered) if isinstance(record, CommentRecord) else record


# -- Isso -------------------------------------------------------------------------------------------------------------


def _isso_rows(thread: Values) -> Iterator[Values]:
    article = {"article.external_id": thread.get("id"), "article.title": _isso_title(thread.get("title"))}
    if str(thread.get("id")).startswith(("http://", "https://")):
        article["article.url"] = thread["id"]
    comments = thread.get("comments") or []
    yield article
    seen: Counter[Any] = Counter()
    for comment in comments if isinstance(comments, list) else []:
        if isinstance(comment, dict):
            key = str(comment.get("id", ""))
            seen[key] += 1
            yield {**article, **_isso_comment(comment, key if seen[key] == 1 else f"{key}-{_digest(comment)}")}


def _isso_comment(comment: Values, key: str) -> Values:
    return {
        "external_id": key,
        "parent_external_id": comment.get("parent"),
        "text": comment.get("text"),
        "created_at": _isso_time(comment.get("created")),
        "origin_state": _ISSO_STATES.get(comment.get("mode", 1), "unapproved"),
        "commenter.name": comment.get("author"),
        "commenter.email": comment.get("email"),
        "commenter.ip": comment.get("remote_addr"),
        "meta": {name: comment[name] for name in ("website", "likes", "dislikes") if comment.get(name)},
    }


def _digest(comment: Values) -> str:
    """Returns a digest that distinguishes comments with the same id: some dumps give every comment the same one."""
    told = json.dumps([comment.get(name) for name in ("created", "author", "text")])
    return sha256(told.encode()).hexdigest()[:12]


def _isso_title(title: Any) -> Any:
    """Returns the title, URL-decoded if need be, as in some dumps."""
    is_quoted = isinstance(title, str) and _QUOTED_TITLE.fullmatch(title)
    return unquote_plus(title) if is_quoted else title


def _isso_time(value: Any) -> Any:
    """Returns the time as ISO 8601; Isso's own database counts seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return datetime.fromtimestamp(value, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(value)


# -- remark42 ---------------------------------------------------------------------------------------------------------


def _remark42_rows(comment: Values) -> Iterator[Values]:
    if "id" not in comment:
        # The first line describes the dump.
        return
    user, locator = _object(comment.get("user")), _object(comment.get("locator"))
    yield {
        "source": locator.get("site"),
        "external_id": comment["id"],
        "parent_external_id": comment.get("pid"),
        "text": comment.get("text") or comment.get("orig"),
        "text_format": "html" if comment.get("text") else "plain",
        "created_at": comment.get("time"),
        "origin_state": "deleted" if comment.get("delete") is True else "published",
        **_remark42_user(user),
        "article.url": locator.get("url"),
        "article.title": comment.get("title"),
        "meta": {"score": comment["score"]} if comment.get("score") else {},
    }


def _remark42_user(user: Values) -> Values:
    """Returns the commenter, none if the user was deleted too. Names are HTML-escaped in the dump."""
    if user.get("id") == "deleted":
        return {}
    found = {f"commenter.{field}": _only(user.get(key)) for field, key in (("external_id", "id"), ("name", "name"))}
    return {field: html.unescape(value) if isinstance(value, str) else value for field, value in found.items()}


def _only(value: Any) -> Any:
    """Returns the only member of a list, or the value: some dumps were converted from other systems."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _object(value: Any) -> Values:
    return value if isinstance(value, dict) else {}


# -- Coral ------------------------------------------------------------------------------------------------------------


def _coral_rows(row: Values) -> Iterator[Values]:
    """Yields the comment of `mongoexport --collection=comments`, or the article of `--collection=stories`."""
    if "storyID" not in row:
        told = _object(row.get("metadata"))
        yield {
            "article.external_id": row.get("id"),
            "article.url": row.get("url"),
            "article.title": told.get("title"),
            "article.section": told.get("section"),
            "article.published_at": told.get("publishedAt"),
        }
        return
    revisions = row.get("revisions") or [{}]
    latest = _object(revisions[-1]) if isinstance(revisions, list) else {}
    yield {
        "external_id": row.get("id"),
        "article.external_id": row["storyID"],
        "commenter.external_id": row.get("authorID"),
        "parent_external_id": row.get("parentID"),
        "created_at": row.get("createdAt"),
        "text": latest.get("body"),
        "text_format": "html",
        "origin_state": "deleted" if row.get("deletedAt") else _CORAL_STATES.get(row.get("status", ""), "unapproved"),
        "meta": {"status": row["status"]} if row.get("status") else {},
    }


PRESETS = {
    "isso": Preset(array_objects, lambda found: "comments" in found and "id" in found, _isso_rows, numbered=True),
    "remark42": Preset(line_objects, lambda found: "locator" in found, _remark42_rows, numbered=True),
    "coral": Preset(
        line_objects, lambda found: "storyID" in found or ("url" in found and "metadata" in found), _coral_rows
    ),
}
