"""The `page` format: the text of a saved news page, as an article and its thread of comments.

The rules match forms that news sites share, never a particular site. The article's id is the file's stem, a comment's
id its number path (`2.1`), which is unique in its article.
"""

from collections.abc import Iterator
from itertools import chain

import sentencex

from archive.importers.page.lines import PageLine, page_lines, units_made
from archive.importers.page.outline import Outline, outline_made
from archive.importers.page.thread import Split, ThreadComment, comments_read, thread_split
from archive.importers.page.unnumbered import announcements
from archive.importers.records import ArticleRecord, CommentRecord, ImportSource, Item, Notice, Rejected, TextBlock

_MAX_TITLE = 300


def parse_page(reading: ImportSource) -> Iterator[Item]:
    """Yields the article of a page, then its comments in the page's order.

    Raises:
        FormatError: before anything is yielded, if the file is not the text of a page.
    """
    lines, notices = page_lines(reading)
    split = thread_split(lines)
    outline = outline_made(units_made(split.article), day_first=_day_first(reading.time_format))
    article = _article(reading, outline, _around_thread(split))
    yield article or _no_article()
    yield from chain(notices, _notices(outline))
    if article:
        yield from _thread_notices(lines, split)
        yield from (_comment(said, article) for said in comments_read(split))


def _day_first(time_format: str | None) -> bool | None:
    """Returns whether 03 is the day in 03/04/2021, or None if `--time-format` does not say."""
    day, month = ((time_format or "").find(part) for part in ("%d", "%m"))
    return day < month if min(day, month) >= 0 else None


def _around_thread(split: Split) -> list[TextBlock]:
    """Returns what follows the comments: the comment form and the foot of the page."""
    units = units_made(split.after)
    found = outline_made(units)
    left = [piece.text for piece in found.blocks] + [found.title, found.summary]
    return found.furniture + [TextBlock("closing", text) for text in left if text]


def _article(reading: ImportSource, outline: Outline, after: list[TextBlock]) -> ArticleRecord | None:
    """Returns the article, or None if the page has neither a headline nor a body."""
    body = [block for block in outline.blocks if block.kind != "source"]
    if not outline.title and not body:
        return None
    return ArticleRecord(
        external_id=reading.stem,
        title=outline.title or first_sentence(body[0].text),
        title_derived=not outline.title,
        section=outline.section,
        summary=outline.summary,
        byline=outline.byline,
        dateline=outline.dateline,
        published_at=outline.published_at,
        modified_at=outline.modified_at,
        body="\n\n".join(block.text for block in body),
        blocks=tuple(outline.blocks),
        furniture=tuple(outline.furniture + after),
        line=1,
    )


def first_sentence(text: str) -> str:
    """Returns the first sentence of `text`, shortened with an ellipsis to the length of a title."""
    sentence = next(iter(sentencex.segment("en", text[: 4 * _MAX_TITLE])), text).strip()
    return sentence if len(sentence) <= _MAX_TITLE else sentence[: _MAX_TITLE - 1].rstrip() + "…"


def _no_article() -> Rejected:
    return Rejected(line=1, field="article", code="no_article", reason="the page has neither a headline nor a body")


def _notices(outline: Outline) -> Iterator[Notice]:
    if not outline.title and outline.blocks:
        yield Notice(line=1, code="title_derived", reason="the page has no headline: its first sentence is the title")
    if outline.unread:
        reason = "a date can be read in two ways: --time-format %d/%m/%Y or %m/%d/%Y tells which"
        yield Notice(line=None, code="date_ambiguous", reason=reason)


def _thread_notices(lines: list[PageLine], split: Split) -> Iterator[Notice]:
    """Yields notices about the thread: that none was read, or that times are missing."""
    if split.thread:
        silent = sum(1 for said in comments_read(split) if said.created_at is None)
        if silent:
            reason = f"{silent} comments have no time that can be read: that of the import stands for it"
            yield Notice(line=split.thread[0][0].line.number, code="no_time", reason=reason)
        return
    told = max((each for each in announcements(lines) if each.count), key=lambda each: each.count or 0, default=None)
    if told:
        reason = f"the page announces {told.count} comments and none was read: its thread has a form that is not known"
        yield Notice(line=lines[told.at].number, code="comments_unread", reason=reason)
    else:
        yield Notice(line=None, code="no_thread", reason="no comments were found on the page")


def _comment(said: ThreadComment, article: ArticleRecord) -> Item:
    if not said.raw.strip():
        return Rejected(line=said.line, field="text", code="blank", reason="the comment has no text")
    return CommentRecord(
        external_id=said.path,
        article=article,
        raw=said.raw,
        numbered=True,
        parent_external_id=said.parent,
        commenter_name=said.name,
        created_at=said.created_at,
        line=said.line,
    )
