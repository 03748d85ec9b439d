"""Examples become rectangles: each seen as often as its weight says, targets where something is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from moderation.scoring.catalogue.descriptions import MODELS
from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import OUTPUTS, Example, Marked
from moderation.training.network.batches import PLACE, Batches, SoftLabelled
from moderation.training.recipe import Recipe

TOKENIZER = MODELS["compact"] / "tokenizer.json"
PLAIN = replace(Recipe(), noise=0.0, named=0.0, unnamed=0.0, batch_tokens=64)


def batches(examples: list[Example], recipe: Recipe = PLAIN, words: Sequence[Marked | None] = ()) -> Batches:
    soft = np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)
    soft[:, [PLACE["threat"], PLACE["perspective_threat"]]] = 0.25
    return Batches(SoftLabelled(examples, soft, 0.3, words), TOKENIZER, recipe, seed=4)


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
    seen = Counter(i % 5 for group in made.plan(0, cool_down=True) for i in group)
    assert (seen[0], seen[1], seen[2], seen[3]) == (800, 200, 100, 100)
    assert 10 < seen[4] < 50


def test_an_example_that_comes_often_does_not_fill_a_batch() -> None:
    made = batches([Example("some words " * 3, "own", weight=30.0) for _ in range(30)])
    assert all(len(set(group)) > len(group) / 2 for group in made.plan(0))


def test_people_and_teachers_are_heard_side_by_side() -> None:
    labels = {"toxicity": 1.0, "insult": 0.5}
    batch = batches([Example("You fool", "civil", labels), Example("Hm", "own", {"threat": 1.0})]).batch(0, [0, 1])
    places = [PLACE[name] for name in ("toxicity", "insult", "threat", "obscene")]
    assert batch.targets[:, places].tolist() == [[1.0, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    assert batch.weights[:, places].tolist() == [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    assert batch.soft[:, PLACE["threat"]].tolist() == [0.25, 0.25]
    assert batch.soft_weights[:, places].tolist() == [pytest.approx([0.0, 0.0, 0.3, 0.0])] * 2


def test_nobody_is_asked_for_a_score_that_perspective_itself_gave() -> None:
    scored = Example("You fool", "perspective", {"perspective_threat": 0.4})
    batch = batches([scored, Example("You fool", "civil", {"insult": 1.0})]).batch(0, [0, 1])
    assert batch.soft_weights[:, PLACE["perspective_threat"]].tolist() == [0.0, pytest.approx(0.3)]


def test_a_comment_about_others_keeps_people_s_labels_and_loses_perspective_s() -> None:
    scored = Example("My gay uncle is a fool", "context", {"toxicity": 1.0, "perspective_toxicity": 0.7})
    unscored = Example("My gay uncle is a fool", "civil", {"toxicity": 1.0})
    for said in (scored, unscored):
        batch = batches([said], replace(PLAIN, named=1.0)).batch(0, [0])
        assert batch.ids.tolist() != batches([said]).batch(0, [0]).ids.tolist()
        assert batch.weights[0, PLACE["toxicity"]] == 1.0
        assert batch.soft_weights[0, PLACE["threat"]] == pytest.approx(0.3)
        assert batch.weights[0, len(ATTRIBUTES) :].sum() == batch.soft_weights[0, len(ATTRIBUTES) :].sum() == 0.0


def test_word_pieces_have_the_share_of_those_who_marked_them() -> None:
    text = "You fool of a clown"
    marked = Example(text, "civil", spans=((4, 8, 1.0), (14, 19, 0.25)))
    batch = batches([marked, Example("Hm", "own")]).batch(0, [0, 1])
    assert batch.pieces[0].tolist() == [0.0, 0.0, 1.0, 0.0, 0.0, 0.25, 0.0]
    assert batch.piece_weights[0].tolist() == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    assert not batch.piece_weights[1].any()


def test_a_teacher_s_marks_count_for_half_beside_people_s_and_for_less_where_people_marked_nothing() -> None:
    examples = [Example("You fool", "civil", spans=((4, 8, 1.0),)), Example("You fool", "wikipedia")]
    batch = batches(examples, words=[((0, 3, 0.6), (4, 8, 0.7)), ((4, 8, 0.8),)]).batch(0, [0, 1])
    assert batch.pieces.tolist() == [pytest.approx([0.0, 0.3, 0.85, 0.0]), pytest.approx([0.0, 0.0, 0.8, 0.0])]
    assert batch.piece_weights[:, 1].tolist() == [1.0, PLAIN.word_weight]


def test_noise_follows_from_the_seed_and_keeps_labels() -> None:
    rough = replace(PLAIN, noise=1.0)
    example = Example("What a pathetic performance", "civil", {"insult": 1.0}, spans=((7, 15, 1.0),))
    first, again = (batches([example], rough).batch(2, [0]) for _ in range(2))
    plain = batches([example]).batch(2, [0])
    assert first.ids.tolist() == again.ids.tolist() != plain.ids.tolist()
    assert first.targets.tolist() == plain.targets.tolist()
    assert 1.0 in first.pieces[0]
