"""Recognises the lines of an article: headings, sentences, bylines, datelines, source lines. Pure predicates."""

import re
from dataclasses import dataclass
from datetime import datetime

from archive.importers.page.dates import PageDate, dates_found

_CLOSERS = " ”\"’'»)]*"
_SOURCE = re.compile(
    r"\(?(?:sources?|via|originally published (?:by|in|on)|quelle|kaynak)\s*:\s*\S.{0,120}\)?", re.IGNORECASE
)
_BY = re.compile(r"(?:(?:written |reported )?by|text:|author:)\s+(?=[\w“\"])", re.IGNORECASE)
_ROLE = re.compile(
    r".{3,80}\b(?:staff (?:writer|reporter)|correspondent|reporter|contributor|columnist|editor)\)?", re.IGNORECASE
)
_LABELS = re.compile(
    r"(?P<later>\b(?:last )?(?:updated?|modified|edited)\b)"
    r"|\b(?:first )?(?:published|posted|created|date|issued|on|at)\b"
    r"|(?<!\w)[|·•:–—,/()-]+|[|·•:–—,/()-]+(?!\w)",
    re.IGNORECASE,
)
_SAID_WHEN = re.compile(r"\b(?:updated?|modified|edited|published|posted)\b", re.IGNORECASE)
_CAPITALS = r"[A-ZÀ-ÖØ-ÞĀ-Ž][A-ZÀ-ÖØ-ÞĀ-Ž.'’-]+"
_PLACE = rf"{_CAPITALS}(?:[ ,/]+{_CAPITALS}){{0,4}}"
_DATELINE = re.compile(rf"(?P<place>{_PLACE})(?: ?\([A-Za-z .,&/-]+\))?,?")
_LEADING_DATELINE = re.compile(
    rf"(?P<place>{_PLACE})(?:, [A-Z][a-z]+\.? \d{{1,2}})?(?: ?\([A-Za-z .,&/-]+\))?"
    r" ?(?:[–—]|--?(?= )) ?(?=[“\"‘«A-ZÀ-ÖØ-ÞĀ-Ž])"
)
_SENTENCE_END = re.compile(r"[.!?]\s")
_LETTERS = re.compile(r"\w{2}")
_MAX_HEADING = 160
_MAX_QUESTION_WORDS = 14
_MAX_BYLINE = 200
_MAX_NAME_WORDS = 8
_MOSTLY = 0.7
_MAX_SIGNED_WORDS = 12


def is_sentence(text: str) -> bool:
    """Says whether `text` ends like a sentence, or is longer than any heading."""
    end = text.rstrip(_CLOSERS)
    return len(text) > _MAX_HEADING or end.endswith((".", ":", ";", ",", "…")) or (end[-1:] in "!?" and not _asks(text))


def _asks(text: str) -> bool:
    """Says whether a line that ends in ! or ? may be a heading: short, one sentence, not a quotation."""
    short = len(text.split()) <= _MAX_QUESTION_WORDS
    return short and not _SENTENCE_END.search(text) and not text.startswith(("“", '"', "«", "‘", "'"))


def is_heading(text: str) -> bool:
    """Says whether `text` can be a heading: one short line with a word in it and no full stop at its end."""
    return "\n" not in text and bool(_LETTERS.search(text)) and not is_sentence(text)


def is_source_line(text: str) -> bool:
    """Says whether `text` names where a report came from: `Source: NAME`."""
    return _SOURCE.fullmatch(text) is not None


def dateline_place(text: str) -> str:
    """Returns the place of a dateline that stands alone (`MOSCOW`), or an empty string."""
    match = _DATELINE.fullmatch(text)
    return match["place"].strip(" ,") if match else ""


def leading_place(paragraph: str) -> str:
    """Returns the place of a dateline that opens a paragraph (`MOSCOW, Nov 26 (Agency) — …`), or an empty string."""
    match = _LEADING_DATELINE.match(paragraph)
    return match["place"].strip(" ,") if match else ""


@dataclass(frozen=True, slots=True)
class Byline:
    """Who wrote an article and when, from one line under its headline.

    `labelled` is true if the line begins with "By" or labels a date as published or updated; `unread` if it has a date
    that could not be read.
    """

    name: str
    labelled: bool = False
    published_at: datetime | None = None
    modified_at: datetime | None = None
    unread: bool = False


def byline_read(text: str, *, day_first: bool | None = None) -> Byline | None:
    """Returns the content of a byline or date line, or None if `text` is neither.

    Such a line has few words besides the dates; a sentence that mentions a date does not qualify.
    """
    if len(text) > _MAX_BYLINE:
        return None
    dates = dates_found(text, day_first=day_first)
    rest = _without(text, dates)
    name = " ".join(_BY.sub("", _LABELS.sub(" ", rest), count=1).split()).strip(" .")
    if dates:
        return _dated(text, dates, name) if _is_name(name) else None
    signed = (_BY.match(text) and len(text.split()) <= _MAX_SIGNED_WORDS) or _ROLE.fullmatch(text)
    return Byline(_BY.sub("", text, count=1), labelled=True) if signed and not is_sentence(text) else None


def _is_name(text: str) -> bool:
    """Says whether `text` is empty or can name people and their paper: few words, and capitals."""
    words = [word for word in text.split() if word.lower() not in {"and", "of", "for", "de", "van", "von", "in"}]
    return len(words) <= _MAX_NAME_WORDS and sum(word[0].isupper() for word in words) >= _MOSTLY * len(words)


def _without(text: str, dates: list[PageDate]) -> str:
    for date in reversed(dates):
        text = f"{text[: date.begin]} {text[date.end :]}"
    return text


def _dated(text: str, dates: list[PageDate], name: str) -> Byline:
    published, modified = None, None
    begin = 0
    for date in dates:
        later = any(label["later"] for label in _LABELS.finditer(text[begin : date.begin]))
        published, modified = (published, date.time) if later else (published or date.time, modified)
        begin = date.end
    labelled = _BY.match(text) is not None or _SAID_WHEN.search(text) is not None
    return Byline(name, labelled, published, modified, unread=any(date.time is None for date in dates))
