"""Parses one record of an XML export: decodes it, refuses entity declarations, and repairs it if possible.

Exports are broken in typical ways: bytes in another encoding than declared, control characters, HTML entities outside
CDATA, CDATA without an end or with one too many. What is certain is repaired, with a notice.
"""

import html.entities
import io
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element, ParseError, XMLParser

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from archive.importers.encoding import text_decoded
from archive.importers.xml.fragments import Fragment
from archive.text import pairs_joined

_PREFIX = re.compile(r"</?([A-Za-z_][A-Za-z0-9_.-]*):|\s([A-Za-z_][A-Za-z0-9_.-]*):[A-Za-z0-9_.-]+\s*=\s*[\"']")
# Prefixes used by exports of both kinds. A record with another one is parsed again with its own.
_USUAL = ("wp", "dc", "content", "excerpt", "wfw", "dsq")
_RESERVED = frozenset({"xml", "xmlns"})
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LONE_MARK = re.compile(r"<(?![A-Za-z_/!?])")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_LEAF = re.compile(r"<([A-Za-z_][\w.-]{0,60}(?::[\w.-]{1,60})?)((?:\s[^<>]{0,500})?)>\s{0,200}<!\[CDATA\[")
_END_TAG = re.compile(r"</([A-Za-z_][\w.-]{0,60}(?::[\w.-]{1,60})?)>")
# Repairing holds several copies of the text, so its size is bounded.
_MAX_MENDED = 1024 * 1024
# Our root is at depth 0, the record at 1, its children at 2.
_CHILD_DEPTH = 2
_SURROGATES = range(0xD800, 0xE000)
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Parsed:
    """A record's element, or None and the reason; `notices` are codes of what was done to read it."""

    element: Element | None
    reason: str = ""
    notices: tuple[str, ...] = ()


def fragment_parsed(fragment: Fragment, encoding: str, *, close: bool) -> Parsed:
    """Parses a record. `encoding` is the declared one; `close` adds the missing end tag of an open-ended record."""
    if not fragment.fault and (element := _sound_element(fragment, close=close)) is not None:
        return Parsed(element)
    text, notice = text_decoded(fragment.data, encoding)
    notices = (notice,) if notice else ()
    if close and not text.rstrip().endswith(f"</{fragment.name}>"):
        text = f"{text}</{fragment.name}>"
    element, reason = _element(text)
    if element is not None:
        return Parsed(element, notices=notices)
    better = mend(text)
    mended, _ = _element(better) if better != text else (None, "")
    return Parsed(None, reason) if mended is None else Parsed(mended, notices=(*notices, "mended"))


