"""The article of a saved page: sorts its units into head, body and furniture. Middle step of the page importer."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from archive.importers.page.forms import (
    Byline,
    byline_read,
    dateline_place,
    is_heading,
    is_sentence,
    is_source_line,
    leading_place,
)
from archive.importers.page.furniture import closing_kind, furniture_kind, is_caption
from archive.importers.page.lines import Unit
from archive.importers.records import TextBlock

_CRUMBS = re.compile(r"\s[>»›/]\s")
_HEAD_UNITS = 15
_HEAD_PARAGRAPHS = 2
_CLOSING_UNITS = 4
_SECTION_WORDS = 3
_ALT_WORDS = 6
_SIGNING_WORDS = 4
_LIST_RUN = 3


@dataclass(slots=True)
class Outline:
    """An article's parts. `title` is empty if the page has no headline; `unread` is true if a date is ambiguous."""

    title: str = ""
    section: str = ""
    summary: str = ""
    byline: str = ""
    dateline: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    unread: bool = False
    blocks: list[TextBlock] = field(default_factory=list)
    furniture: list[TextBlock] = field(default_factory=list)


def outline_made(units: list[Unit], *, day_first: bool | None = None) -> Outline:
    """Returns the outline of an article from the units of its page, in order."""
    outline = Outline()
    kept = [unit for at, unit in enumerate(units) if not _is_apart(units, at, outline)]
    body = _body_begin(kept, day_first)
    headline = _headline(kept[:body])
    for unit in kept[: headline or 0]:
        _above(unit, outline, day_first)
    if headline is not None:
        outline.title = kept[headline].text
        _below(kept[headline + 1 : body], outline, day_first)
    _body(kept[body:], outline)
    return outline


def _is_apart(units: list[Unit], at: int, outline: Outline) -> bool:
    """Says whether a unit is furniture, by its words or as a photo's alternative text, and if so records it."""
    unit = units[at]
    kind = None if is_source_line(unit.text) else _apart_kind(unit) or _alt_kind(units, at)
    if kind:
        outline.furniture.append(TextBlock(kind, unit.text))
    return kind is not None


def _alt_kind(units: list[Unit], at: int) -> str | None:
    """Returns "caption" for a photo's alternative text: a few words between headline and first caption, else None.

    Further down, such a line above a photo is a sub-heading.
    """
    few = 0 < at < _HEAD_UNITS and len(units[at].text.split()) <= _ALT_WORDS and is_heading(units[at].text)
    if not (few and at + 1 < len(units) and not units[at + 1].bullets and is_caption(units[at + 1].text)):
        return None
    above = [unit for unit in units[:at] if not _apart_kind(unit)]
    sentences = sum(is_sentence(unit.text) for unit in above)
    # One sentence may be the summary, if a byline is below it.
    in_head = sentences == 0 or (sentences == 1 and any(byline_read(unit.text) for unit in above))
    return "caption" if in_head and any(is_heading(unit.text) for unit in above) else None


def _apart_kind(unit: Unit) -> str | None:
    if unit.bullets:
        return "caption" if any(is_caption(text) for text in unit.texts) else _list_kind(unit)
    return furniture_kind(unit.text) or ("caption" if is_caption(unit.text) else None)


def _list_kind(unit: Unit) -> str | None:
    """Returns the kind of a list whose every entry is furniture (links, buttons), or None."""
    kinds = [furniture_kind(text) for text in unit.texts]
    return kinds[0] if all(kinds) else None


# -- head -------------------------------------------------------------------------------------------------------------


def _body_begin(units: list[Unit], day_first: bool | None) -> int:
    """Returns the index of the first unit of the body: after the last byline, date, dateline or repeated headline."""
    first = next(
        (at for at, unit in enumerate(units) if is_sentence(unit.text) and not _signs(unit, day_first)), len(units)
    )
    title = _headline(units[:first])
    if title is None:
        return 0
    last, paragraphs = title, 0
    for at in range(title + 1, min(len(units), title + _HEAD_UNITS)):
        signs = _signs(units[at], day_first)
        # After a paragraph, a bare date is a sub-heading, as in a timeline.
        if (signs and (signs.labelled or not paragraphs)) or units[at].text == units[title].text or _places(units, at):
            last = at
        elif is_sentence(units[at].text):
            paragraphs += 1
        if paragraphs >= _HEAD_PARAGRAPHS:
            break
    return last + 1


