"""Examples become rectangles: each seen as often as its weight says, targets where something is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moderation.scoring.descriptions import MODELS
from moderation.training.batches import PLACE, UNKNOWN, Batches, Taught
from moderation.training.examples import OUTPUTS, Example
from moderation.training.recipe import Recipe

TOKENIZER = MODELS["compact"] / "tokenizer.json"
PLAIN = replace(Recipe(), noise=0.0, batch_tokens=64)


def batches(examples: list[Example], recipe: Recipe = PLAIN, tokenizer: Path = TOKENIZER) -> Batches:
    soft = np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)
    soft[:, PLACE["threat"]] = 0.25
    return Batches(Taught(examples, soft), tokenizer, recipe, seed=4)


def test_every_example_is_seen_once_a_pass_in_batches_of_bounded_size() -> None:
    made = batches([Example("word " * (n % 9 + 1), "own") for n in range(60)])
    plan = made.plan(0)
    assert sorted(i for group in plan for i in group) == list(range(60))
    assert all(made.batch(0, group).ids.size <= 64 for group in plan)
    assert plan == made.plan(0) != made.plan(1)


def test_an_example_of_low_weight_is_seen_in_some_passes_only() -> None:
    made = batches([Example("a word", "tweets", weight=0.3)] * 200)
    assert 30 < sum(map(len, made.plan(0))) < 90


def test_an_example_of_high_weight_is_seen_several_times_a_pass() -> None:
    made = batches([Example("a word", "own", weight=2.5), Example("another", "civil")] * 100)
    seen = Counter(i for group in made.plan(0) for i in group)
    assert {seen[i] for i in range(0, 200, 2)} == {2, 3}
    assert {seen[i] for i in range(1, 200, 2)} == {1}


def test_the_closing_part_sees_what_sets_lack_more_often() -> None:
    harmless = {"toxicity": 0.0}
    examples = [
        Example("a word", "own"),
        Example("My gay brother cooks", "context", harmless),
        Example("My gay brother cooks", "context", {"toxicity": 1.0}),
        Example("My brother cooks", "wikipedia", harmless),
        Example("My brother cooks", "tweets", harmless),
    ]
    made = batches(examples * 100)
    seen = Counter(i % 5 for group in made.plan(0, closing=True) for i in group)
    assert (seen[0], seen[1]) == (2000, 300)
    assert 30 < seen[2] < 70 > seen[4]
    assert 50 < seen[3] < 90


def test_an_example_that_comes_often_does_not_fill_a_batch() -> None:
    made = batches([Example("some words " * 3, "own", weight=30.0) for _ in range(30)])
    assert all(len(set(group)) > len(group) / 2 for group in made.plan(0))


def test_people_s_labels_stand_and_the_teacher_fills_in() -> None:
    labels = {"toxicity": 1.0, "insult": 0.5}
    made = batches([Example("You fool", "civil", labels), Example("Hm", "own", {"threat": 1.0}, weight=3.0)])
    batch = made.batch(0, [0, 1])
    weights = [dict(zip(OUTPUTS, row.tolist(), strict=True)) for row in batch.weights]
    assert weights[0]["toxicity"] == weights[0]["insult"] == 1.0
    assert weights[0]["threat"] == pytest.approx(PLAIN.teacher_weight)
    assert (weights[0]["obscene"], weights[1]["threat"]) == (0.0, 1.0)
    targets = batch.targets[:, [PLACE["insult"], PLACE["threat"]]].tolist()
    assert targets == [[0.5, 0.25], [0.0, 1.0]]


def test_the_teacher_is_heard_beside_labels_that_are_only_yes_or_no() -> None:
    batch = batches([Example("You fool", "wikipedia", {"threat": 1.0, "insult": 1.0})]).batch(0, [0])
    heard = PLAIN.teacher_share
    assert batch.targets[0, PLACE["threat"]] == pytest.approx(1 - heard + heard * 0.25)
    assert batch.targets[0, PLACE["insult"]] == 1.0


def test_word_pieces_have_the_share_of_those_who_marked_them() -> None:
    text = "You fool of a clown"
    batch = batches([Example(text, "civil", spans=((4, 8, 1.0), (14, 19, 0.25))), Example("Hm", "own")]).batch(
        0, [0, 1]
    )
    assert batch.pieces[0].tolist() == [UNKNOWN, 0.0, 1.0, 0.0, 0.0, 0.25, UNKNOWN]
    assert set(batch.pieces[1].tolist()) == {UNKNOWN}


def test_noise_follows_from_the_seed_and_keeps_labels() -> None:
    rough = replace(PLAIN, noise=1.0)
    example = Example("What a pathetic performance", "civil", {"insult": 1.0}, spans=((7, 15, 1.0),))
    first, again = (batches([example], rough).batch(2, [0]) for _ in range(2))
    plain = batches([example]).batch(2, [0])
    assert first.ids.tolist() == again.ids.tolist() != plain.ids.tolist()
    assert first.targets.tolist() == plain.targets.tolist()
    assert 1.0 in first.pieces[0]