def readable_part(text: str) -> Element:
    """Returns an element with the complete children of a broken record, up to its first fault."""
    element = Element("part")
    depth = 0
    try:
        for event, child in iterparse(io.BytesIO(_rooted(text).encode()), events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            if event == "end" and depth == _CHILD_DEPTH:
                element.append(child)
    except (ParseError, DefusedXmlException, ValueError):
        pass
    return element


def _sound_element(fragment: Fragment, *, close: bool) -> Element | None:
    """Returns the element of a well-formed record in UTF-8, as nearly all are; None if it needs a closer look.

    Uses plain expat for its speed: inside our root there can be no document type, so nothing can declare entities, and
    an undeclared one is an error.
    """
    data, end = fragment.data, f"</{fragment.name}>".encode()
    parser = XMLParser(encoding="utf-8")  # noqa: S314 - see above
    try:
        parser.feed(_USUAL_ROOT)
        parser.feed(data)
        parser.feed(end + b"</r>" if close and not data.rstrip().endswith(end) else b"</r>")
        root: Element = parser.close()
    except (ParseError, ValueError):
        return None
    return root[0] if len(root) == 1 else None


def _element(text: str) -> tuple[Element | None, str]:
    try:
        root = fromstring(_rooted(text), forbid_dtd=True)
    except ParseError as error:
        return None, f"not well-formed: {_cause(error)}"
    except (DefusedXmlException, ValueError):
        return None, "not well-formed: it declares entities, or holds half of a character"
    return (root[0], "") if len(root) == 1 else (None, "not well-formed: a record has swallowed the next one")


def _rooted(text: str) -> str:
    """Wraps a record in a root that declares its prefixes: exports differ in their namespace addresses."""
    prefixes = sorted({prefix for pair in _PREFIX.findall(text) for prefix in pair if prefix} - _RESERVED)
    return f"{_root(prefixes)}{text}</r>"


def _root(prefixes: Iterable[str]) -> str:
    declared = "".join(f' xmlns:{prefix}="{prefix}"' for prefix in prefixes)
    return f"<r{declared}>"


_USUAL_ROOT = _root(_USUAL).encode()


def _cause(error: ParseError) -> str:
    """Returns expat's message, which quotes nothing of the text."""
    return str(error).partition(":")[0]


# -- mending ----------------------------------------------------------------------------------------------------------


def mend(text: str) -> str:
    """Returns the record with certain slips repaired; anything else broken stays as it is."""
    text = _CONTROLS.sub("", text)
    if len(text) <= _MAX_MENDED:
        text = "".join(_leaves(text))
    last = text.rfind("]]>") + len("]]>")
    parts = [*_CDATA.split(text[:last]), text[last:]] if last >= len("]]>") else [text]
    return "".join(part if part.startswith("<![CDATA[") else _outside(part) for part in parts)


def _leaves(text: str) -> Iterator[str]:
    """Yields the text with CDATA elements rewritten: each ends at its end tag, wherever its CDATA marks are."""
    end = 0
    closes = _end_tags(text)
    for match in _LEAF.finditer(text):
        close = _next_of(closes.get(match[1], []), match.end()) if match.start() >= end else -1
        if close >= 0:
            content = text[match.end() : close].rstrip().removesuffix("]]>").replace("]]]]><![CDATA[>", "]]>")
            yield f"{text[end : match.start()]}<{match[1]}{match[2]}>{html.escape(content, quote=False)}"
            end = close
    yield text[end:]


def _end_tags(text: str) -> dict[str, list[int]]:
    """Returns the positions of the end tags by name: searching from each start tag would be quadratic."""
    found = defaultdict(list)
    for match in _END_TAG.finditer(text):
        found[match[1]].append(match.start())
    return found


def _next_of(places: list[int], begin: int) -> int:
    """Returns the first of the places at or after `begin`, or -1."""
    at = bisect_left(places, begin)
    return places[at] if at < len(places) else -1


def _outside(part: str) -> str:
    """Repairs text outside CDATA: HTML entities become characters, and stray `&` and `<` are escaped."""
    part = pairs_joined(part)
    pieces = []
    end = 0
    for match in _ENTITY.finditer(part):
        pieces += [part[end : match.start()].replace("&", "&amp;"), _character(match[1])]
        end = match.end()
    pieces.append(part[end:].replace("&", "&amp;"))
    return _LONE_MARK.sub("&lt;", "".join(pieces))


def _character(name: str) -> str:
    if name in _XML_ENTITIES:
        return f"&{name};"
    if name.startswith("#"):
        return _numbered(int(f"0{name[1:]}", 0) if name[1] == "x" else int(name[1:]))
    found = html.entities.html5.get(f"{name};")
    return html.escape(found, quote=False) if found else f"&amp;{name};"


def _numbered(number: int) -> str:
    good = number in {9, 10, 13} or (number >= ord(" ") and number not in _SURROGATES and number <= _LAST_CHARACTER)
    return f"&#{number};" if good and number not in {0xFFFE, 0xFFFF} else ""


def texts(element: Element) -> dict[str, str]:
    """Returns the texts of an element's children by name (`wp:comment_id`); the first one if a name repeats."""
    found: dict[str, str] = {}
    for child in element:
        name = tag_name(child.tag)
        if name not in found:
            found[name] = (child.text or "").strip()
    return found


@lru_cache(maxsize=1024)
def tag_name(tag: str) -> str:
    """Returns `wp:comment_id` for `{wp}comment_id`."""
    return tag[1:].replace("}", ":", 1) if tag.startswith("{") else tag
