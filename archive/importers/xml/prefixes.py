"""Exports whose namespaces have other prefixes than usual, as after a tool has rewritten them.

Records are found by the names of their tags (`wp:comment`): a file with `ns1:comment` is renamed while it is read.
"""

import re
from collections.abc import Mapping

from archive.importers.xml.fragments import Bytes

_DECLARED = re.compile(rb"\bxmlns:([A-Za-z_][A-Za-z0-9_.-]{0,60})\s*=\s*[\"']\s*([^\"'\s]{1,200})\s*[\"']")
# Namespace addresses, each with its usual prefix; elements of Disqus have none.
_USUAL = (
    (re.compile(rb"https?://wordpress\.org/export/[^/]*/excerpt/?"), b"excerpt"),
    (re.compile(rb"https?://wordpress\.org/export/[^/]*/?"), b"wp"),
    (re.compile(rb"https?://purl\.org/rss/1\.0/modules/content/?"), b"content"),
    (re.compile(rb"https?://purl\.org/dc/elements/1\.1/?"), b"dc"),
    (re.compile(rb"https?://disqus\.com/disqus-internals/?"), b"dsq"),
    (re.compile(rb"https?://disqus\.com/?"), b""),
)
# A tag may be split between two reads: up to this many bytes of it are held back until the rest arrives.
_SPLIT_TAG = 4096


def prefixes_odd(root_tag: bytes) -> dict[bytes, bytes]:
    """Returns unusual prefix → usual prefix for what a root's start tag declares."""
    declared = _DECLARED.findall(root_tag)
    usual = {prefix: name for prefix, address in declared for form, name in _USUAL if form.fullmatch(address)}
    return {prefix: name for prefix, name in usual.items() if prefix != name}


class Renamed:
    """A stream with the usual prefixes in tags and attributes. `begun` is what has been read of it already."""

    def __init__(self, stream: Bytes, prefixes: Mapping[bytes, bytes], begun: bytes) -> None:
        self._stream, self._held = stream, begun
        self._names = {prefix + b":": name + b":" if name else b"" for prefix, name in prefixes.items()}
        any_of = b"|".join(map(re.escape, sorted(self._names, key=len, reverse=True)))
        # In a tag, or before what looks like an attribute.
        self._form = re.compile(rb"(?:(?<=<)|(?<=</)|(?<=\s)(?=[\w.-]+:[\w.-]+\s*=\s*[\"']))(?:" + any_of + rb")")

    def read1(self, size: int) -> bytes:
        """Returns some bytes, none at the end. Returns what is held before it reads more, which may fail."""
        while not (cut := self._whole()):
            data = self._stream.read1(size)
            self._held += data
            if not data:
                cut = len(self._held)
                break
        out, self._held = self._held[:cut], self._held[cut:]
        return self._form.sub(lambda match: self._names[match[0]], out)

    def _whole(self) -> int:
        """Returns how much of the held bytes can be renamed: up to the last tag, which may be incomplete."""
        cut = self._held.rfind(b"<")
        return len(self._held) if cut < 0 or len(self._held) - cut > _SPLIT_TAG else cut
