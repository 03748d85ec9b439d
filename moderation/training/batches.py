"""Examples as rectangles of numbers: token ids, targets and their weights, shares of the word pieces.

Texts of like length go together, so that little is padded; which ones, and in which order, follows from the seed and
the pass alone, so a resumed training sees what it would have seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moderation.training.closing import closing_weight
from moderation.training.examples import OUTPUTS, SETS, Example, Marked
from moderation.training.recipe import Recipe
from moderation.training.roughening import roughened

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Floats = NDArray[np.float32]
PLACE = {name: i for i, name in enumerate(OUTPUTS)}
# Lengths are blurred by this much before sorting, so that each pass has batches of its own.
BLUR = 0.2
# Sets whose labels are one word for many annotators: 0 or 1, wrong here and there.
HARD = frozenset({"wikipedia"})
# Word pieces of texts that nobody marked, and padding.
UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's rows.

    Attributes:
        ids: Rows × width, padded with 0.
        mask: 1 where `ids` are real.
        targets: Rows × outputs, shares.
        weights: Rows × outputs; 0 where nothing is known.
        sets: Each row's place in `SETS`.
        pieces: Rows × width: share of the annotators who marked the word piece, or `UNKNOWN`.
    """

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    targets: Floats
    weights: Floats
    sets: NDArray[np.int64]
    pieces: Floats


@dataclass(frozen=True, slots=True)
class Taught:
    """Training examples, and what teachers say of them: examples × outputs, NaN where no teacher knows."""

    examples: Sequence[Example]
    soft: Floats


class Batches:
    """Makes the batches of each pass."""

    def __init__(self, taught: Taught, tokenizer: Path, recipe: Recipe, seed: int) -> None:
        """Read the tokenizer and the lengths of the texts."""
        self._taught, self._recipe, self._seed = taught, recipe, seed
        self._tokenizer = open_tokenizer(tokenizer, recipe.max_tokens)
        texts = [one.text for one in taught.examples]
        self._weights = np.array([one.weight for one in taught.examples])
        self._closing = np.array([closing_weight(one) for one in taught.examples])
        self._lengths = np.array([len(found.ids) for found in self._tokenizer.encode_batch(texts)])

    def plan(self, number: int, *, closing: bool = False) -> list[list[int]]:
        """The examples of each batch of a pass, in order; `closing` with the weights of the closing part."""
        chance = np.random.default_rng((self._seed, number))
        # A weight of 2.3 is twice, and once more in three passes of ten.
        weights = self._closing if closing else self._weights
        times = (weights + chance.random(len(weights))).astype(int)
        seen = np.repeat(np.arange(len(weights)), times)
        # Each time is blurred for itself, so that an example does not fill a batch.
        blurred = self._lengths[seen] * chance.uniform(1 - BLUR, 1 + BLUR, len(seen))
        groups = list(self._groups(seen[np.argsort(-blurred)].tolist()))
        chance.shuffle(groups)
        return groups

    def _groups(self, order: Sequence[int]) -> Iterator[list[int]]:
        group: list[int] = []
        widest = 0
        for i in order:
            widest = max(widest, int(self._lengths[i]))
            if group and widest * (len(group) + 1) > self._recipe.batch_tokens:
                yield group
                group, widest = [], int(self._lengths[i])
            group.append(i)
        yield group

    def batch(self, number: int, group: Sequence[int]) -> Batch:
        """The rows of one batch; the noise on them follows from seed, pass and example."""
        examples = [self._rough(number, i) for i in group]
        found = self._tokenizer.encode_batch([one.text for one in examples])
        shape = (len(group), max(len(one.ids) for one in found))
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        pieces = np.full(shape, UNKNOWN, dtype=np.float32)
        for row, (one, encoding) in enumerate(zip(examples, found, strict=True)):
            width = len(encoding.ids)
            ids[row, :width], mask[row, :width] = encoding.ids, 1
            if one.spans is not None:
                pieces[row, :width] = _pieces(encoding, one.spans)
        targets, weights = self._targets(group)
        sets = np.array([SETS.index(one.set) for one in examples])
        return Batch(ids, mask, targets, weights, sets, pieces)

    def _rough(self, number: int, i: int) -> Example:
        chance = random.Random(f"{self._seed} {number} {i}")  # noqa: S311 - training, no secret
        one = self._taught.examples[i]
        return roughened(one, chance) if chance.random() < self._recipe.noise else one

    def _targets(self, group: Sequence[int]) -> tuple[Floats, Floats]:
        soft = self._taught.soft[group]
        targets = np.nan_to_num(soft)
        weights = np.where(np.isnan(soft), 0.0, self._recipe.teacher_weight).astype(np.float32)
        for row, i in enumerate(group):
            one = self._taught.examples[i]
            for name, value in one.labels.items():
                place = PLACE[name]
                heard = self._recipe.teacher_share if one.set in HARD and weights[row, place] else 0.0
                targets[row, place] = (1 - heard) * value + heard * targets[row, place]
                weights[row, place] = 1.0
        return targets, weights


def open_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """A base's tokenizer, which cuts at `max_tokens` and pads nothing."""
    from tokenizers import Tokenizer

    found: Tokenizer = Tokenizer.from_file(str(path))
    found.no_padding()
    found.enable_truncation(max_tokens)
    return found


def _pieces(encoding: Encoding, spans: Marked) -> list[float]:
    """The highest share that touches each word piece; special tokens are unknown."""
    return [
        max((share for begin, end, share in spans if begin < last and first < end), default=0.0)
        if last > first
        else UNKNOWN
        for first, last in encoding.offsets
    ]
