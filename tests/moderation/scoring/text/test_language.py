"""What is in a language that the model was not made for is refused by name; short and doubtful text is not."""

from __future__ import annotations

import pytest

from moderation.scoring import Language, Refusal, Result, Routing, Scorer, ScoringError, describe
from moderation.scoring.text.language import base_code, distinct_words, identify, mostly_not_latin

FOREIGN = {
    "tr": "Bence belediye bu konuda haksız ve kimseye hesap vermiyor.",
    "ru": "Мэр опять обманывает людей, и никто ему не отвечает.",
    "de": "Ich stimme dem Autor nicht zu, weil die Stadt das Geld schon ausgegeben hat.",
    "es": "El alcalde nunca contesta las preguntas de los vecinos.",
    "fr": "Je ne suis pas d'accord avec vous, le maire a déjà répondu aux habitants.",
    "el": "Αυτό το άρθρο είναι πολύ καλό.",
    "hi": "यह लेख बहुत अच्छा है।",
    "zh": "这篇文章写得很好。",
}
ENGLISH_NAMES = {"tr": "Turkish", "ru": "Russian", "de": "German", "es": "Spanish", "fr": "French"}
DOUBTFUL = (
    "LOL",
    "Genau!",
    "omg no wayyyy",
    "FUCK YOU ALL!! FUCK YOU ALL!! FUCK YOU ALL!!",
    "lol you ass gone hurt if i doo !",
    "12345",
    "http://example.com/de/artikel-ueber-die-regierung-und-das-volk",
    "Müller, Jürgen",
    "What a silly hat.",
)


@pytest.mark.parametrize("code", FOREIGN)
def test_a_sentence_in_another_language_is_refused_by_name(scorer: Scorer, code: str) -> None:
    [refusal] = scorer.score([FOREIGN[code]])
    assert isinstance(refusal, Refusal)
    assert refusal.code == "language_not_supported"
    assert refusal.language is not None
    assert (refusal.language.code, refusal.language.origin) == (code, "detected")
    assert ENGLISH_NAMES.get(code, "") in refusal.detail
    assert f"({code})" in refusal.detail
    assert "compact@6 serves English (en)" in refusal.detail


@pytest.mark.parametrize("text", DOUBTFUL)
def test_short_or_doubtful_text_is_taken_for_the_default_language(scorer: Scorer, text: str) -> None:
    [result] = scorer.score([text])
    assert isinstance(result, Result)
    assert (result.language.code, result.language.origin) == ("en", "default")


def test_clear_english_is_detected(scorer: Scorer) -> None:
    [result] = scorer.score(["I think that the council should listen to the people who live here."])
    assert isinstance(result, Result)
    assert (result.language.code, result.language.origin) == ("en", "detected")
    assert result.language.confidence > 0.8


@pytest.mark.parametrize("given", ["en", "en-GB", "EN_us", "en-Latn-US"])
def test_a_given_language_is_trusted_without_its_region(scorer: Scorer, given: str) -> None:
    [result] = scorer.score([FOREIGN["de"]], languages=[given])
    assert isinstance(result, Result)
    assert result.language == Language("en", 1.0, "given")


def test_a_given_language_that_is_not_served_is_refused(scorer: Scorer) -> None:
    [refusal, scored] = scorer.score(["What a lovely day it is."] * 2, languages=["tr-TR", None])
    assert isinstance(refusal, Refusal)
    assert refusal.language == Language("tr", 1.0, "given")
    assert "said to be Turkish (tr)" in refusal.detail
    assert isinstance(scored, Result)


def test_short_or_doubtful_text_is_taken_for_the_language_of_where_it_comes_from(scorer: Scorer) -> None:
    [english, turkish, unsaid] = scorer.score(["Genau!", "Genau!", "Genau!"], fallbacks=["en-GB", "tr", "und"])
    assert isinstance(english, Result)
    assert (english.language.code, english.language.origin) == ("en", "default")
    assert isinstance(turkish, Refusal)
    assert turkish.language is not None
    assert (turkish.language.code, turkish.language.origin) == ("tr", "default")
    assert "Turkish (tr)" in turkish.detail
    assert isinstance(unsaid, Result)


def test_clear_text_is_not_taken_for_the_language_of_where_it_comes_from(scorer: Scorer) -> None:
    [result] = scorer.score(["I think that the council should listen to the people who live here."], fallbacks=["tr"])
    assert isinstance(result, Result)
    assert (result.language.code, result.language.origin) == ("en", "detected")


def test_as_many_languages_as_texts_are_wanted(scorer: Scorer) -> None:
    for wrong in ({"languages": ["en"]}, {"fallbacks": ["en"]}):
        with pytest.raises(ScoringError) as caught:
            scorer.score(["one", "two"], **wrong)
        assert caught.value.code == "invalid_arguments"


@pytest.mark.parametrize("tag", ["", None, "und", " ", "mul"])
def test_a_tag_that_says_nothing_is_as_none(tag: str | None) -> None:
    assert base_code(tag) == ""
    assert identify(FOREIGN["tr"], tag, Routing.of(describe("compact"))).code == "tr"


@pytest.mark.parametrize(
    "text",
    ["!!!", "…", "👍👍🏽", "", " \n\t", "\u200b\u200d\ufeff", "\u0301\u0302", "\u3164\u115f", "^_^ :-)"],
)
def test_a_text_without_letter_or_digit_is_refused(scorer: Scorer, text: str) -> None:
    [refusal] = scorer.score([text], languages=["en"])
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.language) == ("no_text", None)


def test_repetition_addresses_and_marks_do_not_reach_the_detector() -> None:
    assert distinct_words("NO! no, @someone NO http://a.example/b #tag Yes…") == "no yes"


def test_styled_latin_letters_are_latin_and_cyrillic_ones_are_not() -> None:
    assert not mostly_not_latin(list("𝕙𝕖𝕝𝕝𝕠ｆｕｌｌ"))
    assert not mostly_not_latin(list("idiоt"))
    assert mostly_not_latin(list("идиот"))
