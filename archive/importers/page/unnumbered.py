"""Threads whose comments open with just a name and a time: read only if the rest of the page confirms them.

Two forms: `Ann Smith, 2 hours ago` on one line, and a name with the time on the line below. News pages also have such
lines above articles, next to links and in author boxes. They open comments only if each has text below it, and either
enough of them end with `Reply`, or there are as many as the page announces, at least two.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.importers.page.furniture import furniture_kind
from archive.importers.page.headers import BUTTON, REPLY, CommentHeader, time_read
from archive.importers.page.lines import PageLine

_PARTED = re.compile(r"\S(?:.{0,58}?\S)?(?:\s*+[,•·|–—-]\s*+|\s++)\S.*")
_NOT_IN_A_NAME = re.compile(r"[:?!;|>»…]|\.$")
_WORDS = r"comments?|responses?|replies|reader comments|yorum"
_ANNOUNCED = re.compile(
    rf"\W*+(?:(?:all|view|show|see|join the (?:conversation|discussion)|member discussion)\W++)?"
    rf"(?:(?P<count>\d{{1,6}}|one|no)\s++(?:{_WORDS}|thoughts?)(?:\s++(?:on|to)\s.*+)?"
    rf"|(?:{_WORDS})\s*+[(:]?\s*+(?P<after>\d{{0,6}})\s*+\)?)\W*+",
    re.IGNORECASE,
)
_MAX_NAME_WORDS = 4
_MIN_HEADERS = 2


@dataclass(frozen=True, slots=True)
class Announcement:
    """A line like `3 Comments`: the count, or None if it gives none, and the index of the line."""

    at: int
    count: int | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that may open a comment, and the lines that would belong to it, except the one with its time."""

    at: int
    header: CommentHeader
    rows: list[PageLine]

    @property
    def is_answerable(self) -> bool:
        return any(REPLY.fullmatch(row.text) for row in self.rows)

    @property
    def has_words(self) -> bool:
        return any(row.raw.strip() and not _is_foot(row) for row in self.rows)


def _is_foot(row: PageLine) -> bool:
    return bool(REPLY.fullmatch(row.text) or BUTTON.fullmatch(row.text) or furniture_kind(row.text))


def announcements(lines: list[PageLine]) -> list[Announcement]:
    """Returns the announcements of comments, in page order."""
    return [found for at, line in enumerate(lines) if (found := _announced(at, line.text))]


def _announced(at: int, text: str) -> Announcement | None:
    match = _ANNOUNCED.fullmatch(text) if text else None
    if match is None:
        return None
    said = (match["count"] or match["after"] or "").lower()
    return Announcement(at, {"one": 1, "no": 0}.get(said, int(said) if said.isdigit() else None))


def unnumbered_headers(lines: list[PageLine]) -> tuple[dict[int, CommentHeader], int]:
    """Returns the headers of such a thread by line index, and the index of its end; no headers if there is none."""
    told = announcements(lines)
    for announced in [*reversed(told), None]:
        begin = announced.at + 1 if announced else 0
        found = list(_candidates(lines, begin))
        if announced is None:
            found = _from_the_first_answerable(found)
        while found and not found[-1].has_words:
            # Links to other articles, each with its time, follow the thread.
            found.pop()
        if _is_thread(found, announced):
            return {each.at: each.header for each in found}, _end(found[-1], lines)
    return {}, len(lines)


def _candidates(lines: list[PageLine], begin: int) -> Iterator[_Candidate]:
    heads = [(at, *head) for at in range(begin, len(lines)) if (head := _head(lines, at))]
    stops = [*(at for at, *_ in heads), len(lines)][1:]
    for (at, header, own), stop in zip(heads, stops, strict=True):
        yield _Candidate(at, header, lines[own:stop])


def _head(lines: list[PageLine], at: int) -> tuple[CommentHeader, int] | None:
    """Returns the header in a line, perhaps with the next one, and the index where its text begins."""
    line = lines[at]
    for match in _splits(line.text):
        found, time = time_read(match[1])
        if found and _is_name(match[0]):
            return CommentHeader(line, "", match[0], time), at + 1
    if not _is_name(line.text):
        return None
    below = next((n for n in range(at + 1, min(at + 3, len(lines))) if lines[n].raw.strip()), None)
    # The time stays among the comment's lines, where it is read as in the other forms.
    is_dated = below is not None and time_read(lines[below].text)[0]
    return (CommentHeader(line, "", line.text, None), (below or 0) + 1) if is_dated else None


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Yields the ways to split a line into a name and a possible time."""
    match = _PARTED.fullmatch(text) if len(text) <= 2 * 60 else None
    if match is None:
        return
    words = text.split()
    for count in range(1, min(_MAX_NAME_WORDS + 1, len(words))):
        yield " ".join(words[:count]).rstrip(" ,•·|–—-"), " ".join(words[count:]).lstrip(" ,•·|–—-")


def _is_name(text: str) -> bool:
    """Says whether a line can be a name: a few words that are not a sentence, a time or a button."""
    words = text.split()
    return (
        0 < len(words) <= _MAX_NAME_WORDS
        and words[0][0].isalnum()
        and not words[0].isdigit()
        and not _NOT_IN_A_NAME.search(text)
        and not furniture_kind(text)
        and not REPLY.fullmatch(text)
        and not BUTTON.fullmatch(text)
        and not time_read(text)[0]
        and _announced(0, text) is None
    )


def _from_the_first_answerable(found: list[_Candidate]) -> list[_Candidate]:
    first = next((n for n, each in enumerate(found) if each.is_answerable), len(found))
    return found[first:]


def _is_thread(found: list[_Candidate], announced: Announcement | None) -> bool:
    answerable = sum(each.is_answerable for each in found)
    if not found or not all(each.has_words for each in found):
        return False
    if answerable >= (1 if announced else _MIN_HEADERS) and answerable * 2 >= len(found):
        return True
    return announced is not None and len(found) >= _MIN_HEADERS and announced.count == len(found)


def _end(last: _Candidate, lines: list[PageLine]) -> int:
    """Returns the index of the last comment's end: after its buttons, or before page furniture."""
    begin = next(at for at, line in enumerate(lines) if line is last.rows[0])
    for at in range(begin, len(lines)):
        if REPLY.fullmatch(lines[at].text):
            return _after_buttons(lines, at + 1)
        if furniture_kind(lines[at].text) in {"comment_prompt", "copyright", "related", "navigation"}:
            return at
    return len(lines)


def _after_buttons(lines: list[PageLine], at: int) -> int:
    while at < len(lines) and (not lines[at].raw.strip() or BUTTON.fullmatch(lines[at].text)):
        at += 1
    return at
