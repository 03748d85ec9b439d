"""Agreement with stored Perspective scores: what is read, what is computed, and what a fit to it is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from moderation.evaluation.agreement import FOLDS, Pairs, agreement, cross_validated, curves_fit, pairs_collect
from moderation.evaluation.samples import Sample
from moderation.scoring.calibration import MIN_ROWS
from moderation.scoring.metrics.quality import rank_correlation


def test_the_rank_correlation_is_spearmans_with_ties_at_their_mean_rank() -> None:
    ours, theirs = np.array([1.0, 2.0, 2.0, 4.0]), np.array([10.0, 10.0, 20.0, 30.0])
    # By hand: ranks 1, 2.5, 2.5, 4 and 1.5, 1.5, 3, 4; covariance 3.75 over the root of 4.5 · 4.5.
    assert rank_correlation(ours, theirs) == pytest.approx(3.75 / 4.5)
    assert rank_correlation(ours, np.ones(4)) == 0.0


@given(arrays.arrays(np.float64, 30, elements=st.floats(0, 1)))
def test_a_column_agrees_with_itself_wholly(ours: Any) -> None:
    found = agreement(ours=ours, theirs=ours)
    assert found.mean_error == 0
    assert all(at.theirs == at.ours and at.agree in {None, 1.0} for at in found.thresholds)
    assert all(at.equal is None or at.equal >= at.threshold for at in found.thresholds)


def test_what_thresholds_flag_is_counted() -> None:
    ours = np.array([0.1, 0.55, 0.75, 0.6, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1])
    theirs = np.array([0.1, 0.9, 0.8, 0.2, 0.6, 0.1, 0.1, 0.1, 0.1, 0.1])
    half, *_, last = agreement(ours=ours, theirs=theirs).thresholds
    assert (half.theirs, half.ours, half.agree, half.equal) == (0.3, 0.3, 0.5, 0.55)
    assert (last.theirs, last.ours, last.agree, last.equal) == (0.1, 0.0, 0.0, 0.75)


def pairs(rows: int, seed: int = 3) -> Pairs:
    """Pairs of a model that shrinks towards the middle."""
    random = np.random.default_rng(seed)
    made = Pairs(("perspective_toxicity",))
    theirs = random.beta(0.5, 2, rows)
    made.theirs.extend(theirs.tolist())
    made.raw.extend(np.clip(0.1 + 0.7 * theirs + random.normal(0, 0.02, rows), 0, 1).tolist())
    made.folds.extend((np.arange(rows) % FOLDS).tolist())
    return made


def test_a_fit_is_judged_on_rows_that_it_has_not_seen_and_mends_the_scale() -> None:
    made = pairs(3000)
    raw, theirs, _ = made.arrays()
    fitted = cross_validated(pairs=made)
    assert fitted is not None
    before, after = agreement(ours=raw, theirs=theirs), agreement(ours=fitted, theirs=theirs)
    assert after.mean_error < before.mean_error / 2
    assert before.thresholds[-1].ours == 0 < after.thresholds[-1].ours
    assert after.rank_correlation == pytest.approx(before.rank_correlation, abs=0.002)


def test_too_few_rows_are_not_fitted() -> None:
    assert cross_validated(pairs=pairs(MIN_ROWS)) is None


def test_texts_are_scored_in_batches_and_only_numbers_are_kept(scorer: Any) -> None:
    spanish = "Buenos días a todos, me gustaría saber cuándo abre la biblioteca municipal del barrio."
    texts = ["You are a stupid idiot.", "Thank you for this article.", spanish, "???"] * 20
    samples = [Sample(text, perspective={"TOXICITY": 0.5, "INSULT": 0.25}) for text in texts]
    collected = pairs_collect(samples=iter(samples), scorer=scorer)
    assert (collected.texts, collected.refused) == (80, 40)
    raw, theirs, folds = collected.pairs["TOXICITY"].arrays()
    assert (len(raw), set(theirs.tolist()), len(set(folds.tolist()))) == (40, {0.5}, 2)
    assert raw[0] > 0.7
    assert raw[1] < 0.2
    assert len(collected.pairs["THREAT"]) == 0
    assert curves_fit(collected=collected) == {}
