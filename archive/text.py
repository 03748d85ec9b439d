"""Turns raw text into plain text: the form of a comment that is scored and shown.

Called by the archive's services when a comment is stored. No Django here.
"""

import hashlib
import html
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

# Elements that start and end a line.
_BLOCKS = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|button|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hgroup|hr|legend|li|main|menu|nav|ol|optgroup|option|p|pre|section|select|summary"
    r"|textarea|ul)\b)",
    re.IGNORECASE,
)
# Tags that make a parser move text around, or that it discards: cells become separate words, in source order.
_MOVERS = re.compile(
    r"<(/?)(?=(?:table|caption|colgroup|col|thead|tbody|tfoot|tr|td|th|html|head|body|frameset|frame)\b)", re.IGNORECASE
)
_BREAKING_TAG = re.compile(r"<(?:p|br|div|li|tr|blockquote|h[1-6]|pre)\b", re.IGNORECASE)
_PREFORMATTED = re.compile(r"<pre\b.*?(?:</pre|$)", re.IGNORECASE | re.DOTALL)
# Tags that change nothing in the text around them. If there are no others, no parser is needed: that holds for most
# comments, and parsing is the most expensive step of an import.
_PLAIN_TAG = re.compile(
    r"</?(?:abbr|acronym|a|blockquote|br|b|cite|code|del|div|em|font|h[1-6]|img|ins|i|kbd|li|mark|ol|p|q|small|span"
    r"|strike|strong|sub|sup|s|tt|ul|u)"
    r"(?:\s+[a-z][\w:-]*(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=`/]+))?)*\s*/?>",
    re.IGNORECASE | re.ASCII,
)
_DROPPED = ["script", "style", "template"]

# Marks the end of a line. A form feed is white space to an HTML parser, so it stays where it is put, even in tables.
_BREAK = "\f"
# Marks a heading after its tag has been removed and before the text is split into lines.
_HEADING = "\x1e"
_HEADING_TAG = re.compile(r"<(?=h[1-6]\b)", re.IGNORECASE)
# A single space is left alone: that is the common case.
_SPACES = re.compile(r"[ \t\r\n\v\xa0]{2,}|[\t\r\n\v\xa0]")
_ODD_SPACES = ("  ", "\xa0", "\t", "\n", "\r", "\v")
# A UTF-16 surrogate pair written as two numeric entities.
_HALVES = re.compile(r"&#([xX][dD][89abAB][0-9a-fA-F]{2}|5[56]\d{3});&#([xX][dD][c-fC-F][0-9a-fA-F]{2}|5[67]\d{3});")
_FIRST_HIGH, _FIRST_LOW, _LAST_LOW = 0xD800, 0xDC00, 0xDFFF
_LINE_ENDS = re.compile(r"\r\n?|\n")
_BREAKS = re.compile(r" ?\f[ \f]*")

# Closing an element walks up through its parents, so n nested ones cost n²; parsing in pieces keeps it linear.
_TAGS_A_PIECE = 1000


def text_digest(text: str) -> str:
    """Returns the SHA-256 of `text` in UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain_text(raw: str, text_format: str) -> str:
    """Returns the plain form of `raw`: plain text as it is, HTML without its markup.

    Words are kept and never joined, entities are decoded, blocks and `<br>` become line breaks; scripts, styles and
    comments are dropped. HTML without any block, as WordPress stores comments, keeps its own line breaks.
    """
    if text_format != "html":
        return raw
    raw = pairs_joined(raw)
    if "<" not in raw:
        return _tidy(_decoded(_LINE_ENDS.sub(_BREAK, raw)))
    marked = _marked(raw)
    parts = _PLAIN_TAG.split(marked)
    if any("<" in part for part in parts):
        return _tidy("".join(_words(piece) for piece in _pieces(marked)))
    # Part by part: characters separated by a tag do not form an entity.
    return _tidy("".join(map(_decoded, parts)))


def pairs_joined(raw: str) -> str:
    """Returns `raw` with each surrogate pair of entities replaced by its character; some systems write emoji so."""
    if "&#5" not in raw and "&#x" not in raw and "&#X" not in raw:
        return raw
    return _HALVES.sub(_joined, raw)


def _joined(halves: re.Match[str]) -> str:
    high, low = (int(f"0{each}", 16) if each[0] in "xX" else int(each) for each in halves.groups())
    whole = _FIRST_HIGH <= high < _FIRST_LOW <= low <= _LAST_LOW
    return chr(0x10000 + (high - _FIRST_HIGH) * 0x400 + (low - _FIRST_LOW)) if whole else halves[0]


def text_lines(raw: str) -> list[tuple[bool, str]]:
    """Returns the lines of an article's HTML, each with whether it is a heading; line breaks in it are kept."""
    broken = _LINE_ENDS.sub(_BREAK, pairs_joined(raw).replace(_HEADING, ""))
    marked = _HEADING_TAG.sub(_HEADING + "<", _parted(broken))
    lines = _tidy("".join(_words(piece) for piece in _pieces(marked))).split("\n")
    return [(line.startswith(_HEADING), text) for line in lines if (text := line.replace(_HEADING, "").strip())]


def _marked(raw: str) -> str:
    """Returns `raw` with a break mark wherever a line of its text ends."""
    if _BREAKING_TAG.search(raw):
        kept = _PREFORMATTED.sub(lambda pre: _LINE_ENDS.sub(_BREAK, pre[0]), raw)
    else:
        kept = _LINE_ENDS.sub(_BREAK, raw)
    return _parted(kept)


def _parted(raw: str) -> str:
    """Returns `raw` with a break mark before each block tag; table tags are renamed to unknown inline ones."""
    return _MOVERS.sub(_BREAK + r"<\1x-", _BLOCKS.sub(_BREAK + "<", raw))


def _pieces(marked: str) -> Iterator[str]:
    """Yields the text whole, or in pieces with a bounded number of tags if it has very many."""
    if marked.count("<") <= _TAGS_A_PIECE:
        yield marked
        return
    tags = marked.split("<")
    for begin in range(0, len(tags), _TAGS_A_PIECE):
        yield ("<" if begin else "") + "<".join(tags[begin : begin + _TAGS_A_PIECE])


def _decoded(text: str) -> str:
    return html.unescape(text) if "&" in text else text


def _words(piece: str) -> str:
    tree = LexborHTMLParser(piece, is_fragment=True)
    tree.strip_tags(_DROPPED)
    return tree.text()


def _tidy(text: str) -> str:
    spaced = _SPACES.sub(" ", text) if any(space in text for space in _ODD_SPACES) else text
    return (_BREAKS.sub("\n", spaced) if _BREAK in spaced else spaced).strip(" \n")
