"""Passages are run once each, in whatever parts they come, and give what they give alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring import Scorer, describe, scorer
from moderation.scoring.passages import Passages

LETTERS = st.text(alphabet="abc", max_size=300)


class _Tokens:
    """A token a letter."""

    slight: frozenset[int] = frozenset()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [[ord(letter) for letter in text] for text in texts]

    def enclose(self, window: Sequence[int]) -> tuple[int, ...]:
        return (1, *window, 2)


class _Session:
    """Gives each window a number of its own, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def start(self, windows: Sequence[tuple[int, ...]], outputs: int) -> Callable[[], Any]:
        self.asked += windows
        rows = [[(hash(window) % 997) / 997] * outputs for window in windows]
        return lambda: np.array(rows, dtype=np.float32)


def passages() -> tuple[Passages, _Session]:
    session = _Session()
    return Passages(describe("compact"), lambda: cast("Any", (_Tokens(), session))), session


@given(st.lists(st.lists(LETTERS, max_size=6), max_size=5))
def test_parts_give_what_all_at_once_gives_and_every_window_is_run_once(parts: list[list[str]]) -> None:
    (some, session), (whole, _) = passages(), passages()
    for part in parts:
        some.add(part)
    whole.add(text for part in parts for text in part)
    assert some.rows() == whole.rows()
    assert set(some.rows()) == {text for part in parts for text in part}
    assert len(session.asked) == len(set(session.asked))


def test_a_call_of_many_texts_gives_what_each_gives_alone(monkeypatch: Any) -> None:
    monkeypatch.setattr(scorer, "TEXTS_AT_ONCE", 2)
    one = Scorer(describe("compact"), threads=1)
    texts = ["You fool!", "The pier is fine.", "!!!", "You fool!", "Good morning, all of you."]
    together = one.score(texts, languages=["en"] * 5)
    alone = [one.score([text], languages=["en"])[0] for text in texts]
    for ours, theirs in zip(together, alone, strict=True):
        assert type(ours) is type(theirs)
        if hasattr(ours, "scores"):
            assert np.allclose(list(ours.scores.values()), list(cast("Any", theirs).scores.values()), atol=0.01)
