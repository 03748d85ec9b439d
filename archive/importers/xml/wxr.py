"""The `wxr` format: an export from WordPress (1.0 to 1.2, and files whose version is missing or wrong).

Public posts and pages are articles, and so are other types on request; the rest is left out with its comments, and
counted by type and state. Comments are kept in any state; pingbacks, trackbacks and plugins' notes are not comments.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from archive.importers.records import ArticleRecord, CommentRecord, ImportSource, Item, Notice, Rejected, TextBlock
from archive.importers.times import time_parse
from archive.importers.xml.elements import readable_part, tag_name, texts
from archive.importers.xml.export import Export, XmlBroken, XmlRecord, time_missing
from archive.importers.xml.fragments import Grammar
from archive.text import plain_text, text_lines

GRAMMAR = Grammar(
    {
        "item": ("item", "wp:comment"),
        "wp:comment": ("item", "wp:comment", "/item"),
        "wp:author": ("item", "wp:comment", "wp:author"),
    },
    frozenset({"item"}),
)
_LINK = re.compile(r"<link>\s*+(?:<!\[CDATA\[\s*+)?(https?://[^\s<\]]+)")
_BLOG = re.compile(r"<wp:base_blog_url>\s*+(?:<!\[CDATA\[\s*+)?(https?://[^\s<\]]+)")
_LANGUAGE = re.compile(
    r"<language>\s*+(?:<!\[CDATA\[\s*+)?([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?)\s*+(?:\]\]>\s*+)?</language>"
)
_PUBLIC_TYPES = frozenset({"post", "page"})
# A closed topic of bbPress can still be read by everybody.
_PUBLIC_STATES = frozenset({"publish", "closed"})
# States that are not public, even in a requested type; a plugin's own states (wc-completed) are imported with it.
_NOT_PUBLIC = frozenset(
    {"draft", "auto-draft", "pending", "future", "trash", "private", "spam", "hidden", "inherit", "password"}
)
_NO_COMMENTS = frozenset({"pingback", "trackback", "webmention"})
_NOTES = re.compile(r"action_log|.*_notes?")
_STATES = {"1": "published", "approve": "published", "approved": "published", "spam": "spam", "trash": "deleted",
           "post-trashed": "deleted"}  # fmt: skip
# Some tools give every post, or every guest, the number 0.
_NO_ID = frozenset({"", "0", "-1"})
_ZERO = "0000-00-00"
_MAX_KEY = 255
# Without these there is no telling whether a broken item was public, or which article it is.
_ENOUGH = frozenset({"wp:post_id", "wp:status", "wp:post_type"})
_PASSWORD = re.compile(r"<wp:post_password>\s*+(?:<!\[CDATA\[\s*+)?[^\s<\]]")
_NAMING = {
    name: re.compile(rf"<{name}>\s*+(?:<!\[CDATA\[\s*+)?([^<\]]{{1,2000}}+)(?:\]\]>\s*+)?</{name}>")
    for name in ("wp:post_id", "link", "title")
}
# No caption contains the start of another: a body full of unclosed captions is scanned once, not once for each.
_CAPTION = re.compile(
    r"\[caption[^\[\]]{0,1000}\]([^\[]*+(?:\[(?!/?caption)[^\[]*+)*+)\[/caption\]"
    r"|<figcaption\b[^<>]*>([^<]*+(?:<(?!/?figcaption)[^<]*+)*+)</figcaption>"
)
# A shortcode has attributes, or an end tag, or is one of WordPress' own; other words in brackets are text.
_SHORTCODE = re.compile(
    r"\[/?(?:caption|gallery|embed|audio|video|playlist|more)\b[^\[\]]{0,2000}\]|\[/[a-z][\w-]{0,60}\]"
    r"|\[[a-z][\w-]{0,60}(?:\s+[\w-]{1,60}\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'\[\]]+))+\s*/?\]"
)


def parse_wxr(reading: ImportSource) -> Iterator[Item]:
    """Yields each article and then its comments, in file order.

    Raises:
        FormatError: before anything is yielded, if it is not such an export.
        StoppedError: the file is cut off.
    """
    export = Export(reading.stream, GRAMMAR, "rss")
    blog = _Blog(export, reading)
    for record in export.records():
        if isinstance(record, XmlRecord):
            yield from blog.take(record)
        elif isinstance(record, XmlBroken):
            yield from blog.take_broken(record)
        else:
            yield record


class _Blog:
    """The state of reading a file: the blog, its authors, and the article whose comments follow."""

    def __init__(self, export: Export, reading: ImportSource) -> None:
        language = _LANGUAGE.search(export.head)
        self._base = _site(export.head)
        self._site = "" if reading.source else self._base
        self._source = reading.source or self._site
        self._language = language[1].replace("_", "-") if language else ""
        self._left_out = export.left_out
        self._post_types = reading.post_types
        self._authors: dict[str, str] = {}
        self._article: ArticleRecord | None = None
        self._is_left_out = False

    def take(self, record: XmlRecord) -> Iterator[Item]:
        """Yields the items that a record stands for."""
        values = texts(record.element)
        if record.name == "wp:author":
            self._authors[values.get("wp:author_login", "")] = values.get("wp:author_display_name", "")
        elif record.name == "item":
            yield from self._item(record, values)
        elif (kind := values.get("wp:comment_type", "")) in _NO_COMMENTS or _NOTES.fullmatch(kind):
            self._left_out[kind] += 1
        elif self._is_left_out:
            self._left_out["comment on what was left out"] += 1
        else:
            comment = self._comment(record.line, values)
            yield comment
            if isinstance(comment, CommentRecord) and comment.created_at is None:
                yield time_missing(record.line)

    def take_broken(self, record: XmlBroken) -> Iterator[Item]:
        """Yields the readable part of an article; or its rejection, keeping its id and title for its comments."""
        line = record.rejected.line
        is_enough = record.name == "item" and all(f"<{name}" in record.text for name in _ENOUGH)
        part = readable_part(record.text) if is_enough else Element("none")
        values = texts(part)
        if values.keys() >= _ENOUGH and ("wp:post_password" in values or not _PASSWORD.search(record.text)):
            reason = "the article is kept up to a fault in it; what follows there was passed over"
            yield Notice(line=line, code="kept_in_part", reason=reason)
            yield from self._item(XmlRecord("item", part, line), values)
            return
        if record.name == "item":
            found = {name: form.search(record.text) for name, form in _NAMING.items()}
            self._article = self._made(line, {name: hit[1].strip() for name, hit in found.items() if hit})
            self._is_left_out = False
        yield record.rejected

    def _item(self, record: XmlRecord, values: dict[str, str]) -> Iterator[Item]:
        kind, state = values.get("wp:post_type") or "post", _post_state(values)
        section = next((_line(each.text or "") for each in record.element if _is_section(each)), "")
        self._article = self._made(record.line, values, section)
        self._is_left_out = not self._is_wanted(kind, state)
        if self._is_left_out:
            self._left_out[f"{kind} ({state})"] += 1
        elif self._article is None:
            reason = "the item has neither wp:post_id nor link nor guid"
            yield Rejected(line=record.line, field="article.external_id", code="required", reason=reason)
        else:
            yield self._article

    def _is_wanted(self, kind: str, state: str) -> bool:
        """Says whether to import an item: a public post or page, or one requested by type, or by type and state."""
        asked = kind in self._post_types and state not in _NOT_PUBLIC
        return asked or f"{kind}:{state}" in self._post_types or (kind in _PUBLIC_TYPES and state in _PUBLIC_STATES)

    def _made(self, line: int | None, values: dict[str, str], section: str = "") -> ArticleRecord | None:
        number = values.get("wp:post_id", "")
        key = number if number not in _NO_ID else values.get("link") or values.get("guid") or number
        if not key:
            return None
        body, captions = _parted(values.get("content:encoded", ""))
        blocks = tuple(TextBlock("heading" if heading else "paragraph", text) for heading, text in text_lines(body))
        author = values.get("dc:creator", "")
        return ArticleRecord(
            external_id=key,
            source=self._source,
            site=self._site,
            base=self._base,
            url=values.get("link", ""),
            title=_line(values.get("title", "")),
            section=section,
            summary=plain_text(values.get("excerpt:encoded", ""), "html"),
            byline=self._authors.get(author) or author,
            published_at=_time(values, "wp:post_date") or _rss_time(values.get("pubDate", "")),
            modified_at=_time(values, "wp:post_modified"),
            body="\n\n".join(block.text for block in blocks),
            blocks=blocks,
            furniture=tuple(TextBlock("caption", caption) for caption in captions),
            language=self._language,
            line=line,
        )

    def _comment(self, line: int | None, values: dict[str, str]) -> CommentRecord | Rejected:
        raw, state = values.get("wp:comment_content", ""), _state(values)
        if self._article is None:
            return Rejected(
                line=line, field="article", code="no_article", reason="the comment stands in no readable item"
            )
        if not values.get("wp:comment_id"):
            return Rejected(line=line, field="external_id", code="required", reason="wp:comment_id is missing")
        if not raw and state != "deleted":
            return Rejected(line=line, field="text", code="blank", reason="the comment has no text")
        parent, user = (values.get(name, "") for name in ("wp:comment_parent", "wp:comment_user_id"))
        name = _line(values.get("wp:comment_author", ""))
        return CommentRecord(
            external_id=values["wp:comment_id"],
            article=self._article,
            raw=raw,
            text=plain_text(raw, "html"),
            source=self._source,
            numbered=True,
            parent_external_id="" if parent in _NO_ID else parent,
            # The name is part of the id, because some exports give everybody the same number.
            commenter_external_id=f"user:{user}:{name}"[:_MAX_KEY] if user not in _NO_ID else "",
            commenter_name=name,
            email=values.get("wp:comment_author_email", ""),
            ip=values.get("wp:comment_author_IP", ""),
            text_format="html",
            created_at=_time(values, "wp:comment_date"),
            origin_state=state,
            line=line,
        )


def _site(head: str) -> str:
    """Returns host and path of the blog: the path distinguishes several blogs on one host."""
    link, blog = _LINK.search(head), _BLOG.search(head)
    found = [address for address in (blog, link) if address]
    try:
        parts = urlsplit(found[0][1]) if found else urlsplit("")
        return f"{parts.hostname or ''}{parts.path.rstrip('/')}".strip("/")
    except ValueError:
        return ""


def _post_state(values: dict[str, str]) -> str:
    """Returns an item's state, `password` for one protected by a password."""
    state = values.get("wp:status") or "publish"
    return "password" if values.get("wp:post_password") and state in _PUBLIC_STATES else state


