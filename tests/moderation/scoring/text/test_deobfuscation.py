"""Disguised text is read a second time without its disguise, and honest text in any script is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.scoring import Refusal, Result, Routing, Scorer, describe
from moderation.scoring.plans import PreparedText, plan, result
from moderation.scoring.text.normalise import deobfuscate
from moderation.scoring.text.offset_mapped import OffsetMappedText, readable
from moderation.scoring.text.words import word_lists

DISGUISED = {
    "you &#105;d&#x69;ot": "you idiot",
    "you i\u200bd\u200ci\u00ado\u2060t": "you idiot",
    "you \u202etoidi\u202c": "you idiot",
    "you i\u200ed\u200fiot": "you idiot",
    "уоu аrе аn іdіоt": "you are an idiot",
    "you idιοτ": "you idiot",
    "you ｉｄｉｏｔ": "you idiot",
    "you 𝓲𝓭𝓲𝓸𝓽": "you idiot",
    "you ⓘⓓⓘⓞⓣ": "you idiot",
    "you ɪᴅɪᴏᴛ": "you idiot",
    "you i̶d̶i̶o̶t̶": "you idiot",
    "you i d i o t": "you idiot",
    "y o u a r e a n i d i o t": "you are an idiot",
    "what a w-a-n-k-e-r": "what a wanker",
    "s.h.i.t happens": "shit happens",
    "a stuuupid foooool": "a stupid fool",
    "fuuuuuck off": "fuck off",
    "1d10t": "idiot",
    "a$$hole, @sshole": "asshole, asshole",
    "f*ck you, b!tch": "fuck you, bitch",
    "s*** and f***ing": "shit and fucking",
    "st*p*d m*r*n": "stupid moron",
    "fu-ck off": "fuck off",
    "ƒuck off": "fuck off",
}
HONEST = (
    "The U.S.A. is well-known; the 1st of the 90s, an mp3 & a b2b e-mail at 10 a.m.",
    "What??? No!!! *Really* _good_, 100% C++, $100.",
    "Мэр опять обманывает людей, а он и не скрывает: сор, рот, нос.",
    "Αυτό το άρθρο είναι πολύ καλό, και το λέω.",
    "می‌خواهم این کتاب‌ها را بخوانم",
    "क्‍षत्रिय यह लेख बहुत अच्छा है।",
    "这篇文章写得很好。日本語も、한국어도.",
    "Łódź, Dvořák, naïve, café, İstanbul, Đà Nẵng, Müller, Ĝangalo.",
    "👨‍👩‍👧 and 🏳️‍🌈 and 1️⃣",
    "Tom & Jerry &amp; co. &lt;b&gt;",
    "In Greek νους is mind, in Russian сон is sleep.",
    "The ofﬁce ﬂoods; \u2067a good word\u2069 in Hebrew.",
    "la-la, P.P.S. H.M.S. A.S. and K.S.",
)
# What people type and what breaks code, next to what disguises are made of.
PIECES = st.sampled_from(
    [
        *"aeiotsdufck 013457@$!*#_-.&;|+жıéß你क👍\n\u200b\u200d\u202e\u202c\u0336\ud800іоѕι𝓲ⓘｉſﬀİ",
        *("&#105;", "&shy;", "е\u0301", "idiot", "fuck"),
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=80)


@pytest.mark.parametrize("text", DISGUISED)
def test_a_disguise_is_seen_through(text: str) -> None:
    reading = deobfuscate(text)
    assert reading is not None
    assert reading.text == DISGUISED[text]


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_has_no_second_reading(text: str) -> None:
    assert deobfuscate(text) is None


@settings(deadline=None)
@given(TEXTS)
def test_every_place_of_a_reading_is_a_place_of_the_text(text: str) -> None:
    plain = readable(text)
    reading = deobfuscate(plain) or OffsetMappedText.of(plain)
    assert len(reading.begins) == len(reading.ends) == len(reading.text)
    for at in range(len(reading.text)):
        begin, end = reading.origin(at, at + 1)
        assert 0 <= begin < end <= len(text)


@settings(deadline=None)
@given(TEXTS)
def test_what_was_undisguised_once_stays_as_it_is(text: str) -> None:
    first = deobfuscate(readable(text))
    assert first is None or deobfuscate(first.text) is None


@settings(deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x370, max_codepoint=0xFFFF, categories=["Lo"]), max_size=60))
def test_letters_of_scripts_without_look_alikes_are_never_touched(text: str) -> None:
    reading = deobfuscate(text)
    assert reading is None or all(
        new.isascii() is False or new == old for old, new in zip(text, reading.text, strict=True)
    )


def test_a_disguised_word_is_found_where_it_stands_in_the_text() -> None:
    text = "Oh, you i d i o t, f*ck off"
    reading = deobfuscate(text)
    assert reading is not None
    places = {
        word: reading.origin(reading.text.index(word), reading.text.index(word) + len(word))
        for word in ("idiot", "fuck")
    }
    assert {word: text[begin:end] for word, (begin, end) in places.items()} == {"idiot": "i d i o t", "fuck": "f*ck"}


def test_the_higher_score_counts_and_the_result_says_so(scorer: Scorer) -> None:
    plain, disguised, calm = scorer.score(
        ["you are such an idiot", "уоu аrе ѕuсh аn і d і о t", "The ferryyyy leaves at nine."], perspective=True
    )
    assert isinstance(plain, Result)
    assert isinstance(disguised, Result)
    assert isinstance(calm, Result)
    assert (plain.normalised, disguised.normalised, calm.normalised) == (False, True, False)
    # Where the disguise itself scores higher, as in the rarer attributes it may a little, that counts.
    assert disguised.scores == pytest.approx(plain.scores, abs=0.02)
    assert disguised.perspective["perspective_toxicity"] == pytest.approx(
        plain.perspective["perspective_toxicity"], abs=0.01
    )
    assert disguised.language.code == "en"


def test_a_second_reading_never_lowers_a_score(scorer: Scorer) -> None:
    texts = ["fuck this stuuupid idea", "you b!tch, I like it", "a$$ kissing c l o w n"]
    for text, found in zip(texts, scorer.score(texts), strict=True):
        reading = deobfuscate(text)
        assert reading is not None
        alone = scorer.score([reading.text])[0]
        assert isinstance(found, Result)
        assert isinstance(alone, Result)
        assert all(found.scores[name] >= value - 0.003 for name, value in alone.scores.items())


def test_text_in_another_language_stays_refused_when_it_is_disguised(scorer: Scorer) -> None:
    [refusal] = scorer.score(["Der Bürgermeister hat wieder nichts getan, so ein Sch*** und so ein I d i o t."])
    assert isinstance(refusal, Refusal)
    assert refusal.code == "language_not_supported"


def test_both_word_lists_are_in_small_letters_and_abuse_is_known() -> None:
    assert all(word == word.lower() and word.isalpha() for word in word_lists.known())
    assert set(word_lists.abusive()) <= set(word_lists.known())


def test_a_text_whose_disguise_hides_nothing_from_the_model_is_explained_without_it_too() -> None:
    description = describe("compact")
    planned = plan("you are such an i d i o t", "en", None, Routing.of(description))
    assert isinstance(planned, PreparedText)
    written, plain = (reading.text for reading in planned.readings)

    def told(first: float, second: float) -> Result:
        rows = {
            written: ([first] * len(description.outputs), 1),
            plain: ([second] * len(description.outputs), 1),
        }
        return result(planned, rows, description, perspective=False)

    assert told(0.9, 0.9).normalised
    assert told(0.9, 0.8).normalised
    assert told(0.9, 0.8).scores["toxicity"] == 0.9
    assert not told(0.9, 0.05).normalised
