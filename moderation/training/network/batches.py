"""Examples as tensors: token ids, targets and their weights, shares of the word pieces.

Texts of similar length are batched together to save padding. Batches and their order depend on the seed and the pass
alone, so a resumed training sees the same ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moderation.scoring.results import ATTRIBUTES
from moderation.training.augmentation.counterfactuals import counterfactual
from moderation.training.augmentation.perturbation import perturbed
from moderation.training.examples import OUTPUTS, SETS, Example, Marked
from moderation.training.network.cool_down import cool_down_weight
from moderation.training.recipe import Recipe
from moderation.training.span_annotations import mean_annotations

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Floats = NDArray[np.float32]
PLACE = {name: i for i, name in enumerate(OUTPUTS)}
SCALE = {name: i for name, i in PLACE.items() if name not in ATTRIBUTES}
# Lengths are jittered by this much before sorting, so that each pass has different batches.
BLUR = 0.2


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's rows.

    Attributes:
        ids: Rows × width, padded with 0.
        mask: 1 where `ids` are real.
        targets: Rows × outputs, people's shares.
        weights: Rows × outputs; 0 where nothing is known.
        soft, soft_weights: The same of the teachers' soft labels.
        sets: Each row's place in `SETS`.
        pieces: Rows × width: share of those who marked the word piece.
        piece_weights: Rows × width; 0 where nobody was asked.
    """

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    targets: Floats
    weights: Floats
    soft: Floats
    soft_weights: Floats
    sets: NDArray[np.int64]
    pieces: Floats
    piece_weights: Floats


@dataclass(frozen=True, slots=True)
class SoftLabelled:
    """Training examples with soft labels.

    Attributes:
        soft: Examples × outputs, teachers' shares, NaN where there is none.
        weight: Of the soft labels; people's have 1.
        words: The word annotations of a teacher for each example; None if none was asked. Empty: none has any.
    """

    examples: Sequence[Example]
    soft: Floats
    weight: float
    words: Sequence[Marked | None] = ()

    def part(self, places: Sequence[int]) -> SoftLabelled:
        """These examples alone."""
        words = [self.words[i] for i in places] if self.words else ()
        return replace(self, examples=[self.examples[i] for i in places], soft=self.soft[places], words=words)


