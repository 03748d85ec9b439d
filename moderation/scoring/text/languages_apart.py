"""Tells the languages of several models apart: which of them a comment is in, if that is sure enough.

An English comment must hardly ever be taken for another, since short and rude ones look foreign to a detector: what has
much everyday English in it is English, and another language has to be told by the words and by the text as written. In
other letters than Latin a comment cannot be English, and the letters themselves tell much. Measured in
docs/explanation/language-detection.md.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from moderation.scoring.text.words.common_words import much_english, romanised_hindi

Probable = Mapping[str, float]
HINDI_IN_LATIN = "hi-Latn"
ENGLISH = "en"
# The least probability of a language, for texts of fewer letters than the first number.
SURE = ((12, 0.8), (20, 0.6), (40, 0.45))
SURE_AT_LENGTH = 0.4
# From this probability up, English is told, and not only assumed.
DETECTED = 0.5
# The most that English may have, and the least that the text as written must give the language.
ENGLISH_MOST, AS_WRITTEN_LEAST = 0.25, 0.15
# Of another language in the same letters that no model knows.
SURE_OF_ANOTHER = 0.9
# Of letters of one script, the languages that may be meant; the first if the detector names none of them.
SCRIPTS = {
    "HANGUL": ("ko",),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "CJK": ("zh", "ja"),
    "CYRILLIC": ("ru", "uk", "bg", "be", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba", "cv", "os", "sah"),
    "ARABIC": ("ar", "fa", "ur", "ps", "ckb", "ug", "sd", "pnb", "azb", "arz", "mzn"),
    "DEVANAGARI": ("hi", "mr", "ne", "sa", "mai", "bh", "gom", "new"),
    "GREEK": ("el",),
    "HEBREW": ("he", "yi"),
    "THAI": ("th",),
    "GEORGIAN": ("ka", "xmf"),
    "ARMENIAN": ("hy",),
    "BENGALI": ("bn", "as", "bpy"),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
}
# Japanese has kana among its characters; a Chinese text may have a single one for show.
KANA, KANA_TENTH = frozenset({"HIRAGANA", "KATAKANA"}), 10
# Arabic of a country, as it is written in comments, is Arabic here.
SAME = {"arz": "ar", "yue": "zh", "wuu": "zh"}
# Latin letters and marks that only one of the languages at hand has; the detector must give it this much at least.
LETTERS = {
    "tr": frozenset("ğı"),
    "de": frozenset("ß"),
    "es": frozenset("ñ¿¡"),
    "pt": frozenset("ãõ"),
    "pl": frozenset("łąęśźż"),
    "cs": frozenset("řěů"),
    "sv": frozenset("å"),
}
LETTER_LEAST = 0.1
UKRAINIAN, RUSSIAN = frozenset("іїєґ"), frozenset("ыэъё")


def told_by_letters(words: str, probable: Probable, known: Collection[str]) -> tuple[str, float]:
    """The language of a text in other letters than Latin, and how sure that is; no language if the letters are rare.

    One that is `known` is preferred to another that the detector is not sure of.
    """
    scripts = [script_of(character) for character in words if character.isalpha()]
    if KANA_TENTH * sum(script in KANA for script in scripts) > len(scripts):
        return "ja", 1.0
    script = next((name for name, _ in Counter(scripts).most_common(1)), "")
    written = SCRIPTS.get(script, ())
    if len(written) == 1:
        return written[0], 1.0
    if script == "CYRILLIC" and (slavic := _east_slavic(words, probable)):
        return slavic
    found: dict[str, float] = {}
    for code, value in probable.items():
        found.setdefault(SAME.get(code, code), value)
    if script == "CJK":
        # Without kana it is Chinese, whatever a detector makes of single characters.
        return "zh", found.get("zh", 0.0)
    likely = sorted((code for code in written if code in found), key=lambda code: -found[code])
    sure = [code for code in likely if code in known or found[code] >= SURE_OF_ANOTHER]
    best = next(iter([*sure, *likely, *written]), "")
    return best, found.get(best, 0.0)


def _east_slavic(words: str, probable: Probable) -> tuple[str, float] | None:
    """Ukrainian or Russian where the detector takes one for the other against the letters."""
    best, letters = next(iter(probable), ""), set(words)
    if best in {"ru", ""} and letters & UKRAINIAN and not letters & RUSSIAN:
        return "uk", probable.get("uk", 0.0)
    if best == "uk" and letters & RUSSIAN and not letters & UKRAINIAN:
        return "ru", probable.get("ru", 0.0)
    return None


def told_by_words(
    words: str, probable: Probable, as_written: Callable[[str], Probable], served: Sequence[str]
) -> tuple[str, float]:
    """The served language of a text in Latin letters, and how sure that is; no language if that is not sure enough.

    Args:
        words: The distinct words, in lower case.
        probable: What the detector makes of them, best first.
        as_written: Gives what it makes of the text as it is written.
        served: The languages that may be told; the others are for stricter rules to tell.
    """
    code, confidence = next(iter(probable.items()), ("", 0.0))
    if romanised_hindi(words):
        return HINDI_IN_LATIN, max(confidence, DETECTED)
    if (hinted := _hinted(words, probable)) in served:
        return hinted, probable[hinted]
    if code not in served:
        return "", 0.0
    if code == ENGLISH:
        return (code, confidence) if confidence >= max(DETECTED, _least(words)) else ("", 0.0)
    doubtful = probable.get(ENGLISH, 0.0) > ENGLISH_MOST or confidence < _least(words) or much_english(words)
    if doubtful or as_written(code).get(code, 0.0) < AS_WRITTEN_LEAST:
        return "", 0.0
    return code, confidence


def _hinted(words: str, probable: Probable) -> str:
    """The language whose own letters the text has; empty if it has those of none, or much English."""
    letters = set(words)
    hints = (code for code, own in LETTERS.items() if letters & own and probable.get(code, 0.0) >= LETTER_LEAST)
    return "" if much_english(words) else next(hints, "")


def _least(words: str) -> float:
    letters = sum(character.isalpha() for character in words)
    return next((least for limit, least in SURE if letters < limit), SURE_AT_LENGTH)


def script_of(character: str) -> str:
    """The script of a letter, by the first word of its name; styled letters are of what they stand for."""
    return unicodedata.name(unicodedata.normalize("NFKC", character)[0], "").partition(" ")[0]
