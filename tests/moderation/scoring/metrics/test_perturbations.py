"""Evasion noise: seeded, only where it is asked for, and seen through."""

from __future__ import annotations

import random

import pytest

from moderation.scoring.metrics.perturbations import KINDS, disguise, word_ranges
from moderation.scoring.text.normalise import deobfuscate

TEXT = "Oh, you stupid idiot! Go away."
PLACES = [(8, 14), (15, 20)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_disguise_of_these_words_only(kind: str) -> None:
    found = {disguise(TEXT, PLACES, kind, random.Random(3)) for _ in range(3)}  # noqa: S311
    assert len(found) == 1
    [text] = found
    assert text != TEXT
    assert text.startswith("Oh, you ")
    assert text.endswith("! Go away.")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_seen_through(kind: str) -> None:
    for seed in range(20):
        reading = deobfuscate(disguise(TEXT, PLACES, kind, random.Random(seed)))  # noqa: S311
        assert reading is not None
        assert reading.text.lower() == TEXT.lower()


def test_words_are_found_whole_in_any_case() -> None:
    assert word_ranges(TEXT, {"stupid", "go", "awa"}) == [(8, 14), (22, 24)]