class Batches:
    """Makes the batches of each pass."""

    def __init__(self, labelled: SoftLabelled, tokenizer: Path, recipe: Recipe, seed: int) -> None:
        """Read the tokenizer and the lengths of the texts."""
        self._labelled, self._recipe, self._seed = labelled, recipe, seed
        self._tokenizer = open_tokenizer(tokenizer, recipe.max_tokens)
        texts = [one.text for one in labelled.examples]
        self._weights = np.array([one.weight for one in labelled.examples])
        self._cool_down = np.array([cool_down_weight(one) for one in labelled.examples])
        self._lengths = np.array([len(found.ids) for found in self._tokenizer.encode_batch(texts)])

    def plan(self, number: int, *, cool_down: bool = False) -> list[list[int]]:
        """The examples of each batch of a pass, in order; `cool_down`: with the weights of that phase."""
        chance = np.random.default_rng((self._seed, number))
        # A weight of 2.3 means twice, and once more in three passes of ten.
        weights = self._cool_down if cool_down else self._weights
        times = (weights + chance.random(len(weights))).astype(int)
        return groups_by_chance(times, self._lengths, self._recipe.batch_tokens, chance)

    def batch(self, number: int, group: Sequence[int]) -> Batch:
        """The rows of one batch; augmentation depends on seed, pass and example alone."""
        seen, others = zip(*(self._seen(number, i) for i in group), strict=True)
        found = self._tokenizer.encode_batch([one.text for one in seen])
        shape = (len(group), max(len(one.ids) for one in found))
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        pieces, piece_weights = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
        for row, (one, encoding) in enumerate(zip(seen, found, strict=True)):
            width = len(encoding.ids)
            ids[row, :width], mask[row, :width] = encoding.ids, 1
            if one.spans is not None:
                asked = 1.0 if self._labelled.examples[group[row]].spans is not None else self._recipe.word_weight
                pieces[row, :width] = _pieces(encoding, one.spans)
                piece_weights[row, :width] = [asked * (last > first) for first, last in encoding.offsets]
        targets, weights = _targets(seen)
        soft, soft_weights = self._soft(group, others)
        sets = np.array([SETS.index(one.set) for one in seen])
        return Batch(ids, mask, targets, weights, soft, soft_weights, sets, pieces, piece_weights)

    def _seen(self, number: int, i: int) -> tuple[Example, bool]:
        """The example as this pass sees it, with the teacher's words; and whether it is a counterfactual."""
        chance = random.Random(f"{self._seed} {number} {i}")  # noqa: S311 - training, no secret
        one = self._labelled.examples[i]
        if self._labelled.words and (told := self._labelled.words[i]) is not None:
            one = replace(one, spans=told if one.spans is None else mean_annotations(one.spans, told))
        other = counterfactual(one, chance, named=self._recipe.named, unnamed=self._recipe.unnamed)
        if other:
            labels = {name: share for name, share in one.labels.items() if name in ATTRIBUTES}
            one = replace(other, labels=labels)
        return (perturbed(one, chance) if chance.random() < self._recipe.noise else one), other is not None

    def _soft(self, group: Sequence[int], others: Sequence[bool]) -> tuple[Floats, Floats]:
        """The soft labels, except where Perspective's score is known, and on its scale for counterfactuals."""
        soft = self._labelled.soft[group]
        weights = np.where(np.isnan(soft), 0.0, self._labelled.weight).astype(np.float32)
        weights[list(others), len(ATTRIBUTES) :] = 0.0
        for row, i in enumerate(group):
            known = self._labelled.examples[i].labels
            weights[row, [place for name, place in SCALE.items() if name in known]] = 0.0
        return np.nan_to_num(soft), weights


def groups_by_chance(
    times: NDArray[np.int64], lengths: NDArray[np.int64], most_tokens: int, chance: np.random.Generator
) -> list[list[int]]:
    """Every example as often as `times` says: those of similar length together, the groups shuffled."""
    seen = np.repeat(np.arange(len(times)), times)
    # Each copy is jittered separately, so that no batch is filled by one example.
    blurred = lengths[seen] * chance.uniform(1 - BLUR, 1 + BLUR, len(seen))
    groups = list(_groups(seen[np.argsort(-blurred)].tolist(), lengths, most_tokens))
    chance.shuffle(groups)
    return groups


def _groups(order: Sequence[int], lengths: NDArray[np.int64], most_tokens: int) -> Iterator[list[int]]:
    group: list[int] = []
    widest = 0
    for i in order:
        widest = max(widest, int(lengths[i]))
        if group and widest * (len(group) + 1) > most_tokens:
            yield group
            group, widest = [], int(lengths[i])
        group.append(i)
    yield group


def _targets(seen: Sequence[Example]) -> tuple[Floats, Floats]:
    targets, weights = np.zeros((2, len(seen), len(OUTPUTS)), dtype=np.float32)
    for row, one in enumerate(seen):
        for name, value in one.labels.items():
            targets[row, PLACE[name]], weights[row, PLACE[name]] = value, 1.0
    return targets, weights


def open_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """An encoder's tokenizer, which truncates at `max_tokens` and does not pad."""
    from tokenizers import Tokenizer

    found: Tokenizer = Tokenizer.from_file(str(path))
    found.no_padding()
    found.enable_truncation(max_tokens)
    return found


def _pieces(encoding: Encoding, spans: Marked) -> list[float]:
    """The highest share that overlaps each word piece; 0 for special tokens."""
    return [
        max((share for begin, end, share in spans if begin < last and first < end), default=0.0)
        for first, last in encoding.offsets
    ]
