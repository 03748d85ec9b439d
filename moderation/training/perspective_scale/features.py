"""Cached features: a frozen network's hidden states of each token, on disk, so that it reads each text once.

Three kilobytes a token: five gigabytes for 43,000 comments, memory-mapped, deleted at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.scoring.inference.batches import MAX_ROWS, TOKEN_BUDGET, plan
from moderation.scoring.inference.session import pad
from moderation.training.network.batches import Floats
from moderation.training.network.model import Network, fast, side_by_side

FILE = "rows.npy"


@dataclass(frozen=True, slots=True)
class Seen:
    """A batch of features.

    Attributes:
        rows: Texts × width × the concatenated layers, 0 where there is no token.
        mask: Texts × width, 1 where there is one.
        pooled: Texts × hidden.
        logits: Texts × outputs, of the classifier without the head.
        words: Texts × 1, of the linear model over the word pieces.
    """

    rows: torch.Tensor
    mask: torch.Tensor
    pooled: torch.Tensor
    logits: torch.Tensor
    words: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class CachedFeatures:
    """The features of all texts.

    Attributes:
        rows: Tokens of all texts × the concatenated layers, float16.
        begins: The first row of each text, and the end of the last.
        pooled, logits, words: As `Seen` has them.
    """

    rows: NDArray[np.float16]
    begins: NDArray[np.int64]
    pooled: Floats
    logits: Floats
    words: Floats

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text."""
        return np.diff(self.begins)

    def seen(self, group: Sequence[int]) -> Seen:
        """These texts, padded to the longest."""
        places, lengths = list(group), self.lengths[list(group)]
        shape = (len(places), int(lengths.max()))
        rows, mask = np.zeros((*shape, self.rows.shape[1]), dtype=np.float32), np.zeros(shape, dtype=np.float32)
        for row, (i, length) in enumerate(zip(places, lengths.tolist(), strict=True)):
            rows[row, :length], mask[row, :length] = self.rows[self.begins[i] : self.begins[i + 1]], 1.0
        parts = (part[places] for part in (self.pooled, self.logits, self.words))
        return Seen(*map(torch.from_numpy, (rows, mask, *parts)))


@contextmanager
def cached_features(
    network: Network, read: int, ids: Sequence[Sequence[int]], words: Floats, folder: Path, show: Callable[[int], None]
) -> Iterator[CachedFeatures]:
    """Run the network once over every text; the file in `folder` exists within the context.

    Args:
        read: How many layers are kept, those before the last one.
        ids: Token ids of each text.
        words: The linear model's output for each text.
    """
    begins = np.concatenate([[0], np.cumsum([len(one) for one in ids])])
    try:
        rows = _open(folder / FILE, int(begins[-1]), read * network.classifier.config.hidden_size)
        pooled, logits = _read(network, read, ids, begins, rows, show)
        yield CachedFeatures(rows, begins, pooled, logits, words)
    finally:
        (folder / FILE).unlink(missing_ok=True)


def _open(path: Path, tokens: int, width: int) -> NDArray[np.float16]:
    shape = (tokens, width)
    found: NDArray[np.float16] = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
    return found


def _read(
    network: Network,
    read: int,
    ids: Sequence[Sequence[int]],
    begins: NDArray[np.int64],
    rows: NDArray[np.float16],
    show: Callable[[int], None],
) -> tuple[Floats, Floats]:
    """Fill the rows; returns pooled states and logits."""
    config = network.classifier.config
    pooled = np.zeros((len(ids), config.hidden_size), dtype=np.float32)
    logits = np.zeros((len(ids), config.num_labels), dtype=np.float32)
    done = 0
    for group in plan([len(one) for one in ids], TOKEN_BUDGET, MAX_ROWS):
        found, pooled[group], logits[group] = _said(network, read, [ids[i] for i in group])
        for i, one in zip(group, found, strict=True):
            rows[begins[i] : begins[i + 1]] = one[: len(ids[i])]
        show(done := done + len(group))
    return pooled, logits


def _said(network: Network, read: int, ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.float16], Floats, Floats]:
    with torch.no_grad(), fast(network):
        found = network.encoded(*map(network.place, pad(ids)), all_layers=True)
        rows, pooled = side_by_side(found.hidden_states, read), network.pooled(found)
        logits = network.classifier.classifier(pooled)
    return rows.half().cpu().numpy(), pooled.float().cpu().numpy(), logits.float().cpu().numpy()
