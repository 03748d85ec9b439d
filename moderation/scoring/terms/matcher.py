"""Finds many terms in a text at once, by Aho and Corasick's automaton: the time depends on the text, not the terms."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import ahocorasick

from moderation.scoring.terms.disguises import readings
from moderation.scoring.terms.stems import stems_of
from moderation.scoring.terms.words import UNSPACED, is_dotless, word_ranges, words_of
from moderation.scoring.text.language import base_code
from moderation.scoring.text.offset_mapped import OffsetMappedText

Range = tuple[int, int]
# Letters at which a word is told from those of the lists.
BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase of a list.

    Attributes:
        list: The list's name.
        term: The word or phrase, with a letter or a digit in it.
        language: Code of the texts that it counts in; empty for all.
        stem: Whether the stems of words are compared; then `language` is one of `STEM_LANGUAGES`.
        allow: Whether it is harmless: what lies within it is no hit of its list.
    """

    list: str
    term: str
    language: str = ""
    stem: bool = False
    allow: bool = False


# What a match stands for: the list, the language in which it counts, and whether it is allowed.
Meaning = tuple[str, str, bool]


class TermMatcher:
    """The terms of all lists, compiled; safe to share between threads."""

    def __init__(self, terms: Iterable[Term]) -> None:
        """Compiles the terms; 100,000 take about a second. Raises ValueError for a term without a word."""
        meanings: dict[str, dict[str, dict[Meaning, None]]] = defaultdict(lambda: defaultdict(dict))
        self._words: set[str] = set()
        self._stems: dict[str, set[str]] = defaultdict(set)
        shared: dict[Meaning, Meaning] = {}
        for term in terms:
            key = self._key(term)
            meaning = (term.list, base_code(term.language) if term.language else "", term.allow)
            meanings[meaning[1] if term.stem else ""][key][shared.setdefault(meaning, meaning)] = None
        self._automata = {language: _automaton(keys) for language, keys in meanings.items()}
        self._begins = {word[:BEGINNING] for known in (self._words, *self._stems.values()) for word in known}

    def _key(self, term: Term) -> str:
        words = words_of(term.term, term.language)
        if not words:
            raise ValueError(f"{term.term!r} has no word")
        if term.stem:
            words = stems_of(words, base_code(term.language))
            self._stems[base_code(term.language)].update(words)
        else:
            self._words.update(words)
        key = " ".join(words)
        return key if UNSPACED.search(key) else f" {key} "

    def hits(self, text: str, language: str = "") -> dict[str, list[Range]]:
        """Returns list → where it hits, in code points of `text`; terms that overlap are one place.

        Args:
            text: As given, disguised or not.
            language: The text's language; terms of every language count if it is empty.
        """
        if not self._automata:
            return {}
        code = base_code(language) if language else ""
        denied: dict[str, list[Range]] = defaultdict(list)
        allowed: dict[str, list[Range]] = defaultdict(list)
        for (name, _, allow), place in set(self._matches(text, code)):
            (allowed if allow else denied)[name].append(place)
        found = {name: _merged(_outside(places, allowed.get(name, ()))) for name, places in denied.items()}
        return {name: places for name, places in found.items() if places}

    def _matches(self, text: str, code: str) -> Iterator[tuple[Meaning, Range]]:
        for reading in readings(text, self._is_listed):
            for folded in ("", code) if is_dotless(code) and "I" in reading.text else (code,):
                words, ranges = words_of(reading.text, folded), _Ranges(reading.text)
                for language, automaton in self._automata.items():
                    if language and code and language != code:
                        continue
                    compared = stems_of(words, language) if language else words
                    yield from _found(automaton, compared, reading, ranges, code)

    def _is_listed(self, word: str) -> bool:
        # Most of what is asked about is no word at all: its beginning tells that without a stemmer.
        if self._begins.isdisjoint({word[:BEGINNING], word[: BEGINNING - 1]}):
            return False
        return word in self._words or any(stems_of([word], code)[0] in known for code, known in self._stems.items())


def _automaton(keys: dict[str, dict[Meaning, None]]) -> Any:
    automaton = ahocorasick.Automaton()
    for key, meanings in keys.items():
        automaton.add_word(key, (len(key), tuple(meanings)))
    automaton.make_automaton()
    return automaton


class _Ranges:
    """Where the words of a text are; looked up once, at the first match, as most texts have none."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def all(self) -> list[Range]:
        return word_ranges(self._text)


def _found(
    automaton: Any, words: Sequence[str], reading: OffsetMappedText, ranges: _Ranges, code: str
) -> Iterator[tuple[Meaning, Range]]:
    row = f" {' '.join(words)} "
    places: _Places | None = None
    for last, (length, meanings) in automaton.iter(row):
        counted = [one for one in meanings if not one[1] or not code or one[1] == code]
        if counted:
            places = places or _Places(list(accumulate(map(len, words), _next_begin, initial=1)), ranges.all)
            place = reading.origin(*places.place(row, last - length + 1, last))
            yield from ((one, place) for one in counted)


def _next_begin(begin: int, length: int) -> int:
    return begin + length + 1


@dataclass(frozen=True, slots=True)
class _Places:
    """Where words begin in a row of them, and their ranges in the text."""

    begins: Sequence[int]
    ranges: Sequence[Range]

    def place(self, row: str, first: int, last: int) -> Range:
        """The range in the text of `row[first:last + 1]`: from a word's begin to a word's end, or within a word."""
        first, last = first + (row[first] == " "), last - (row[last] == " ")
        one, other = bisect_right(self.begins, first) - 1, bisect_right(self.begins, last) - 1
        begin = self.ranges[one][0] + first - self.begins[one]
        end = self.ranges[other][1] if row[last + 1] == " " else self.ranges[other][0] + last + 1 - self.begins[other]
        return min(begin, self.ranges[one][1] - 1), min(end, self.ranges[other][1])


def _outside(places: Iterable[Range], allowed: Iterable[Range]) -> list[Range]:
    """The places that lie within none of those allowed."""
    ordered = sorted(allowed)
    furthest = list(accumulate((end for _, end in ordered), max))
    begins = [begin for begin, _ in ordered]
    before = ((place, bisect_right(begins, place[0])) for place in places)
    return [place for place, count in before if not count or furthest[count - 1] < place[1]]


def _merged(places: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for begin, end in sorted(places):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
