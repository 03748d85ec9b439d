"""Perspective's scale by words: learnt from few rows, beside what networks say, and silent where nobody is asked."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest

from moderation.scoring.calibration import logits
from moderation.training.augmentation.concatenation import CONCATENATED
from moderation.training.examples import OUTPUTS, Example
from moderation.training.network.batches import PLACE, SCALE, SoftLabelled
from moderation.training.teachers.lexical import OTHERS, SHARE, TOXICITY, Lexical, scaled
from tests.moderation.training.conftest import texts


@pytest.fixture(autouse=True)
def learns(missing: Callable[[str], None]) -> None:
    if importlib.util.find_spec("sklearn") is None:
        missing("sklearn (requirements-training.txt)")


def scored(count: int, begin: int = 0, **more: float) -> list[Example]:
    """Comments with every score of Perspective, of rude ones a high one."""
    return [
        Example(text, "perspective", dict.fromkeys(SCALE, 0.1 + 0.8 * label) | more)
        for text, label in texts(count, begin)
    ]


def nothing(examples: list[Example]) -> np.typing.NDArray[np.float32]:
    return np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)


def told(what: str, total: int) -> Callable[[int], None]:
    return lambda done: None


def test_words_tell_rude_comments_that_were_not_seen_from_calm_ones() -> None:
    by_words = Lexical(scored(80), chance=1)
    unseen = texts(20, 500)
    toxicity = by_words.toxicity([text for text, _ in unseen], lambda done: None)
    others = by_words.others([text for text, _ in unseen], toxicity, lambda done: None)
    rude = np.array([bool(label) for _, label in unseen])
    assert others.shape == (20, len(OTHERS))
    assert toxicity[rude].min() > toxicity[~rude].max()
    assert (others[rude].min(axis=0) > others[~rude].max(axis=0)).all()


def beside(share: float) -> tuple[float, float]:
    """TOXICITY that networks put at `share`: by words alone, and by both; in logits."""
    examples = [*scored(40), Example("You are a liar and a fool.", "civil")]
    soft = nothing(examples)
    alone = scaled(SoftLabelled(examples, soft, 1.0), Lexical(examples, 1), told).soft[-1, PLACE[TOXICITY]]
    soft[-1, PLACE[TOXICITY]] = share
    both = scaled(SoftLabelled(examples, soft, 1.0), Lexical(examples, 1), told).soft[-1, PLACE[TOXICITY]]
    return float(logits(alone)), float(logits(both))


@pytest.mark.parametrize(("share", "of_words"), [(0.05, SHARE), (0.15, 0.49 * SHARE), (0.3, 0.0), (0.9, 0.0)])
def test_beside_networks_words_have_their_share_of_low_scores_and_none_of_high_ones(
    share: float, of_words: float
) -> None:
    alone, both = beside(share)
    assert both == pytest.approx(of_words * alone + (1 - of_words) * logits(np.float32(share)), abs=0.01)


def test_the_other_attributes_follow_perspectives_own_toxicity_where_it_is_known() -> None:
    text = "The ferry leaves at noon, I think."
    low, high = (
        scaled(SoftLabelled(all_of, nothing(all_of), 1.0), Lexical(all_of, 1), told).soft[
            -1, PLACE["perspective_insult"]
        ]
        for all_of in ([*scored(40), Example(text, "context", {TOXICITY: share})] for share in (0.15, 0.16))
    )
    assert low < high


def test_own_and_joined_sentences_and_all_attributes_stay_as_they_are() -> None:
    own = [Example("You fool.", "own"), Example("Hello. You fool.", "civil", group=f"{CONCATENATED}0a1b")]
    examples = [*scored(40), *own]
    found = scaled(SoftLabelled(examples, nothing(examples), 1.0), Lexical(examples, 1), told).soft
    assert np.isnan(found[-2:]).all()
    assert np.isnan(found[:, : min(SCALE.values())]).all()
    assert not np.isnan(found[:-2, min(SCALE.values()) :]).any()
