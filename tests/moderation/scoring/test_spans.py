"""Spans: a score a sentence and the words that carry it, in code points of the text as it was given."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.scoring import ATTRIBUTES, Refusal, Result, Scorer, Span
from moderation.scoring.explain import AROUND, MAX_NAMED, MAX_PASSAGES, named, weight, word_ranges
from moderation.scoring.text.sentences import MAX_SENTENCES, sentence_ranges

TEXT = "The pier is fine 👍🏽.  You are a stupid idiot!\n\nDr. Smith disagrees — “naïve”, she says."


def test_the_sentence_that_carries_the_score_is_found_by_its_place(scorer: Scorer) -> None:
    [result] = scorer.score([TEXT], spans=True)
    assert isinstance(result, Result)
    sentences = [span for span in result.spans if span.kind == "sentence"]
    toxic = {TEXT[span.begin : span.end]: span.score for span in sentences if span.attribute == "toxicity"}
    assert list(toxic) == [
        "The pier is fine 👍🏽.",
        "You are a stupid idiot!",
        "Dr. Smith disagrees — “naïve”, she says.",
    ]
    assert max(toxic, key=lambda sentence: toxic[sentence]) == "You are a stupid idiot!"
    assert toxic["You are a stupid idiot!"] > 0.85
    assert toxic["The pier is fine 👍🏽."] < 0.3
    assert {span.attribute for span in sentences} == set(ATTRIBUTES)


def test_a_sentence_has_the_score_that_it_has_as_a_text(scorer: Scorer) -> None:
    [whole, alone] = scorer.score([TEXT, "You are a stupid idiot!"], spans=True)
    assert isinstance(whole, Result)
    assert isinstance(alone, Result)
    told = [span for span in whole.spans if span.kind == "sentence" and TEXT[span.begin :].startswith("You")]
    scores = {span.attribute: span.score for span in told}
    assert scores == alone.scores


def test_spans_come_only_when_they_are_asked_for(scorer: Scorer) -> None:
    [plain, refused] = scorer.score([TEXT, "!!!"])
    assert isinstance(plain, Result)
    assert plain.spans == ()
    assert isinstance(refused, Refusal)


def test_marks_between_sentences_have_no_span(scorer: Scorer) -> None:
    [result] = scorer.score(["... Really. !!! Yes, really."], spans=True)
    assert isinstance(result, Result)
    assert len(result.spans) % len(ATTRIBUTES) == 0
    assert all(any(c.isalnum() for c in "... Really. !!! Yes, really."[s.begin : s.end]) for s in result.spans)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab .!?\n\t\r…“”👍é\u200b\u0301。"), max_size=200))
def test_sentences_cover_all_that_is_not_white_space_in_order(text: str) -> None:
    ranges = sentence_ranges(text, "en")
    assert all(begin < end for begin, end in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    inside = {i for begin, end in ranges for i in range(begin, end)}
    assert all(text[i].isspace() for i in range(len(text)) if i not in inside)


def test_a_text_of_thousands_of_sentences_gives_a_bounded_number_of_ranges() -> None:
    text = "This is one more of them. " * 3000
    ranges = sentence_ranges(text, "en")
    assert MAX_SENTENCES // 2 < len(ranges) <= MAX_SENTENCES
    assert (ranges[0][0], ranges[-1][1]) == (0, len(text) - 1)


def word_spans(result: Result, attribute: str = "toxicity") -> list[Span]:
    return [span for span in result.spans if span.kind == "word" and span.attribute == attribute]


def test_the_words_that_carry_the_score_are_named(scorer: Scorer) -> None:
    text = "The pier is fine 👍🏽. You are an idiot, sir! Dr. Smith disagrees."
    [result] = scorer.score([text], spans=True)
    assert isinstance(result, Result)
    words = {text[span.begin : span.end]: span.score for span in word_spans(result)}
    assert max(words, key=lambda word: words[word]) == "idiot"
    assert words["idiot"] > 0.5
    assert not {"pier", "fine", "Smith", "disagrees"} & set(words)


def test_a_named_word_in_disguise_is_placed_in_the_text_as_given(scorer: Scorer) -> None:
    text = "Oh 👍🏽, you are such an i d i o t, really."
    [result] = scorer.score([text], spans=True)
    assert isinstance(result, Result)
    assert result.normalised
    assert "i d i o t" in {text[span.begin : span.end] for span in word_spans(result)}
    assert {text[s.begin : s.end] for s in result.spans if s.kind == "sentence"} == {text}


def test_no_word_is_named_where_nothing_carries_a_score(scorer: Scorer) -> None:
    [result] = scorer.score(["The ferry leaves at nine and the museum opens at ten."], spans=True)
    assert isinstance(result, Result)
    assert {span.kind for span in result.spans} == {"sentence"}


def test_leaving_out_the_named_words_lowers_the_score(scorer: Scorer) -> None:
    texts = [
        "You are a pathetic moron and everybody here hates you.",
        "What a load of crap, who wrote this shit?",
        "Only an ignorant fool would believe that the mayor reads any of this.",
    ]
    for text, result in zip(texts, scorer.score(texts, spans=True), strict=True):
        assert isinstance(result, Result)
        left = text
        for span in reversed(word_spans(result)):
            left = left[: span.begin] + left[span.end :]
        [after] = scorer.score([left], languages=["en"])
        assert isinstance(after, Result)
        assert after.scores["toxicity"] < result.scores["toxicity"]


def test_the_words_of_a_long_text_are_found_at_a_bounded_price(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    rows = scorer._rows

    def counted(passages: Iterable[str]) -> object:
        given = list(passages)
        asked.append(len(given))
        return rows(given)

    monkeypatch.setattr(scorer, "_rows", counted)
    text = f"{'word after word goes by ' * 60} you are an idiot {'and the next one follows ' * 60}"
    [result] = scorer.score([text], spans=True, languages=["en"])
    assert isinstance(result, Result)
    assert "idiot" in {text[span.begin : span.end] for span in word_spans(result)}
    assert asked[-1] <= MAX_PASSAGES


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab .,!?*_-\n…—“”👍é\u200b"), max_size=120))
def test_words_have_no_marks_around_them_and_come_in_order(text: str) -> None:
    ranges = word_ranges(text)
    assert all(begin < end for begin, end in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    assert all(text[begin] not in ".,!?*_-“”" and not text[begin].isspace() for begin, _ in ranges)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_the_weight_of_a_word_is_a_share(score: float, without: float) -> None:
    assert 0 <= weight(score, without) <= 1
    assert weight(score, 1.0) == 0


def test_words_that_people_would_mark_are_named_before_those_that_weigh_more() -> None:
    heavy, marked, light = (0, 3, 0.9, False), (4, 9, 0.5, True), (10, 12, 0.09, True)
    assert named([light, heavy, marked]) == [marked, light]
    assert named([heavy, (20, 25, 0.0, True)]) == [(20, 25, 0.0, True)]


def test_where_nothing_is_marked_clearly_the_heaviest_words_are_named() -> None:
    assert named([(0, 3, 0.9, False), (4, 9, 0.5, False), (10, 12, 0.2, False)]) == [
        (0, 3, 0.9, False),
        (4, 9, 0.5, False),
    ]
    assert named([(0, 3, 0.0, False), (4, 9, 0.0, False)]) == []
    assert len(named([(i, i + 1, 0.5, True) for i in range(20)])) == MAX_NAMED


def test_words_are_marked_in_the_light_of_what_stands_around_them(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    marks = scorer._marks

    def heard(passages: Iterable[str]) -> object:
        asked.extend(given := list(passages))
        return marks(given)

    monkeypatch.setattr(scorer, "_marks", heard)
    short = "The pier is fine. You are an idiot, sir! Dr. Smith disagrees."
    long = f"{'The pier is fine and so is the harbour. ' * 40}You are an idiot, sir! {'And so it goes on. ' * 40}"
    scorer.score([short, long], spans=True, languages=["en", "en"])
    assert short in asked
    [around] = [one for one in asked if one != short]
    assert "You are an idiot, sir!" in around
    assert 2 * AROUND < len(around) < 3 * AROUND
