# ruff: noqa: E501 - rows of pieces
"""Every function of the project that takes a text from outside, with texts that such functions are slow on."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rest_framework.exceptions import APIException

from archive.importers import FORMATS, HEAD_BYTES, format_detect
from archive.importers.files import _guarded
from archive.importers.records import FormatError, ImportSource, StoppedError
from archive.importers.rows.presets import PRESETS, parse_preset
from archive.importers.times import time_parse
from archive.text import pairs_joined, plain_text, text_lines
from moderation.api.requests.parsers import json_decode, refuse_bad_characters
from moderation.desk.policies.kinds import ends_read
from moderation.desk.wording.slurs import slurs_in
from moderation.desk.wording.text import changes, pieces
from moderation.perspective.errors import Refused
from moderation.perspective.messages.lenient import LenientError, loads
from moderation.perspective.messages.masks import masked, read_mask
from moderation.perspective.messages.schema import ANALYZE_RESPONSE
from moderation.scoring.explain import _pieces, word_ranges
from moderation.scoring.metrics.identity_terms import terms_in
from moderation.scoring.text.language import base_code, detect, distinct_words, language_code
from moderation.scoring.text.languages_apart import told_by_letters
from moderation.scoring.text.normalise import deobfuscate
from moderation.scoring.text.offset_mapped import readable, says_something
from moderation.scoring.text.sentences import sentence_ranges
from moderation.scoring.text.words.common_words import much_english, romanised_hindi
from moderation.scoring.token_marks import word_marks
from moderation.services.verdicts.features import ADDRESS, near_hash

PIECES = (
    "a", ".", "!", "*", "faggot ", "f*ggot", "f.", "nigger", " ", "\n", "\r\n", "\t", "e\u0301", "\u0301", "\u200b", "a\u200b",
    "<", ">", "&", "&amp;", "&#55357;", "@", "a@", "@a", "#a", "1", "1a", "a1!", "_", "$", "s$", "a.", "i d ", "i.d.", "a b ",
    "f*ck ", "fu-ck ", "stuuupid ", "1d10t ", "\u202eabc", "\u202e", "\u0430", "\u0430b ", "\U0001d54f", "\u3042", "\u0645\u200c",
    "http://a.b ", "www.", "http", "a, b. ", "a? B! ", "...", "-", "a-", "'", '"', "(", ")", "[", "]", "{", "}", "\\", "\\u", "/",
    "<b>", "<p>", "</p>", "<pre>", "<br>", "<a href=", "<!--", "<![CDATA[", "<div><p>", "<table>", "<td>", "<b a=b ",
    "<script>", "<i", "</", "\x0c", "\x0c ", "\xa0", "\U0001f44d", "word ", "Word. ", "1.", ":", ",", ";", "=", "%", "AaAa", "iıİ",
)  # fmt: skip


def _numbered(size: int) -> str:
    """Words that are all different."""
    return " ".join(f"w{at}" for at in range(size // 8))


def _masked_words(size: int) -> str:
    """Masked words that are all different."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join(f"{letters[at % 26]}*{letters[at // 26 % 26]}k{letters[at // 676 % 26]}" for at in range(size // 6))


TEXTS: dict[str, Callable[[int], str]] = {
    **{repr(piece): lambda size, piece=piece: piece * (size // len(piece)) for piece in PIECES},  # type: ignore[misc]
    "different words": _numbered,
    "different masked words": _masked_words,
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function, how it is called with one text, and the texts."""

    name: str
    call: Callable[[Any], Any]
    texts: dict[str, Callable[[int], Any]]


def _refused(call: Callable[[Any], Any], *errors: type[Exception]) -> Callable[[Any], Any]:
    def called(text: Any) -> None:
        with suppress(ValueError, *errors):
            call(text)

    return called


def _marks(text: str) -> Any:
    words = word_ranges(text)[:32]
    return word_marks(words, [(at, at + 1, 0.5) for at in range(len(text))])


def _spans(text: str) -> Any:
    cuts = list(range(0, len(text), 7))
    spans = [{"begin": b, "end": e, "kind": "word", "score": 0.5, "attribute": "toxicity"} for b, e in pairwise(cuts)]
    return pieces(text, spans, mask=True)


CALLS: dict[str, Callable[[str], Any]] = {
    "plain_text": lambda text: plain_text(text, "html"),
    "text_lines": text_lines,
    "pairs_joined": pairs_joined,
    "time_parse": _refused(time_parse),
    "deobfuscate": lambda text: deobfuscate(readable(text)),
    "says_something": says_something,
    "sentence_ranges": lambda text: sentence_ranges(text, "en"),
    "distinct_words": distinct_words,
    "detect": lambda text: detect(distinct_words(text)),
    "base_code": base_code,
    "language_code": language_code,
    "much_english": much_english,
    "romanised_hindi": romanised_hindi,
    "told_by_letters": lambda text: told_by_letters(text, {}, ()),
    "ends_read": ends_read,
    "word_ranges": word_ranges,
    "parts of an explanation": lambda text: _pieces(text, sentence_ranges(text, "en")),
    "word_marks": _marks,
    "terms_in": terms_in,
    "slurs_in": slurs_in,
    "pieces": lambda text: pieces(text, mask=True),
    "pieces with spans": _spans,
    "changes to nothing": lambda text: changes(text, ""),
    "changes to others": lambda text: changes(text, text.replace("w", "v")[::-1]),
    "near_hash": near_hash,
    "links": lambda text: set(ADDRESS.findall(text)),
    "lenient JSON": _refused(loads, LenientError),
    "lenient JSON in a list": _refused(lambda text: loads(f"[{text}"), LenientError),
    "lenient JSON in a string": _refused(lambda text: loads(f"{{a: '{text}"), LenientError),
    "strict JSON": _refused(lambda text: refuse_bad_characters(json_decode(text)), APIException),
    "strict JSON in a list": _refused(lambda text: json_decode(f"[{text}"), APIException),
    "read_mask": _refused(lambda text: read_mask(text, ANALYZE_RESPONSE), Refused),
    "masked": lambda text: masked({"a": [{"b": one} for one in text]}, {"a": {"*": {}}}),
}

# What files are made of, by format: the head, and pieces that are repeated after it.
_WXR = '<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
_DISQUS = '<?xml version="1.0"?><disqus xmlns:dsq="http://disqus.com/disqus-internals">'
_XML = ("<!-- ", "<![CDATA[", "]]>", "-->", "<b><![CDATA[", "&", "<", "<a:b>", "\n", "<a><b>", " a:b=", "</")
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "csv": (
        "external_id,article.external_id,text\n",
        ('a","x\n', 'a","x', '"', '"\n', '"a\n', '""\n', ",\n", ",", "\n", '"\r', "1,2,3\n", '1,2,"', '1,2,"x\n3,4,"y"\n', '"a","b\n'),
    ),
    "csv with a long header": ("", ("text,", '"a', "a,b;c|", "\t")),
    "jsonl": ("{}\n", ("{", "[", '{"a":', "\n", "{}\n", '{"text": "a"}\n', '"', "\\", "1", "{\n", "[[\n")),
    "page": (
        "Headline\n\nBy Some One\n\n",
        (
            "\n", "a\n", "a.\n", "\n\na\n", "a says:\n", "1. a says:\n", " 1. a says:\n", "Reply\n", "Share\n", "- a\n", " ", "a ",
            "May 3, 2021\n", "a says:\nMay 3, 2021 at 4:05 pm\n", "a says:\nMay 3, 2021 at 4:05 pm\nReply\n", "Photo: a\n", "\t",
            "By A B\n", "Like\n", "\r", "\f", "LONDON \n", "1.1. a says\n", "1.1.1. a on May 3, 2021 says\n", "A b\n\n", "Source: a\n",
        ),
    ),
    "wxr": (
        _WXR,
        (
            *(f"{tag}{piece}" for tag in ("<item>", "<wp:comment>", "<wp:author>", "<item><wp:comment>") for piece in _XML),
            "<item><link>", "<item></item>", "<item><b></item>", "<item", "<item ", "</item>", "\n", " ", "<item><link>a</link>",
            "<item><content:encoded>[caption]</content:encoded></item>", "<wp:comment></wp:comment>", "<item><title><![CDATA[",
            "<item><b><!--<item>--></item>",
        ),
    ),
    "wxr in one record": (
        f"{_WXR}<item><wp:post_id>1</wp:post_id><content:encoded><![CDATA[",
        ("[caption]", "[/caption]", "[gallery", "[a b=c ", "<figcaption>", "<p>", "<div>", "<", "[", "]]>", "&", "\n", "<b><i>"),
    ),
    "wxr in one broken record": (
        f"{_WXR}<item><wp:post_id>1</wp:post_id>&",
        ("<![CDATA[", "<a><![CDATA[", "]]>", "<a>", "&", "&a;", "<a:b>", "<", "a", "\x01", "<a b='", "</a>", "]]]]><![CDATA[>"),
    ),
    "wxr that is broken at its end": (
        _WXR, ("<item><b><![CDATA[", "<item><!--", "<item><b><!--<item><![CDATA[", "<wp:comment><b><![CDATA[")
    ),
    "disqus": (
        _DISQUS,
        (
            *(f"{tag}{piece}" for tag in ("<post>", "<thread>", "<category>", "<post><thread>") for piece in _XML),
            "<post></post>", "<post", "\n", "<post><b></post>", "<thread><post>", "<post><thread><category>",
        ),
    ),
    "wxr in its head": ("<?xml?>", ("<rss", "<rss ", "<!DOCTYPE", "<!--", "<?xml", "\n", " ", "<a:rss", "<!ENTITY", "xmlns:a=")),
    "disqus in its head": (f"{_DISQUS}", ("<forum>", "<forum> ", "<link>", "<language> ", "<forum><![CDATA[ ")),
    "isso": ("[", ("[", "{", '{"id":"a","title":"","comments":[]},', " ", "\n", '"', "1,")),
    "remark42": ("{}\n", ("{", "\n", '{"id":"a"}\n', '"')),
    "coral": ('{"storyID":"a"}\n', ("{", "\n", '{"storyID":"a","revisions":[{"body":"<p>a"}]}\n', '{"url":"a","metadata":{}}\n', '"')),
}  # fmt: skip
_ENDS = {"wxr that is broken at its end": "]]>--></item></channel></rss>"}


def _parsed(name: str) -> Callable[[bytes], Any]:
    form = name.split(maxsplit=1)[0]

    def parse(data: bytes) -> None:
        reading = ImportSource(stream=io.BytesIO(data), stem="a", preset=form if form in PRESETS else None)
        own = parse_preset(reading, PRESETS[form]) if form in PRESETS else FORMATS[form].parse(reading)
        with suppress(FormatError, StoppedError):
            for _ in _guarded(own, io.BytesIO(), None):
                pass

    return parse


def _detected(data: bytes) -> None:
    with suppress(FormatError):
        format_detect(data[:HEAD_BYTES], ImportSource(stream=io.BytesIO(), stem="a"))


def _file(head: str, piece: str, end: str) -> Callable[[int], bytes]:
    return lambda size: (head + piece * (size // len(piece)) + end).encode()


def functions() -> Iterator[Function]:
    """Every function with its texts."""
    for name, call in CALLS.items():
        yield Function(name, call, TEXTS)
    for name, (head, pieces_) in FILES.items():
        files = {f"{name} of {piece!r}": _file(head, piece, _ENDS.get(name, "")) for piece in pieces_}
        yield Function(f"import of {name}", _parsed(name), files)
    heads = {f"{name} of {piece!r}": _file(head, piece, "") for name, (head, some) in FILES.items() for piece in some}
    bare = {repr(piece): _file("", piece, "") for piece in PIECES}
    yield Function("format_detect", _detected, {**heads, **bare})
