"""Reads words of a list that are written in leetspeak, broken, stretched, spaced or in look-alike letters.

The scoring normaliser knows its own words alone. Here the same kinds of disguise are taken off if what they hide is a
word of a list, whatever it is. Honest texts have no sign of a disguise and cost one search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, product

from moderation.scoring.text.confusables import FIGURES, is_disguise, is_foreign, latin
from moderation.scoring.text.deobfuscation import BROKEN, EDGES, MAX_LENGTH, MAX_WAYS, SIGN, STRETCHED, WORDS
from moderation.scoring.text.despacing import SPACED, SPLIT
from moderation.scoring.text.normalise import LETTERS, STYLED, look
from moderation.scoring.text.offset_mapped import Edit, OffsetMappedText, readable
from moderation.scoring.text.words import word_lists

# Signs that word processors set, as typed: with them many an honest text is ASCII.
TYPOGRAPHY = str.maketrans("‘’‚“”„«»–—…\xa0", "'''" + 5 * '"' + "  . ")
IsListed = Callable[[str], bool]
# What `WORDS` ends at.
SEPARATOR = re.compile(r"[\s,;:\"“”()\[\]{}<>?…/\\=]")
# Letters of a word that is hidden among others in a spaced run; shorter ones arise by chance.
MIN_HIDDEN = 4


def readings(text: str, is_listed: IsListed) -> list[OffsetMappedText]:
    """Returns what a text may be read as: itself, the scoring normaliser's reading, and both without disguises.

    Args:
        text: As given.
        is_listed: Whether a word, in lower case, is one of a list's.
    """
    plain = readable(text)
    suspicious, normal = look(plain)
    if suspicious and not plain.isascii():
        plain = plain.translate(TYPOGRAPHY)
        suspicious, normal = look(plain)
    given = OffsetMappedText.of(plain)
    if not suspicious:
        return [given]
    found = {one.text: one for one in ((given, normal) if normal else (given,))}
    for one in list(found.values()):
        bare = _undisguised(one, is_listed)
        found.setdefault(bare.text, bare)
    return list(found.values())


def _undisguised(reading: OffsetMappedText, is_listed: IsListed) -> OffsetMappedText:
    for step in (_look_alikes, _spaced, _words) if not reading.text.isascii() else (_spaced, _words):
        edits = list(step(reading.text, is_listed))
        reading = reading.edited(edits) if edits else reading
    return reading


def _look_alikes(text: str, is_listed: IsListed) -> Iterator[Edit]:
    """Words with letters of other scripts or styled ones; words of nothing else only in a text in Latin letters."""
    is_latin = None
    for found in STYLED.finditer(text):
        word = found[0]
        if word.isascii() or len(word) > MAX_LENGTH or not any(is_disguise(c) for c in word):
            continue
        if all(is_foreign(c) for c in word):
            is_latin = _is_mostly_latin(text) if is_latin is None else is_latin
            if not is_latin:
                continue
        if plain := _listed([latin(c) or FIGURES.get(c, "") for c in word], is_listed):
            yield (*found.span(), plain)


def _is_mostly_latin(text: str) -> bool:
    """Whether at least half of the words that are not foreign throughout outweigh those that are."""
    words = LETTERS.findall(text)
    return 2 * sum(any(c.isascii() for c in word) for word in words) >= len(words)


def _spaced(text: str, is_listed: IsListed) -> Iterator[Edit]:
    """Runs of single letters that spell a listed word, whole or in part."""
    for found in SPACED.finditer(text):
        places = [found.start() + one.start() for one in SPLIT.finditer(found[0])]
        options = [FIGURES.get(text[at]) or latin(text[at]) or text[at].lower() for at in places]
        if len(options) <= MAX_LENGTH and (whole := _listed(options, is_listed)):
            yield places[0], places[-1] + 1, whole
        else:
            yield from _hidden([option[0] for option in options], places, is_listed)


def _hidden(letters: list[str], places: list[int], is_listed: IsListed) -> Iterator[Edit]:
    row, at = "".join(letters), 0
    if row in word_lists.known():
        return
    while at <= len(row) - MIN_HIDDEN:
        ends = range(min(len(row), at + MAX_LENGTH), at + MIN_HIDDEN - 1, -1)
        end = next((end for end in ends if is_listed(row[at:end])), None)
        if end is not None:
            yield places[at], places[end - 1] + 1, row[at:end]
        at = end or at + 1


def _words(text: str, is_listed: IsListed) -> Iterator[Edit]:
    """Words with digits, marks or stretched letters that hide a listed word."""
    at = 0
    while sign := SIGN.search(text, at):
        begin = sign.start()
        while begin > at and not SEPARATOR.match(text, begin - 1):
            begin -= 1
        word = WORDS.match(text, begin)
        at = max(sign.end(), word.end() if word else 0)
        if word:
            yield from _uncovered(word[0], begin, is_listed)


def _uncovered(written: str, offset: int, is_listed: IsListed) -> Iterator[Edit]:
    for core in dict.fromkeys((written.rstrip(".!'’-_~"), written.strip(EDGES))):
        if len(core) > 1 and (plain := _plain(core, is_listed)):
            begin = offset + written.index(core)
            yield begin, begin + len(core), plain
            return
    at = 0
    for part in BROKEN.split(written):
        at = written.index(part, at)
        if 1 < len(part) < len(written) and SIGN.search(part) and (plain := _plain(part, is_listed)):
            yield offset + at, offset + at + len(part), plain
        at += len(part)


def _plain(written: str, is_listed: IsListed) -> str:
    """The listed word that is written so; empty if there is none, or if it is written as it is."""
    word = STRETCHED.sub(r"\1\1\1", written.lower())
    if len(word) > 2 * MAX_LENGTH or is_listed(word):
        return ""
    for base in dict.fromkeys((word, "".join(BROKEN.split(word)))):
        if len(base) <= MAX_LENGTH and 2 * sum(c.isalpha() for c in base) >= len(base) - 1:
            options = [FIGURES.get(c) or latin(c) or (c if c.isalpha() else "") for c in base]
            if found := _listed(options, is_listed):
                return found
    return ""


def _listed(options: list[str], is_listed: IsListed) -> str:
    """The first listed word among the ways to read a row of signs, stretched letters taken once or twice."""
    if not all(options):
        return ""
    ways = ("".join(letters) for letters in islice(product(*options), MAX_WAYS))
    return next((short for way in ways for short in _shortened(way) if is_listed(short)), "")


def _shortened(word: str) -> Iterator[str]:
    runs = STRETCHED.split(word)
    if len(runs) == 1:
        yield word
        return
    letters = runs[1::2]
    for counts in islice(product((1, 2, 3), repeat=len(letters)), MAX_WAYS):
        kept = [letter * count for letter, count in zip(letters, counts, strict=True)]
        yield "".join(part + letter for part, letter in zip(runs[::2], [*kept, ""], strict=True))
