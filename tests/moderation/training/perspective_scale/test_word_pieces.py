"""The linear model over word pieces: what it learns, and that the table says what the model says."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest

from moderation.training.perspective_scale.word_pieces import SPECIAL, Pieces

BEGIN, END, RUDE, CALM, RARE, ONCE = 101, 102, 1001, 1002, 1003, 1004


@pytest.fixture(autouse=True)
def learns(missing: Callable[[str], None]) -> None:
    if importlib.util.find_spec("sklearn") is None:
        missing("sklearn (requirements-training.txt)")


IDS = [[BEGIN, RUDE if n % 2 else CALM, 2000 + n % 7, END] for n in range(60)] + [[BEGIN, RARE, RUDE, END]]
LOGITS = np.array([2.0 if n % 2 else -2.0 for n in range(60)], dtype=np.float32)


def test_a_piece_of_high_scores_weighs_more_than_one_of_low_scores() -> None:
    table, said = Pieces(IDS, 3000).learnt(range(60), LOGITS, np.ones(60), chance=1)
    assert table[RUDE, 0] > 0 > table[CALM, 0]
    assert said.shape == (61, 1)
    assert said[1:60:2].min() > said[0:60:2].max()
    assert not table[:SPECIAL].any()
    assert table[RARE, 1] > table[RUDE, 1] > 0


def test_the_table_says_of_a_text_what_the_model_says() -> None:
    table, said = Pieces(IDS, 3000).learnt(range(60), LOGITS, np.ones(60), chance=1)
    weight, rarity = table[IDS[60]].sum(axis=0)
    assert weight / np.sqrt(rarity) == pytest.approx(said[60, 0], abs=1e-4)


def test_what_is_said_of_a_text_with_a_score_was_not_learnt_from_it() -> None:
    ids = [*IDS[:60], [BEGIN, ONCE, ONCE, ONCE, END]]
    table, said = Pieces(ids, 3000).learnt(range(61), np.append(LOGITS, 9.0), np.ones(61), chance=1)
    assert table[ONCE, 0] > 1
    assert said[60, 0] == pytest.approx(0.0, abs=1e-4)
