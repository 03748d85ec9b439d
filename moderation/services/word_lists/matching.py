"""Matches texts with the current versions of all lists, compiled once in a process for each change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from moderation.models import WordList, WordListEntry, WordListVersion, WordMatch
from moderation.scoring.terms import Term, TermMatcher

# The newest version of any list, and when it was made: after a rollback SQLite gives the same id once more.
Newest = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True)
class CompiledLists:
    """All lists as they were at an edition: the id of the newest version among them, 0 without lists."""

    edition: int
    versions: Mapping[str, int]
    matcher: TermMatcher

    def facts(self, text: str, language: str = "") -> dict[str, dict[str, int]]:
        """Returns list → `{"version", "hits"}`, of every list: a hit is a place in the text."""
        hits = self.matcher.hits(text, language)
        return {name: {"version": version, "hits": len(hits.get(name, ()))} for name, version in self.versions.items()}


def lists_edition() -> int:
    """Returns the edition of the lists as they are now. One query."""
    return _newest()[0]


def lists_compiled() -> CompiledLists:
    """Returns the lists as they are now. One query, and reading and compiling them after a change."""
    return _compiled(_newest())


def _newest() -> Newest:
    newest = WordListVersion.objects.order_by("-pk").values_list("pk", "created_at").first()
    return newest or (0, None)


@lru_cache(maxsize=1)
def _compiled(newest: Newest) -> CompiledLists:
    # A list that changed while it was read is read again: versions, entries and edition belong together.
    while True:
        versions = dict(WordList.objects.filter(version__gt=0).values_list("name", "version"))
        matcher = TermMatcher(_terms())
        now = _newest()
        if now == newest:
            return CompiledLists(newest[0], versions, matcher)
        newest = now


def _terms() -> Iterator[Term]:
    rows = WordListEntry.objects.filter(removed_in=None).order_by("pk")
    for name, term, language, match, allow in rows.values_list(
        "list__name", "term", "language", "match", "allow"
    ).iterator():
        yield Term(name, term, language, stem=match == WordMatch.STEM, allow=allow)