def _signs(unit: Unit, day_first: bool | None) -> Byline | None:
    return None if unit.bullets else byline_read(unit.text, day_first=day_first)


def _places(units: list[Unit], at: int) -> bool:
    """Says whether a unit is a dateline: a place in capitals alone on its line, directly above a paragraph."""
    after = units[at + 1] if at + 1 < len(units) else None
    return bool(after and dateline_place(units[at].text) and is_sentence(after.text))


def _headline(units: list[Unit]) -> int | None:
    """Returns the index of the headline: the first heading that is neither a section label nor a byline."""
    last = None
    for at, unit in enumerate(units):
        if not unit.bullets and is_heading(unit.text) and _titles(unit):
            last = at
            if not _is_label(unit.text):
                break
    return last


def _titles(unit: Unit) -> bool:
    """Says whether a unit can be a headline; a line with only a name or a date cannot."""
    byline = byline_read(unit.text)
    return byline is None or (len(byline.name.split()) > _SIGNING_WORDS and not unit.text.lower().startswith("by "))


def _is_label(text: str) -> bool:
    return len(text.split()) <= _SECTION_WORDS or _CRUMBS.search(text) is not None


def _above(unit: Unit, outline: Outline, day_first: bool | None) -> None:
    """Records a unit above the headline: the label nearest to the headline is the section."""
    if signs := _signs(unit, day_first):
        _sign(signs, outline)
    elif is_heading(unit.text) and _is_label(unit.text):
        if outline.section:
            outline.furniture.append(TextBlock("site_name", outline.section))
        outline.section = _CRUMBS.split(unit.text)[-1]
    else:
        outline.furniture.append(TextBlock("navigation", unit.text))


def _sign(byline: Byline, outline: Outline) -> None:
    outline.byline = outline.byline or byline.name
    outline.published_at = outline.published_at or byline.published_at
    outline.modified_at = byline.modified_at or outline.modified_at
    outline.unread = outline.unread or byline.unread


def _below(units: list[Unit], outline: Outline, day_first: bool | None) -> None:
    """Records the units between headline and body; whatever is not byline, date or dateline is the summary."""
    summary = []
    for at, unit in enumerate(units):
        if unit.text == outline.title:
            outline.furniture.append(TextBlock("headline_repeat", unit.text))
        elif signs := _signs(unit, day_first):
            _sign(signs, outline)
        elif at + 1 == len(units) and dateline_place(unit.text):
            outline.dateline = dateline_place(unit.text)
        else:
            summary.append(unit.text)
    outline.summary = "\n".join(summary)


# -- body -------------------------------------------------------------------------------------------------------------


def _body(units: list[Unit], outline: Outline) -> None:
    end = _closing(units)
    body = units[:end]
    for at, unit in enumerate(body):
        kind = _block_kind(body, at)
        outline.blocks.extend(TextBlock(kind, text) for text in unit.texts)
    for unit in units[end:]:
        outline.furniture.append(TextBlock(closing_kind(unit.text) or "closing", unit.text))
    first = next((block.text for block in outline.blocks if block.kind == "paragraph"), "")
    outline.dateline = outline.dateline or leading_place(first)


def _closing(units: list[Unit]) -> int:
    """Returns the index of the end of the body: before the closing lines after the last paragraph."""
    end = len(units)
    while end > 0 and _closes(units, end):
        end -= 1
    return end if any(is_sentence(unit.text) for unit in units[:end]) else len(units)


def _closes(units: list[Unit], end: int) -> bool:
    unit = units[end - 1]
    if is_source_line(unit.text) or unit.bullets:
        return False
    near = len(units) - end < _CLOSING_UNITS
    return (near and closing_kind(unit.text) is not None) or (unit.alone and is_heading(unit.text))


def _block_kind(units: list[Unit], at: int) -> str:
    unit = units[at]
    if is_source_line(unit.text):
        return "source"
    return "heading" if _heads(units, at) else "paragraph"


def _heads(units: list[Unit], at: int) -> bool:
    """Says whether a line is a sub-heading: it precedes a paragraph, and is not one of a list's lines."""
    run = _run(units[at : at + _LIST_RUN])
    before = _run(units[max(0, at - _LIST_RUN) : at][::-1])
    return run > 0 and run + before < _LIST_RUN and at + run < len(units)


def _run(units: list[Unit]) -> int:
    """Returns how many of the first units are heading-like, one after another."""
    run = takewhile(lambda unit: not unit.bullets and is_heading(unit.text) and not is_source_line(unit.text), units)
    return len(list(run))
