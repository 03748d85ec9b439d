"""Steps and their rates: the passes, then a closing part at a lower rate, which a trial run leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from moderation.scoring.catalogue.descriptions import MODELS
from moderation.training.examples import OUTPUTS, Example
from moderation.training.network.batches import Batches, SoftLabelled
from moderation.training.network.loop import COOL_DOWN, planned_steps
from moderation.training.recipe import Recipe

RECIPE = replace(Recipe(), passes=1.5, batch_tokens=64)


def batches(recipe: Recipe) -> Batches:
    examples = [Example(f"Word number {n}", "own" if n % 9 else "wikipedia") for n in range(90)]
    soft = np.full((len(examples), len(OUTPUTS)), np.nan, dtype=np.float32)
    return Batches(SoftLabelled(examples, soft, 1.0), MODELS["compact"] / "tokenizer.json", recipe, seed=1)


def test_the_closing_part_follows_the_passes_at_a_lower_rate() -> None:
    steps = list(planned_steps(batches(RECIPE), RECIPE))
    numbers = [work[0] for work, _ in steps]
    assert numbers == sorted(numbers)
    assert set(numbers) == {0, 1, COOL_DOWN}
    rates = {number: [rate for work, rate in steps if work[0] == number] for number in set(numbers)}
    assert max(rates[0]) == RECIPE.rate > RECIPE.closing_rate == max(rates[COOL_DOWN])
    assert min(rates[1]) < RECIPE.rate / 10
    assert min(rates[COOL_DOWN]) < RECIPE.closing_rate / 10


def test_a_trial_run_ends_after_its_steps() -> None:
    recipe = replace(RECIPE, most_steps=3)
    steps = list(planned_steps(batches(recipe), recipe))
    assert [work[0] for work, _ in steps] == [0, 0, 0]
