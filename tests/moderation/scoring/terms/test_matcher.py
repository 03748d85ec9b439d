"""Terms of word lists in texts: disguises do not get around them, harmless words win, overlaps count once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring.terms import Term, TermMatcher
from moderation.scoring.text.confusables import FIGURES

WORDS = ("blorgan", "zwindel", "krompf", "drabsel", "quastor", "mirtolk")
MATCHER = TermMatcher([Term("made-up", word) for word in WORDS])
LEET = {letter: figure for figure, letters in FIGURES.items() for letter in letters if figure.isdigit()}
LOOK_ALIKE = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "i": "і", "s": "ѕ"}
HONEST = ("We went to the harbour", "Nobody believed him", "The 2nd train left at 9.15", "It costs $5 (U.S.)")

words = st.sampled_from(WORDS)
around = st.sampled_from(HONEST)


def hits(text: str, *terms: Term, language: str = "en") -> dict[str, list[str]]:
    """List → what it hits in the text."""
    found = TermMatcher(terms).hits(text, language)
    return {name: [text[begin:end] for begin, end in places] for name, places in found.items()}


def said(before: str, disguised: str, after: str) -> list[str]:
    text = f"{before} {disguised}, {after}."
    return [text[begin:end] for begin, end in MATCHER.hits(text, "en").get("made-up", [])]


@given(words, around, around, st.data())
def test_leetspeak_does_not_get_around_a_list(word: str, before: str, after: str, data: st.DataObject) -> None:
    able = [at for at, letter in enumerate(word) if letter in LEET]
    chosen = data.draw(st.sets(st.sampled_from(able), min_size=1, max_size=len(word) // 2))
    disguised = "".join(LEET[letter] if at in chosen else letter for at, letter in enumerate(word))
    assert said(before, disguised, after) == [disguised]


@given(words, around, around, st.data())
def test_look_alike_letters_do_not_get_around_a_list(word: str, before: str, after: str, data: st.DataObject) -> None:
    able = [at for at, letter in enumerate(word) if letter in LOOK_ALIKE]
    chosen = data.draw(st.sets(st.sampled_from(able), min_size=1))
    disguised = "".join(LOOK_ALIKE[letter] if at in chosen else letter for at, letter in enumerate(word))
    assert said(before, disguised, after) == [disguised]


@given(words, around, around, st.sampled_from([" ", ".", "-", "_", "*", " . ", "  "]))
def test_spacing_does_not_get_around_a_list(word: str, before: str, after: str, gap: str) -> None:
    disguised = gap.join(word)
    assert said(before, disguised, after) == [disguised]


@given(words, around, around, st.integers(0, 6), st.sampled_from(["-", ".", "*", "\u200b", "\u00ad"]))
def test_marks_within_a_word_do_not_get_around_a_list(word: str, before: str, after: str, at: int, mark: str) -> None:
    at = 1 + at % (len(word) - 1)
    disguised = word[:at] + mark + word[at:]
    assert said(before, disguised, after) == [disguised]


@given(words, around, around, st.data())
def test_stretched_letters_do_not_get_around_a_list(word: str, before: str, after: str, data: st.DataObject) -> None:
    at, times = data.draw(st.integers(0, len(word) - 1)), data.draw(st.integers(3, 9))
    disguised = word[:at] + word[at] * times + word[at + 1 :]
    assert said(before, disguised, after) == [disguised]


@given(words, st.sampled_from([str.upper, str.title, lambda word: "".join(chr(ord(c) + 0xFEE0) for c in word)]))
def test_case_and_width_do_not_get_around_a_list(word: str, write: object) -> None:
    disguised = write(word)  # type: ignore[operator]
    assert said("", disguised, "") == [disguised]


@given(st.lists(around, min_size=1, max_size=4))
def test_honest_texts_have_no_hits(texts: list[str]) -> None:
    assert MATCHER.hits(" ".join(texts), "en") == {}


@given(st.lists(st.sampled_from(["cock", "leekie", "a", "the", "soup", "tail"]), max_size=12))
def test_a_hit_within_a_harmless_phrase_is_none_and_any_other_stays(row: list[str]) -> None:
    matcher = TermMatcher(
        [Term("l", "cock"), Term("l", "cock a leekie", allow=True), Term("l", "cock tail", allow=True)]
    )
    harmless = [
        at
        for at, word in enumerate(row)
        if word == "cock" and (row[at + 1 : at + 3] == ["a", "leekie"] or row[at + 1 : at + 2] == ["tail"])
    ]
    assert len(matcher.hits(" ".join(row)).get("l", [])) == row.count("cock") - len(harmless)


def test_the_allow_list_wins_over_the_same_word_but_only_in_its_own_list() -> None:
    terms = [Term("one", "crap"), Term("one", "crap", allow=True), Term("other", "crap")]
    assert hits("It is crap.", *terms) == {"other": ["crap"]}
    assert hits("It is cr4p.", *terms) == {"other": ["cr4p"]}


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=20), st.data())
def test_terms_that_overlap_are_one_place_as_a_search_for_each_finds_them(row: list[str], data: st.DataObject) -> None:
    phrases = data.draw(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3), min_size=1))
    covered = set()
    for phrase in phrases:
        starts = [at for at in range(len(row)) if row[at : at + len(phrase)] == phrase]
        covered |= {frozenset(range(2 * at, 2 * (at + len(phrase)) - 1)) for at in starts}
    joined: list[set[int]] = []
    for one in sorted(covered, key=min):
        if joined and min(one) <= max(joined[-1]):
            joined[-1] |= one
        else:
            joined.append(set(one))
    # Words of more letters, or the row would read as one word that is spaced out.
    text = " ".join(letter * 2 + "x" for letter in row)
    matcher = TermMatcher([Term("l", " ".join(letter * 2 + "x" for letter in phrase)) for phrase in phrases])
    places = matcher.hits(text).get("l", [])
    assert len(places) == len(joined)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(places))


def test_stems_meet_inflections_and_whole_words_do_not() -> None:
    assert hits("Those idiots!", Term("l", "idiot", "en", stem=True)) == {"l": ["idiots"]}
    assert hits("Those 1d10ts!", Term("l", "idiot", "en", stem=True)) == {"l": ["1d10ts"]}
    assert hits("Those idiots!", Term("l", "idiot", "en")) == {}
    assert hits("Those idiots!", Term("l", "idio")) == {}


def test_an_entry_counts_in_its_language_and_where_the_language_is_not_known() -> None:
    terms = [Term("l", "die", "en"), Term("l", "sale", "fr", stem=True)]
    assert hits("die sales", *terms, language="de") == {}
    assert hits("die sales", *terms, language="en-GB") == {"l": ["die"]}
    assert hits("die sales", *terms, language="") == {"l": ["die", "sales"]}


def test_turkish_capitals_are_read_as_turkish_letters() -> None:
    assert hits("ŞIK", Term("l", "şık", "tr"), language="tr") == {"l": ["ŞIK"]}
    assert hits("sık sık", Term("l", "sik", "tr"), language="tr") == {}
    assert hits("SİK", Term("l", "sik", "tr"), language="tr") == {"l": ["SİK"]}
    assert hits("IDIOT", Term("l", "idiot"), language="tr") == {"l": ["IDIOT"]}


def test_scripts_without_spaces_are_searched_anywhere() -> None:
    assert hits("这是白痴吗", Term("l", "白痴"), language="zh") == {"l": ["白痴"]}


def test_phrases_meet_any_punctuation_between_their_words() -> None:
    assert hits("Go… back — home!", Term("l", "go back home")) == {"l": ["Go… back — home"]}


def test_a_term_without_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="no word"):
        TermMatcher([Term("l", "?!")])


@given(st.text())
def test_any_text_is_read_and_places_lie_in_it(text: str) -> None:
    matcher = TermMatcher([Term("l", "a"), Term("l", "0"), Term("m", "idiot", "en", stem=True), Term("l", "白")])
    for places in matcher.hits(text).values():
        assert all(0 <= begin < end <= len(text) for begin, end in places)