def _is_section(element: Element) -> bool:
    return (
        tag_name(element.tag) == "category"
        and element.get("domain", "category") == "category"
        and element.get("nicename") != "uncategorized"
    )


def _state(values: dict[str, str]) -> str | None:
    """Returns the origin state; `unapproved` for any other value."""
    said = values.get("wp:comment_approved")
    return None if said is None else _STATES.get(said, "unapproved")


def _line(text: str) -> str:
    return " ".join(plain_text(text, "html").split())


def _time(values: dict[str, str], name: str) -> datetime | None:
    """Returns the time in UTC, or a naive local time, in the source's zone, if the file has only that."""
    for value, zone in ((values.get(f"{name}_gmt", ""), UTC), (values.get(name, ""), None)):
        if value and not value.startswith(_ZERO):
            try:
                found = time_parse(value)
            except ValueError:
                continue
            return found if found.tzinfo else found.replace(tzinfo=zone)
    return None


def _rss_time(value: str) -> datetime | None:
    try:
        return time_parse(value)
    except ValueError:
        return None


def _parted(body: str) -> tuple[str, list[str]]:
    """Returns a post's HTML without captions and shortcodes, and its captions."""
    captions = [_line(first or second) for first, second in _CAPTION.findall(body)]
    return _SHORTCODE.sub("\n", _CAPTION.sub("\n", body)), [caption for caption in captions if caption]
