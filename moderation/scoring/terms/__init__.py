"""Finds the terms of word lists in a text as it is read, so that disguises do not get around them."""

from moderation.scoring.terms.matcher import Term, TermMatcher
from moderation.scoring.terms.stems import STEM_LANGUAGES
from moderation.scoring.terms.words import words_of

__all__ = ["STEM_LANGUAGES", "Term", "TermMatcher", "words_of"]
