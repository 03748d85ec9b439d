"""A comment about others keeps all but the name, and its spans stay on the words that they marked."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring.metrics.identity_terms import TERMS
from moderation.training.augmentation.counterfactuals import counterfactual
from moderation.training.examples import Example


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a test, no secret


@given(st.integers(0, 300))
def test_the_name_of_a_group_is_exchanged_and_nothing_else(seed: int) -> None:
    one = Example("That gay fool, really", "civil", {"insult": 1.0}, spans=((9, 13, 1.0),))
    other = counterfactual(one, chance(seed), named=1.0, unnamed=0.0)
    assert other is not None
    assert other.text.startswith("That ")
    assert other.text.endswith(" fool, really")
    assert other.text[5 : -len(" fool, really")] in TERMS
    [(begin, end, _)] = other.spans or ()
    assert (other.text[begin:end], other.labels) == ("fool", one.labels)


@given(st.integers(0, 300))
def test_people_without_a_name_may_be_given_one(seed: int) -> None:
    other = counterfactual(Example("Those people sing.", "own"), chance(seed), named=0.0, unnamed=1.0)
    assert other is not None
    assert other.text.removeprefix("Those ").removesuffix(" sing.").removesuffix(" people") in TERMS


def test_a_name_stands_before_the_word_for_people_or_in_its_place() -> None:
    one = Example("She is a kind woman, really", "own", spans=((14, 19, 1.0),))
    found = [counterfactual(one, chance(seed), named=0.0, unnamed=1.0) for seed in range(40)]
    said = [other.text.removeprefix("She is a kind ").removesuffix(", really") for other in found if other]
    assert {name.endswith(" woman") for name in said} == {True, False}
    assert {name.removesuffix(" woman") for name in said} <= set(TERMS)


def test_colours_and_ages_of_things_are_no_names() -> None:
    for text in ("An old version in white letters", "Straight on, then left", ""):
        assert counterfactual(Example(text, "own"), chance(1), named=1.0, unnamed=1.0) is None


def test_colours_and_ages_of_people_are() -> None:
    other = counterfactual(Example("Three old men in a white boat", "own"), chance(1), named=1.0, unnamed=0.0)
    assert other is not None
    assert other.text.endswith(" men in a white boat")


@given(st.text(max_size=60), st.integers(0, 99))
def test_chance_of_none_leaves_every_text(text: str, seed: int) -> None:
    assert counterfactual(Example(text, "own"), chance(seed), named=0.0, unnamed=0.0) is None
