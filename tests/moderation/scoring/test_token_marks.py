"""The output for tokens proposes words; what is named of them is what the score hangs on, alone or together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring import ATTRIBUTES, Result, Scorer, describe
from moderation.scoring.catalogue import descriptions
from moderation.scoring.conversion.convert import Origin, convert
from moderation.scoring.explain import FAINT, word_ranges
from moderation.scoring.inference.windows import starts
from moderation.scoring.plans import EXPLAINED
from moderation.scoring.token_marks import (
    CLEAR,
    MAX_PROPOSED,
    MAX_WINDOWS,
    Mark,
    joined,
    proposed,
    token_marks,
    word_marks,
)

pytestmark = pytest.mark.filterwarnings("ignore")

WORDS = [(0, 3), (4, 7), (8, 13)]
VALUES = st.floats(0, 1)


def test_a_word_has_the_highest_mark_of_its_tokens() -> None:
    marks = [(0, 3, 0.1), (4, 5, 0.2), (5, 7, 0.9), (13, 14, 1.0)]
    assert word_marks(WORDS, marks) == [0.1, 0.9, 0.0]


def test_words_far_below_the_most_toxic_one_are_not_proposed() -> None:
    assert proposed([(WORDS, [(0, 3, 0.9), (4, 7, 0.01), (8, 13, 0.4)])]) == [{WORDS[0]: 0.9, WORDS[2]: 0.4}]


def test_where_the_output_sees_nothing_every_word_is_proposed() -> None:
    assert proposed([(WORDS, [(0, 3, 0.01)]), (WORDS[:1], [])]) == [
        {WORDS[0]: 0.01, WORDS[1]: 0.0, WORDS[2]: 0.0},
        {WORDS[0]: 0.0},
    ]
    assert proposed([]) == []


@given(st.lists(st.lists(VALUES, max_size=30), max_size=5))
def test_what_is_proposed_is_some_of_the_words_and_no_more_than_so_many_unless_they_are_equal(
    values: list[list[float]],
) -> None:
    parts = [
        ([(2 * i, 2 * i + 1) for i in range(len(v))], [(2 * i, 2 * i + 1, m) for i, m in enumerate(v)]) for v in values
    ]
    found = proposed(parts)
    for (words, _), some in zip(parts, found, strict=True):
        assert [word for word in words if word in some] == list(some)
    every = sorted((m for v in values for m in v), reverse=True)
    if every and every[0] >= 0.05:
        least = every[:MAX_PROPOSED][-1]
        assert sum(map(len, found)) <= max(MAX_PROPOSED, sum(m >= least for m in every))
        assert any(found)


@given(st.integers(1, 400), st.integers(20, 60), st.integers(0, 15), st.data())
def test_a_token_has_the_higher_value_of_the_windows_that_have_it(
    length: int, size: int, overlap: int, data: st.DataObject
) -> None:
    begins = starts(length, size, overlap)
    rows = [data.draw(st.lists(VALUES, min_size=min(size, length), max_size=min(size, length))) for _ in begins]
    found = joined(begins, rows, length)
    for place in (0, length // 2, length - 1):
        seen = [row[place - begin] for begin, row in zip(begins, rows, strict=True) if 0 <= place - begin < len(row)]
        assert found[place] == max(seen)


@pytest.fixture(scope="module")
def marking(classifier: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model whose output for tokens marks some of them."""
    import torch
    from safetensors.torch import load_file, save_file

    folder, target = classifier("bert", ATTRIBUTES), tmp_path_factory.mktemp("models") / "marking"
    tensors = load_file(folder / "model.safetensors")
    torch.manual_seed(6)
    tensors |= {"token_classifier.weight": torch.randn(1, 48), "token_classifier.bias": torch.zeros(1)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    convert(folder, target, Origin("marking", 1, ("en",), "", "", max_tokens=64, overlap_tokens=8))
    return target


@pytest.fixture
def marker(marking: Path, monkeypatch: pytest.MonkeyPatch) -> Scorer:
    """Its scorer."""
    monkeypatch.setattr(descriptions, "_converted", [marking.parent])
    return Scorer(describe("marking"), threads=1)


TEXT = "Good morning 👍🏽, readers.\u00a0“Naïve” fools built the pier, the market and the bridge long ago!"


def test_tokens_are_placed_in_code_points_of_the_passage(marker: Scorer) -> None:
    found = token_marks([TEXT, "Fools! " * 300], marker.description, *marker._load_marking())
    assert [TEXT[b:e] for b, e, _ in found[TEXT]][:4] == ["Good", "morning", "👍🏽", ","]
    assert all(0 <= value <= 1 for marks in found.values() for *_, value in marks)
    long = found["Fools! " * 300]
    assert any(value > 0 for *_, value in long[:60])
    assert all(value == 0 for *_, value in long[62 * MAX_WINDOWS :])


def test_words_are_named_among_those_that_the_token_output_proposes(
    marker: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = [place for place in word_ranges(TEXT) if TEXT[slice(*place)] in {"fools", "pier"}]
    assert len(only) == 2

    def marked(passages: object) -> dict[str, list[tuple[int, int, float]]]:
        return {
            passage: [(b, e, 0.9 if passage[b:e] in {"fools", "pier"} else 0.0) for b, e in word_ranges(passage)]
            for passage in passages  # type: ignore[attr-defined]
        }

    monkeypatch.setattr(marker, "_marks", marked)
    [result] = marker.score([TEXT], spans=True, languages=["en"])
    assert isinstance(result, Result)
    words = {(span.begin, span.end) for span in result.spans if span.kind == "word"}
    assert words
    assert words <= set(only)


def words_named_of(scorer: Scorer, text: str, marks: Mapping[str, float], patch: pytest.MonkeyPatch) -> set[str]:
    def marked(passages: Iterable[str]) -> dict[str, list[Mark]]:
        return {one: [(b, e, marks.get(one[b:e], 0.0)) for b, e in word_ranges(one)] for one in passages}

    patch.setattr(scorer, "_marks", marked)
    [result] = scorer.score([text], spans=True, languages=["en"])
    assert isinstance(result, Result)
    return {text[span.begin : span.end] for span in result.spans if span.kind == "word"}


def test_words_whose_loss_lowers_nothing_are_not_named_however_they_are_marked(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = {"Thank": 0.9, "kindly": 0.9, "stupid": 0.2, "idiot": 0.2}
    text = "Thank you kindly, but you are a stupid idiot."
    assert words_named_of(scorer, text, marks, monkeypatch) == {"stupid", "idiot"}


def test_a_marked_word_that_carries_the_score_with_others_alone_is_named_with_them(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, marks = "That idiot is an idiot, said the harbour master.", {"That": 0.5, "idiot": 0.9}
    assert words_named_of(scorer, text, marks, monkeypatch) == {"That", "idiot"}
    assert words_named_of(scorer, text, marks | {"That": CLEAR - 0.01}, monkeypatch) == {"idiot"}


def test_where_every_score_is_low_only_what_people_would_mark_is_named(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, every = "The plan is a clumsy one.", ("The", "plan", "is", "a", "clumsy", "one")
    [result] = scorer.score([text], languages=["en"])
    assert isinstance(result, Result)
    assert FAINT <= max(result.scores.values()) < EXPLAINED
    assert words_named_of(scorer, text, dict.fromkeys(every, CLEAR - 0.01), monkeypatch) == set()
    assert "clumsy" in words_named_of(scorer, text, {"clumsy": CLEAR}, monkeypatch)
