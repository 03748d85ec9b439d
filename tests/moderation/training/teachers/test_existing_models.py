"""What models that are there say: the mean of those that know, and words where there is something to mark."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from moderation.scoring.catalogue.descriptions import MODELS
from moderation.training.examples import OUTPUTS
from moderation.training.network.batches import PLACE
from moderation.training.teachers.existing_models import ExistingModel, ask_models, mean_shares, without_identity_texts

COMPACT = MODELS["compact"]
TEXTS = ("Thank you for the timetable.", "You are a pathetic idiot.", "word " * 300)


def quiet(what: str, total: int) -> Callable[[int], None]:
    return lambda done: None


def test_the_embedded_model_says_what_it_serves_and_marks_what_is_rude() -> None:
    found, words = ask_models(TEXTS, [COMPACT], 128, quiet)
    served = [PLACE[name] for name in ExistingModel(COMPACT, 128).description.outputs]
    assert found.shape == (3, len(OUTPUTS))
    assert not np.isnan(found[:, served]).any()
    assert np.isnan(np.delete(found, served, axis=1)).all()
    assert found[1, PLACE["insult"]] > 0.5 > found[0, PLACE["insult"]]
    assert words[0] == ()
    assert max(words[1], key=lambda mark: mark[2])[:2] in {(10, 18), (19, 24), (10, 24)}


def test_two_models_are_the_mean_of_their_logits_and_one_alone_where_the_other_is_silent() -> None:
    one = np.full((1, len(OUTPUTS)), np.nan, dtype=np.float32)
    two = one.copy()
    one[0, :2], two[0, 0] = (2.0, 1.0), -1.0
    found = mean_shares([one, two])
    assert found[0, :2] == pytest.approx([1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(-1.0))])
    assert np.isnan(found[0, 2:]).all()


def test_of_a_text_that_names_a_group_the_first_model_alone_tells_the_attributes() -> None:
    one, two = (np.full((2, len(OUTPUTS)), value, dtype=np.float32) for value in (1.0, 3.0))
    found = mean_shares(
        without_identity_texts(["My deaf neighbour plays chess.", "My neighbour plays chess."], [one, two])
    )
    alone, both = (pytest.approx(1 / (1 + np.exp(-logit))) for logit in (1.0, 2.0))
    assert (found[0, 0], found[1, 0]) == (alone, both)
    assert found[0, PLACE["perspective_toxicity"]] == both
