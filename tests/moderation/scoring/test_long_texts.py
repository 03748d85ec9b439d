"""Long text is read in overlapping windows, whole, in bounded time and memory."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.scoring import Result, Scorer
from moderation.scoring.inference import windows

# Plain words, no two windows alike.
SENTENCES = (
    "The ferry to the island leaves at {} in the morning.",
    "In {} the town built a new bridge over the river.",
    "About {} people came to the market on Saturday.",
    "Page {} of the report describes the water supply.",
)


def harmless(words: int) -> str:
    chosen = random.Random(4)  # noqa: S311
    parts: list[str] = []
    while sum(len(part.split()) for part in parts) < words:
        parts.append(chosen.choice(SENTENCES).format(chosen.randint(2, 9999)))
    return " ".join(parts)


def score_one(scorer: Scorer, text: str) -> Result:
    [result] = scorer.score([text])
    assert isinstance(result, Result)
    return result


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(2, 200), st.data())
def test_windows_cover_every_token_overlap_and_are_full(length: int, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    ids = list(range(length))
    parts = windows.split(ids, size, overlap)
    assert set().union(*parts) == set(ids)
    assert all(len(part) == size for part in parts) or parts == [tuple(ids)]
    for before, after in pairwise(parts):
        assert before[0] < after[0] <= before[-1] + 1
        assert len(set(before) & set(after)) >= overlap


def test_a_text_that_just_fits_is_one_window() -> None:
    assert [len(windows.split(range(n), 190, 32)) for n in (0, 1, 189, 190, 191, 348, 349)] == [1, 1, 1, 1, 2, 2, 3]


def test_a_high_window_counts_by_the_share_of_windows_that_are_as_high() -> None:
    rows = np.array([[0.1, 0.2, 0.9], [0.8, 0.1, 0.1]], dtype=np.float32)
    combined = windows.combine(rows, ("toxicity", "threat", "perspective_incoherent"))
    toxicity = 4 * 0.5 ** windows.POWERS["toxicity"]
    assert combined == pytest.approx([toxicity / (1 + toxicity), 0.2, 0.5])


def test_on_perspectives_scale_a_high_window_among_others_counts_for_less_than_in_our_attributes() -> None:
    rows = np.array([[0.1] * 4] * 5 + [[0.8] * 4], dtype=np.float32)
    own, on_scale, threat, identity = windows.combine(
        rows, ("toxicity", "perspective_toxicity", "perspective_threat", "perspective_identity_attack")
    )
    assert 0.1 < on_scale < own < 0.8
    assert threat == identity == pytest.approx(0.8)


def test_what_every_window_says_counts_whole() -> None:
    rows = np.full((60, 1), 0.97, dtype=np.float32)
    assert windows.combine(rows, ("toxicity",)) == pytest.approx([0.97])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=300), st.sampled_from(["toxicity", "insult"]))
def test_a_text_scores_no_higher_than_its_highest_window_and_no_lower_than_its_lowest(
    scores: list[float], output: str
) -> None:
    [combined] = windows.combine(np.array([scores], dtype=np.float32).T, (output,))
    assert min(scores) - 1e-5 <= combined <= max(scores) + 1e-5


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=200))
def test_condensing_shortens_rows_of_slight_tokens_and_drops_no_word(ids: list[int]) -> None:
    kept = windows.condensed(ids, {0, 1})
    assert [one for one in kept if one > 1] == [one for one in ids if one > 1]
    runs = "".join("s" if one <= 1 else " " for one in kept).split()
    assert all(len(run) <= windows.MAX_SLIGHT for run in runs)
    if len(ids) <= windows.MAX_SLIGHT:
        assert list(kept) == ids


def test_an_insult_at_word_three_thousand_is_found(scorer: Scorer) -> None:
    before = harmless(3000)
    calm = score_one(scorer, before)
    found = score_one(scorer, f"{before} You are a stupid, disgusting idiot. {harmless(400)}")
    assert calm.windows > 15
    assert calm.scores["toxicity"] < 0.2
    assert found.scores["toxicity"] > 0.45
    assert calm.scores["insult"] < 0.2
    assert found.scores["insult"] > 0.45


def test_a_long_harmless_text_stays_harmless(scorer: Scorer) -> None:
    result = score_one(scorer, harmless(4000))
    assert max(result.scores.values()) < 0.2


def test_a_hundred_kilobytes_take_a_bounded_number_of_windows_and_memory(scorer: Scorer) -> None:
    text = harmless(20_000)[: 100 * 1024]
    assert len(text) > 90_000
    before = peak_megabytes()
    result = score_one(scorer, text)
    assert result.windows < 300
    assert peak_megabytes() - before < 200


@pytest.mark.parametrize("alphabet", ["!?#$%&*()", "ab!,", "іdо ", "😀👍 ", "x ", "12 "])
def test_a_hundred_kilobytes_of_marks_and_crumbs_are_a_few_windows(scorer: Scorer, alphabet: str) -> None:
    chosen = random.Random(2)  # noqa: S311
    tokens, _ = scorer.load()
    [ids] = tokens.encode(["".join(chosen.choice(alphabet) for _ in range(100 * 1024 // len(alphabet[0].encode())))])
    assert len(windows.starts(len(windows.condensed(ids, tokens.slight)), 190, 32)) < 250


def test_prose_is_not_condensed(scorer: Scorer) -> None:
    tokens, _ = scorer.load()
    [ids] = tokens.encode([harmless(2000)])
    assert list(windows.condensed(ids, tokens.slight)) == ids


def test_an_insult_after_a_hundred_marks_is_found(scorer: Scorer) -> None:
    result = score_one(scorer, f"{'#?!' * 2000} You are a stupid, disgusting idiot.")
    assert result.scores["toxicity"] > 0.5


def peak_megabytes() -> float:
    resource = pytest.importorskip("resource", reason="peak memory is read from the operating system")
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
