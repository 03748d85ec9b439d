"""Word stems by Snowball, one stemmer a thread: they keep state and may not be shared."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import Stemmer

# Language code → the name of Snowball's algorithm.
STEM_LANGUAGES = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}

# Stems that each thread remembers for a language: most words of a text are common ones.
REMEMBERED = 50_000

_thread = threading.local()


def stems_of(words: Sequence[str], language: str) -> list[str]:
    """Returns each word's stem, in the same order; raises KeyError for a language without an algorithm."""
    known: dict[str, _Stems] = _thread.__dict__.setdefault("known", {})
    if language not in known:
        known[language] = _Stems(Stemmer.Stemmer(STEM_LANGUAGES[language], 0))
    stems = known[language]
    return [stems[word] for word in words]


class _Stems(dict[str, str]):
    """Word → stem, filled as words are asked for and emptied when there are many."""

    def __init__(self, stemmer: Stemmer.Stemmer) -> None:
        super().__init__()
        self._stemmer = stemmer

    def __missing__(self, word: str) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        stem: str = self._stemmer.stemWord(word)
        self[word] = stem
        return stem
