"""Texts are cleaned, doubles merged, and what nearly repeats a held-out text is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.training.data.cleaning import clean, deduplicate, key_of, without_near
from moderation.training.examples import Example

LONG = "The ferry to the island leaves at seven in the morning and comes back at nine in the evening"


def test_doubled_quotes_go_and_what_says_nothing_is_left_out() -> None:
    cleaned = clean(Example('"""\nMore ""quotes"" here. "', "wikipedia"))
    assert cleaned
    assert cleaned.text == 'More "quotes" here.'
    assert clean(Example("?! …", "wikipedia")) is None


def test_a_marked_text_keeps_its_places() -> None:
    one = Example('  "" fool', "civil", spans=((5, 9, 1.0),))
    assert clean(one) == one


def test_case_marks_accents_and_spaces_do_not_make_another_text() -> None:
    assert key_of("Café — NOW!") == key_of("cafe now")
    assert key_of("cafe now") != key_of("cafe then")


@given(st.text(max_size=60))
def test_a_text_is_the_same_as_itself_with_spaces(text: str) -> None:
    assert key_of(text) == key_of(" ".join(text))


def test_the_same_text_of_a_set_becomes_one_example_with_the_mean_of_its_labels() -> None:
    found = deduplicate(
        [
            Example("Well said.", "wikipedia", {"toxicity": 1.0}),
            Example("well said", "wikipedia", {"toxicity": 0.0, "insult": 0.0}),
            Example("well said", "tweets", {"toxicity": 1.0}),
        ]
    )
    assert [(one.set, one.labels) for one in found] == [
        ("wikipedia", {"toxicity": 0.5, "insult": 0.0}),
        ("tweets", {"toxicity": 1.0}),
    ]


def test_what_nearly_repeats_a_held_out_text_is_left_out() -> None:
    examples = [Example(LONG.upper() + "!", "own"), Example(LONG + " in summer", "own"), Example("The ferry", "own")]
    assert [one.text for one in without_near(examples, [Example(LONG, "civil")])] == ["The ferry"]
