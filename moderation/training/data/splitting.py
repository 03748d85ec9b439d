"""Splits by the hash of the text: the same text falls into the same part in every set, run and version.

Training texts that nearly repeat a held-out one are left out, whatever their set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from moderation.training.data.cleaning import key_of, without_near
from moderation.training.examples import Example

Part = Literal["train", "dev", "test"]
PARTS: tuple[Part, ...] = ("train", "dev", "test")
# Percent. dev: calibration and choices. test: looked at once, for the model card.
TEST, DEV = 10, 6


def part_of(example: Example) -> Part:
    """The split of an example."""
    place = int(key_of(example.group or example.text)[:8], 16) % 100
    if place < TEST:
        return "test"
    return "dev" if place < TEST + DEV else "train"


def split(examples: Iterable[Example]) -> dict[Part, list[Example]]:
    """The three splits, without near-duplicates across them."""
    parts: dict[Part, list[Example]] = {part: [] for part in PARTS}
    for one in examples:
        parts[part_of(one)].append(one)
    parts["dev"] = list(without_near(parts["dev"], parts["test"]))
    parts["train"] = list(without_near(parts["train"], parts["test"] + parts["dev"]))
    return parts
