"""The `disqus` format: an export from Disqus. Its threads are articles, its posts are comments.

A post whose thread is not in the file is kept under an article that has only the thread's id.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from archive.importers.records import ArticleRecord, CommentRecord, ImportSource, Item, Rejected
from archive.importers.times import time_parse
from archive.importers.xml.elements import texts
from archive.importers.xml.export import Export, XmlBroken, XmlRecord, time_missing
from archive.importers.xml.fragments import Grammar
from archive.text import plain_text

GRAMMAR = Grammar(
    {"category": ("category", "thread", "post"), "thread": ("thread", "post"), "post": ("post",)},
)
_ID = "{dsq}id"
_FORUM = re.compile(r"<forum>\s*+(?:<!\[CDATA\[\s*+)?([^<\]]{1,200}+)(?:\]\]>\s*+)?</forum>")


def parse_disqus(reading: ImportSource) -> Iterator[Item]:
    """Yields articles and comments in file order, threads first.

    Raises:
        FormatError: before anything is yielded, if it is not such an export.
        StoppedError: the file is cut off.
    """
    export = Export(reading.stream, GRAMMAR, "disqus")
    forum = _Forum(export.head, reading.source)
    for record in export.records():
        if isinstance(record, XmlRecord):
            yield from forum.take(record)
        else:
            yield record.rejected if isinstance(record, XmlBroken) else record


class _Forum:
    """The state of reading a file: the forum, the names of its categories, and the articles of its threads."""

    def __init__(self, head: str, source: str | None) -> None:
        forum = _FORUM.search(head)
        self._given, self._forum = source or "", forum[1].strip() if forum else ""
        self._categories: dict[str, str] = {}
        self._threads: dict[str, ArticleRecord] = {}

    def take(self, record: XmlRecord) -> Iterator[Item]:
        """Yields the items that a record stands for."""
        values, key = texts(record.element), record.element.get(_ID, "").strip()
        if record.name == "category":
            self._categories[key] = _line(values.get("title", ""))
        elif not key:
            field = "article.external_id" if record.name == "thread" else "external_id"
            yield Rejected(line=record.line, field=field, code="required", reason="dsq:id is missing")
        elif record.name == "thread":
            article = self._article(record, key, values)
            self._threads[key] = ArticleRecord(
                external_id=key, source=article.source, url=article.url, title=article.title, line=article.line
            )
            yield article
        else:
            comment = self._comment(record, key, values)
            yield comment
            if isinstance(comment, CommentRecord) and comment.created_at is None:
                yield time_missing(record.line)

    def _source(self, values: dict[str, str]) -> str:
        """Returns the source of a record: the caller's, else the record's forum, else the file's."""
        return self._given or values.get("forum") or self._forum

    def _article(self, record: XmlRecord, key: str, values: dict[str, str]) -> ArticleRecord:
        return ArticleRecord(
            external_id=key,
            source=self._source(values),
            url=values.get("link", ""),
            title=_line(values.get("title", "")),
            section=self._categories.get(_reference(record.element, "category"), ""),
            byline=_line(_author(record.element).get("name", "")),
            published_at=_time(values.get("createdAt", "")),
            body=plain_text(values.get("message", ""), "html"),
            line=record.line,
        )

    def _comment(self, record: XmlRecord, key: str, values: dict[str, str]) -> CommentRecord | Rejected:
        thread, raw, state = _reference(record.element, "thread"), values.get("message", ""), _state(values)
        if not thread:
            return Rejected(line=record.line, field="article", code="no_article", reason="the post names no thread")
        if not raw and state != "deleted":
            return Rejected(line=record.line, field="text", code="blank", reason="the comment has no text")
        author = _author(record.element)
        anonymous = author.get("isAnonymous", "").lower() == "true"
        article = self._threads.get(thread) or ArticleRecord(
            external_id=thread, source=self._source(values), line=record.line
        )
        return CommentRecord(
            external_id=key,
            article=article,
            raw=raw,
            text=plain_text(raw, "html"),
            source=article.source,
            parent_external_id=_reference(record.element, "parent"),
            commenter_external_id="" if anonymous else author.get("username", ""),
            commenter_name=_line(author.get("name", "")),
            email=author.get("email", ""),
            ip=values.get("ipAddress", ""),
            text_format="html",
            created_at=_time(values.get("createdAt", "")),
            origin_state=state,
            line=record.line,
        )


def _reference(element: Element, name: str) -> str:
    """Returns the id that a child like `<thread dsq:id="2"/>` refers to."""
    child = element.find(name)
    return "" if child is None else child.get(_ID, "").strip()


def _author(element: Element) -> dict[str, str]:
    child = element.find("author")
    return {} if child is None else texts(child)


def _state(values: dict[str, str]) -> str:
    said = {name for name in ("isDeleted", "isSpam") if values.get(name, "").lower() == "true"}
    if "isDeleted" in said:
        return "deleted"
    if "isSpam" in said:
        return "spam"
    return "unapproved" if values.get("isApproved", "").lower() == "false" else "published"


def _time(value: str) -> datetime | None:
    try:
        return time_parse(value)
    except ValueError:
        return None


def _line(text: str) -> str:
    return " ".join(plain_text(text, "html").split())
