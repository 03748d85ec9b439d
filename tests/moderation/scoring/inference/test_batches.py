"""Batches hold every window once, keep to the budget, and come longest first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring.inference.batches import MAX_ROWS, WIDTH_STEP, plan, width
from moderation.scoring.inference.session import pad

LENGTHS = st.lists(st.integers(1, 600), max_size=200)


@given(LENGTHS, st.integers(1, 4000))
def test_every_window_is_in_exactly_one_batch_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = list(plan(lengths, budget))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        widest = width(max(lengths[index] for index in batch))
        assert len(batch) == 1 or widest * len(batch) <= budget
        assert len(batch) <= MAX_ROWS


@given(LENGTHS)
def test_batches_come_longest_first(lengths: list[int]) -> None:
    flat = [lengths[index] for batch in plan(lengths) for index in batch]
    assert flat == sorted(lengths, reverse=True)


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=40), min_size=1, max_size=9))
def test_padding_is_masked_and_real_tokens_are_not(windows: list[list[int]]) -> None:
    ids, mask = pad(windows)
    assert ids.shape == mask.shape
    assert ids.shape[1] % WIDTH_STEP == 0
    for row, window in enumerate(windows):
        assert ids[row][mask[row] == 1].tolist() == window
        assert not ids[row][mask[row] == 0].any()
