"""Thresholds of other languages at which as many harmless comments are flagged as in English."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.language_thresholds import main, policy_thresholds, shares_flagged, thresholds_of_equal_share
from moderation.policies import BUILT_IN_POLICY, built_in_policy
from moderation.scoring import look_in

WORDS = ("ferry", "harbour", "idiot", "stupid", "council", "vote", "garbage", "bridge")


@pytest.fixture
def models(second_folder: Path) -> Iterator[None]:
    look_in(second_folder.parent)
    yield
    look_in(None)


def test_the_same_texts_by_the_same_weights_get_the_policys_own_thresholds(
    models: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"You and your {a} {b}, what a {c}." for a in WORDS for b in WORDS for c in WORDS[:3]]
    (tmp_path / "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    main(["second", f"en={tmp_path / 'texts.txt'}", f"tr={tmp_path / 'texts.txt'}"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"tr"}
    for name, threshold in found["tr"].items():
        assert threshold == pytest.approx(policy_thresholds()[name], abs=0.1)
    assert "toxicity" in found["tr"]
    assert built_in_policy(found) != BUILT_IN_POLICY


@given(st.lists(st.floats(0, 1), min_size=20, max_size=200, unique=True), st.integers(5, 15))
def test_so_many_texts_reach_the_threshold_as_the_share_says(values: list[float], count: int) -> None:
    scores = {"toxicity": np.array([round(value, 3) for value in values])}
    share = count / len(values)
    [threshold] = thresholds_of_equal_share(scores, {"toxicity": share}).values()
    ordered = np.sort(scores["toxicity"])[::-1]
    if ordered[count - 1] > ordered[count]:
        assert (scores["toxicity"] >= threshold).sum() == count


def test_too_few_texts_tell_no_threshold() -> None:
    scores = {"toxicity": np.linspace(0, 1, 100), "threat": np.zeros(100)}
    assert shares_flagged(scores, {"toxicity": 0.9, "threat": 0.1, "insult": 0.5}) == {"toxicity": 0.1}
    assert thresholds_of_equal_share({"toxicity": np.linspace(0, 1, 20)}, {"toxicity": 0.1}) == {}
    assert thresholds_of_equal_share({}, {"toxicity": 0.1}) == {}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [(["second", "tr=x"], 2, "en=FILE"), (["second", "x"], 2, "CODE=FILE"), (["second", "en=/nowhere"], 1, "nowhere")],
)
def test_wrong_usage_is_told(arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == status
    assert said in capsys.readouterr().err
