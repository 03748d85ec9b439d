"""The comments under a saved page: where the thread begins and ends, who says what, and in reply to whom.

Two forms are recognised by their words: the numbered one, `2. NAME says`, nested by indentation, as a list is saved;
and the one with a time under each name, `NAME says:` / `May 3, 2021 at 4:05 pm`, also nested by indentation if the page
kept it. Forms without such a word are in `unnumbered`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.importers.page.furniture import furniture_kind
from archive.importers.page.headers import BUTTON, REPLY, CommentHeader, time_read
from archive.importers.page.lines import PageLine
from archive.importers.page.unnumbered import unnumbered_headers

_NAME = r"(?P<name>\S(?:.{0,98}?\S)?)"
_SAYS = r"(?:says|said|writes|wrote)"
_NUMBERED = re.compile(
    r"\s*(?P<number>\d{1,6}(?:\.\d{1,6}){0,20})[.)]\s+"
    rf"{_NAME}\s+(?:on (?P<on>.{{6,60}}?) )?{_SAYS}\s*:?\s*(?P<rest>.*)"
)
_NAMED = re.compile(rf"\s*(?:[•*+-]\s+)?{_NAME}\s+(?:on (?P<on>.{{6,60}}?) )?{_SAYS}\s*:?\s*(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class ThreadComment:
    """One comment of a thread. `path` is its number path (`2.1`), `parent` that of the one it answers, or empty."""

    line: int
    path: str
    parent: str
    name: str
    raw: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Split:
    """A page in three parts: the article's lines, the thread's headers, each with its lines, and what follows."""

    article: list[PageLine]
    thread: list[tuple[CommentHeader, list[PageLine]]]
    after: list[PageLine]


def thread_split(lines: list[PageLine]) -> Split:
    """Splits the lines of a page before the first comment and after the last."""
    headers = dict(_headers(lines))
    end = _end(lines, headers, min(headers)) if headers else 0
    if not headers:
        headers, end = unnumbered_headers(lines)
    if not headers:
        return Split(lines, [], [])
    begin = min(headers)
    starts = [at for at in sorted(headers) if at < end]
    stops = [*starts[1:], end]
    thread = [(headers[start], lines[start + 1 : stop]) for start, stop in zip(starts, stops, strict=True)]
    return Split(lines[:begin], thread, lines[end:])


def _headers(lines: list[PageLine]) -> Iterator[tuple[int, CommentHeader]]:
    for at, line in enumerate(lines):
        if header := _numbered(line) or _named(line, lines[at + 1 : at + 3]):
            yield at, header


def _numbered(line: PageLine) -> CommentHeader | None:
    match = _NUMBERED.fullmatch(line.raw)
    if match is None:
        return None
    found, time = _told(match)
    return CommentHeader(line, match["number"], match["name"], time) if found or not match["rest"] else None


def _named(line: PageLine, following: list[PageLine]) -> CommentHeader | None:
    """A name without a number opens a comment only with a time next to or below it: articles have `NAME says:` too."""
    match = _NAMED.fullmatch(line.raw)
    if match is None:
        return None
    found, time = _told(match)
    if not found and not match["rest"]:
        below = next((row.text for row in following if row.raw.strip()), "")
        found = time_read(below)[0]
    return CommentHeader(line, "", match["name"], time) if found else None


def _told(match: re.Match[str]) -> tuple[bool, datetime | None]:
    return time_read(match["on"] or match["rest"])


def _end(lines: list[PageLine], headers: dict[int, CommentHeader], begin: int) -> int:
    """Returns the index of the thread's end: a line indented less than the comments, or the comment form."""
    outermost = min(header.line.indent for header in headers.values())
    for at in range(begin + 1, len(lines)):
        line = lines[at]
        if at in headers or not line.raw.strip() or REPLY.fullmatch(line.text):
            continue
        if line.indent < outermost or furniture_kind(line.text) in {"comment_prompt", "copyright"}:
            return at
    return len(lines)


def comments_read(split: Split) -> Iterator[ThreadComment]:
    """Yields the comments of the thread in page order; one without text has an empty `raw`."""
    paths = _Paths()
    for header, lines in split.thread:
        path, parent = paths.next(header)
        created_at, raw = _content(header, lines)
        yield ThreadComment(header.line.number, path, parent, header.name, raw, created_at)


class _Paths:
    """Assigns each comment its number path: by indentation, or its own number if that is a path (`2.1`)."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self._given: set[str] = set()
        self._highest: dict[str, int] = {}

    def next(self, header: CommentHeader) -> tuple[str, str]:
        """Assigns and returns path and parent path of the comment that `header` opens."""
        while self._open and self._open[-1][0] >= header.line.indent:
            self._open.pop()
        parent, _, number = header.number.rpartition(".")
        if not parent and self._open:
            parent = self._open[-1][1]
        path = self._free(parent, int(number or self._highest.get(parent, 0) + 1))
        self._open.append((header.line.indent, path))
        return path, parent

    def _free(self, parent: str, number: int) -> str:
        """Assigns the path of `number`, or the next free one if it is taken: some pages restart their numbering."""
        path = _path(parent, number)
        if path in self._given:
            number = self._highest[parent] + 1
            path = _path(parent, number)
        self._given.add(path)
        self._highest[parent] = max(number, self._highest.get(parent, 0))
        return path


def _path(parent: str, number: int) -> str:
    return f"{parent}.{number}" if parent else str(number)


def _content(header: CommentHeader, lines: list[PageLine]) -> tuple[datetime | None, str]:
    """Returns time and text of a comment, without the time under its name and the buttons around it."""
    rows = _stripped(lines)
    created_at = header.created_at
    if rows and created_at is None:
        found, created_at = time_read(rows[0].text)
        rows = _stripped(rows[1:] if found else rows)
    end = len(rows)
    while end and (not rows[end - 1].raw.strip() or _is_button(rows[end - 1].text, alone=end == 1)):
        end -= 1
    return created_at, _dedented(rows[:end])


def _is_button(last: str, *, alone: bool) -> bool:
    """Says whether the last row is a button under a comment; a lone "Like" is the comment's text."""
    return bool(REPLY.fullmatch(last)) or (not alone and bool(BUTTON.fullmatch(last)))


def _stripped(lines: list[PageLine]) -> list[PageLine]:
    """Returns `lines` without blank ones at either end."""
    kept = [at for at, line in enumerate(lines) if line.raw.strip()]
    return lines[kept[0] : kept[-1] + 1] if kept else []


def _dedented(lines: list[PageLine]) -> str:
    """Returns the lines as typed, without the indentation of the list they are in."""
    margin = min((line.indent for line in lines if line.raw.strip()), default=0)
    return "\n".join((line.raw.expandtabs(4)[margin:] if margin else line.raw).rstrip() for line in lines)
