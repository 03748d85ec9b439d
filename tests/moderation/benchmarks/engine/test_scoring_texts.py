"""Comments made from a seed."""

import pytest

from moderation.benchmarks.engine.scoring_texts import comment_make, texts_make
from moderation.scoring import Scorer


def test_seeded_comments_are_the_same_each_time_and_48_tokens_on_average(scorer: Scorer) -> None:
    texts = texts_make(2_000)
    assert texts == texts_make(2_000) != texts_make(2_000, seed=1)
    assert len(set(texts)) == 2_000
    tokens, _ = scorer.load()
    lengths = [len(tokens.enclose(ids)) for ids in tokens.encode(texts)]
    assert sum(lengths) / len(lengths) == pytest.approx(48, abs=2)
    assert max(lengths) > 250
    assert len(comment_make(50).split()) == 50
