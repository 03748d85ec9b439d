"""Rows as arrays, batched by length; batches depend on the seed and the pass alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.scoring.results import ATTRIBUTES
from moderation.training.network.batches import groups_by_chance, open_tokenizer
from moderation.training.world.changes import changed
from moderation.training.world.rows import OUTPUTS, SETS, Row

Floats = NDArray[np.float32]
MAX_TOKENS = 128
PLACE = {name: i for i, name in enumerate(OUTPUTS)}
# Of the outputs in the loss: what decides most counts most.
HEEDED = {"toxicity": 3.0, "perspective_toxicity": 1.0}
ATTRIBUTE, SCALE = 1.0, 0.4


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's rows.

    Attributes:
        ids, mask: Rows × width, padded with 0.
        people, weights: Rows × attributes; weight 0 where nothing is known.
        soft, soft_weights: Rows × outputs.
        sets: Each row's place in `SETS`.
        pieces, piece_weights: Rows × width: share of those who marked the piece; weight 0 where nobody was asked.
    """

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    people: Floats
    weights: Floats
    soft: Floats
    soft_weights: Floats
    sets: NDArray[np.int64]
    pieces: Floats
    piece_weights: Floats


class Batches:
    """Makes the batches of each pass."""

    def __init__(self, rows: Sequence[Row], tokenizer: Path, batch_tokens: int, seed: int) -> None:
        """Read the tokenizer and the lengths of the texts."""
        self._rows, self._seed, self._most = rows, seed, batch_tokens
        self._tokenizer = open_tokenizer(tokenizer, MAX_TOKENS)
        self._weights = np.array([one.weight for one in rows])
        self._lengths = np.array([len(one.ids) for one in self._tokenizer.encode_batch_fast([r.text for r in rows])])

    def plan(self, number: int) -> list[list[int]]:
        """The rows of each batch of a pass, in order."""
        chance = np.random.default_rng((self._seed, number))
        times = (self._weights + chance.random(len(self._weights))).astype(int)
        return groups_by_chance(times, self._lengths, self._most, chance)

    def batch(self, number: int, group: Sequence[int]) -> Batch:
        """The arrays of one batch."""
        seen = [changed(self._rows[i], random.Random(f"{self._seed} {number} {i}")) for i in group]  # noqa: S311
        found = self._tokenizer.encode_batch([one.text for one in seen])
        shape = (len(group), max(len(one.ids) for one in found))
        ids, mask = np.zeros((2, *shape), dtype=np.int64)
        pieces, piece_weights = np.zeros((2, *shape), dtype=np.float32)
        for row, (one, encoding) in enumerate(zip(seen, found, strict=True)):
            width = len(encoding.ids)
            ids[row, :width], mask[row, :width] = encoding.ids, 1
            if one.spans is not None:
                pieces[row, :width] = [_share(place, one) for place in encoding.offsets]
                piece_weights[row, :width] = [float(last > first) for first, last in encoding.offsets]
        sets = np.array([SETS.index(one.set) if one.set in SETS else 0 for one in seen])
        return Batch(ids, mask, *_people(seen), *_soft(seen), sets, pieces, piece_weights)


def placed(*arrays: NDArray[Any]) -> tuple[torch.Tensor, ...]:
    """Arrays as tensors."""
    return tuple(torch.from_numpy(one) for one in arrays)


def _share(place: tuple[int, int], row: Row) -> float:
    first, last = place
    # A piece that begins a word begins with the space before it.
    return max((share for begin, end, share in row.spans or () if begin < last and first < end - 1), default=0.0)


def _people(seen: Sequence[Row]) -> tuple[Floats, Floats]:
    people, weights = np.zeros((2, len(seen), len(ATTRIBUTES)), dtype=np.float32)
    for row, one in enumerate(seen):
        for name, share in one.people.items():
            if name in ATTRIBUTES:
                people[row, PLACE[name]], weights[row, PLACE[name]] = share, one.heed * HEEDED.get(name, ATTRIBUTE)
    return people, weights


def _soft(seen: Sequence[Row]) -> tuple[Floats, Floats]:
    soft, weights = np.zeros((2, len(seen), len(OUTPUTS)), dtype=np.float32)
    for row, one in enumerate(seen):
        for name, share in one.soft.items():
            usual = ATTRIBUTE if name in ATTRIBUTES else SCALE
            soft[row, PLACE[name]], weights[row, PLACE[name]] = share, one.heed * HEEDED.get(name, usual)
    return soft, weights
