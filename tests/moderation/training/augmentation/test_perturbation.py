"""Noise changes one word, a marked one where there is any, and spans stay on it."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from moderation.training.augmentation.perturbation import perturbed
from moderation.training.examples import Example


@given(st.integers(0, 500))
def test_the_marked_word_is_roughened_and_what_follows_stays(seed: int) -> None:
    one = Example("What a pathetic show, sir", "civil", spans=((7, 15, 1.0), (22, 25, 0.3)))
    rough = perturbed(one, random.Random(seed))  # noqa: S311
    assert rough.text.startswith("What a ")
    assert rough.text.endswith(" show, sir")
    (begin, end, _), (later, last, _) = rough.spans or ()
    assert (begin, rough.text[later:last]) == (7, "sir")
    assert rough.text[end:] == " show, sir"


@given(st.text(max_size=40), st.integers(0, 99))
def test_any_text_can_be_roughened(text: str, seed: int) -> None:
    rough = perturbed(Example(text, "own", {"threat": 1.0}), random.Random(seed))  # noqa: S311
    assert (rough.labels, rough.set, rough.spans) == ({"threat": 1.0}, "own", None)
