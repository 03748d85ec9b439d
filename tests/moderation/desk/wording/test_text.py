"""Texts in pieces: nothing is lost, marks are where they were said, slurs are masked and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.desk.wording.slurs import slurs_in
from moderation.desk.wording.text import change_shown, changes, driving, pieces


def span(begin, end, kind="word", score=0.9):
    return {"begin": begin, "end": end, "kind": kind, "score": score, "attribute": "toxicity"}


SPANS = st.lists(st.builds(span, st.integers(-3, 40), st.integers(-3, 40), st.sampled_from(["word", "sentence"])))


@given(st.text(max_size=30), SPANS)
def test_the_pieces_of_a_text_are_the_text(text, spans):
    assert "".join(piece.text for piece in pieces(text, spans, mask=False)) == text


@given(st.text(max_size=20), st.text(max_size=20))
def test_masking_keeps_the_length_and_all_that_is_no_slur(before, after):
    text = f"{before} faggot {after}"
    shown = "".join(piece.text for piece in pieces(text, mask=True))
    assert len(shown) == len(text)
    assert "faggot" not in shown


def test_a_slur_that_a_mark_cuts_shows_its_first_letter_once():
    shown = "".join(piece.text for piece in pieces("You faggot.", [span(4, 7)], mask=True))
    assert shown == "You f•••••."


@pytest.mark.parametrize(
    "text", ["n1gger", "NIGGERS", "f@ggot", "f*ggot", "faaaggot", "retards", "trannies", "camel jockeys", "a fag."]
)
def test_slurs_are_found_as_people_write_them(text):
    assert slurs_in(text)


@pytest.mark.parametrize(
    "text",
    ["snigger", "Pakistan", "spicy", "about", "dyked", "suspicion", "raccoon", "you idiot", "retardant", "Scoon"],
)
def test_words_that_only_look_alike_are_left(text):
    assert slurs_in(text) == []


def test_words_are_told_from_their_sentence():
    found = pieces("You idiot.", [span(0, 10, "sentence", 0.8), span(4, 9, score=0.4)], mask=False)
    assert [(piece.text, piece.word, piece.sentence) for piece in found] == [
        ("You ", None, 0.8),
        ("idiot", 0.4, 0.8),
        (".", None, 0.8),
    ]
    assert not found[1].strong


def test_only_sentences_that_stand_out_are_marked():
    words = [span(4, 9)]
    first, second = span(0, 10, "sentence", 0.9), span(11, 20, "sentence", 0.2)
    assert driving([first, second, *words]) == [first, *words]
    assert driving([first, *words]) == words
    assert driving([]) == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_an_edit_tells_both_texts(before, after):
    found = changes(before, after)
    assert "".join(one.text for one in found if one.kind != "new") == before
    assert "".join(one.text for one in found if one.kind != "gone") == after


def test_an_edit_tells_what_is_gone_before_what_is_new():
    told = [(one.kind, one.text) for one in changes("a stupid idea", "a fine idea")]
    assert told == [("same", "a "), ("gone", "stupid"), ("new", "fine"), ("same", " idea")]


def test_of_two_slurs_at_one_place_the_longest_is_masked():
    assert slurs_in("a camel jockeyed kikes") == [(2, 16), (17, 22)]
    assert slurs_in("fag, fags") == [(0, 3), (5, 9)]


def test_slurs_in_an_edit_are_masked_too():
    (change,) = changes("", "faggot")
    assert change_shown(change, mask=True) == "f•••••"
    assert change_shown(change, mask=False) == "faggot"
