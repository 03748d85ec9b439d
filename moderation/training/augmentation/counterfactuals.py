"""Counterfactuals: an identity term is replaced by another, or put before or instead of a word for people.

Whom a comment names does not make it toxic. In the sets some terms occur mostly in abuse and others never; a text whose
term was replaced keeps its labels, so that nothing can be learnt from the term alone. These are real comments with one
word changed, not templates.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace

from moderation.scoring.metrics.identity_terms import TERMS
from moderation.training.examples import Example, Marked

_PEOPLE = (
    r"(?:people|persons?|m[ae]n|wom[ae]n|guys?|girls?|boys?|kids?|child(?:ren)?|folks?|friends?|neighbou?rs?|"
    r"users?|editors?|students?|teachers?|famil(?:y|ies)|citizens?|voters?|writers?)\b"
)
PEOPLE = re.compile(rf"\b{_PEOPLE}", re.IGNORECASE)
# Terms that mean a person only before a word for one: an "old version" is no person, nor is a "white wall".
VAGUE = frozenset(
    ["straight", "black", "white", "old", "older", "young", "younger", "male", "female", "american", "european"]
)
CLEAR = tuple(term for term in TERMS if term not in VAGUE)
# How often a term replaces the word for people; and how often it is a vague one then, since nothing else teaches these
# as persons.
IN_PLACE, VAGUE_IN_PLACE = 0.5, 0.5


def _any_of(terms: Iterable[str]) -> str:
    return "|".join(sorted(terms, key=len, reverse=True))


NAMED = re.compile(rf"\b(?:(?:{_any_of(CLEAR)})\b|(?:{_any_of(VAGUE)})(?=\s+{_PEOPLE}))", re.IGNORECASE)


def counterfactual(example: Example, chance: random.Random, *, named: float, unnamed: float) -> Example | None:
    """The example about other people; None if it names nobody, or by chance.

    Args:
        named: Probability that a text which names a group gets another one.
        unnamed: Probability that a text which mentions people gets a group.
    """
    if found := list(NAMED.finditer(example.text)):
        return _with_another_term(example, chance.choice(found), chance) if chance.random() < named else None
    if people := list(PEOPLE.finditer(example.text)):
        return _with_a_term(example, chance.choice(people), chance) if chance.random() < unnamed else None
    return None


def _with_another_term(example: Example, term: re.Match[str], chance: random.Random) -> Example:
    begin, end = term.span()
    return _with(example, begin, end, chance.choice(TERMS))


def _with_a_term(example: Example, word: re.Match[str], chance: random.Random) -> Example:
    """*A kind man* as *a kind deaf man*; or *a kind black*, which the sets rarely say kindly."""
    if chance.random() < IN_PLACE:
        terms = sorted(VAGUE) if chance.random() < VAGUE_IN_PLACE else TERMS
        return _with(example, word.start(), word.end(), chance.choice(terms))
    return _with(example, word.start(), word.start(), f"{chance.choice(TERMS)} ")


def _with(example: Example, begin: int, end: int, said: str) -> Example:
    text = example.text[:begin] + said + example.text[end:]
    spans = example.spans
    return replace(example, text=text, spans=spans and moved(spans, end, len(said) - (end - begin)))


def moved(spans: Marked, after: int, longer: int) -> Marked:
    """Spans shifted by `longer` if they begin or end at or after `after`."""

    def place(at: int) -> int:
        return at + longer if at >= after else at

    return tuple((place(begin), max(place(begin) + 1, place(end)), share) for begin, end, share in spans)
