"""A linear model over word pieces for TOXICITY on Perspective's scale, small enough to go into the network's graph.

Ridge regression (Hoerl and Kennard, 1970) on TF-IDF of the pieces, normalised by length. It knows rare words that the
network never met, and contributes a single number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.training.network.batches import Floats

PENALTY = 1.0
FOLDS = 5
# In BERT's uncased vocabulary, which the bases have, the pieces below this number are special: padding, begin, end,
# unknown, unused.
SPECIAL = 999


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces of each text, and the size of the vocabulary."""

    ids: Sequence[Sequence[int]]
    vocabulary: int

    def learnt(self, scored: Sequence[int], logits: Floats, weights: Floats, chance: int) -> tuple[Floats, Floats]:
        """Fit the model on the texts that have a score.

        Args:
            scored: Their indices.
            logits: Of the scores.
            weights: Of the texts.
            chance: Seed of the folds.

        Returns:
            The table of `encoder.ScaleWeights.words`; and the model's output for each text, texts × 1, out-of-fold for
            those with a score.
        """
        counts = self._counts()
        rarity = self._rarity(counts[scored])
        features = _over_length(counts, rarity)
        whole = _ridge(features[scored], logits, weights)
        said = _said(features, whole)
        fold = np.random.default_rng(chance).integers(0, FOLDS, len(scored))
        places = np.asarray(scored)
        for number in range(FOLDS):
            left, out = fold != number, places[fold == number]
            said[out] = _said(features[out], _ridge(features[places[left]], logits[left], weights[left]))
        return np.stack([whole * rarity, rarity**2], axis=1).astype(np.float32), said[:, None]

    def _counts(self) -> Any:
        from scipy.sparse import csr_matrix

        kept = [[piece for piece in one if piece >= SPECIAL] for one in self.ids]
        ends = np.concatenate([[0], np.cumsum([len(one) for one in kept])])
        places = np.concatenate([np.array(one, dtype=np.int64) for one in kept])
        found = csr_matrix((np.ones(len(places)), places, ends), shape=(len(kept), self.vocabulary))
        found.sum_duplicates()
        return found

    def _rarity(self, counts: Any) -> Floats:
        """Inverse document frequency; 0 for special pieces."""
        texts = counts.shape[0]
        found: Floats = np.log((1 + texts) / (1 + np.asarray((counts > 0).sum(axis=0)).ravel())) + 1
        found[:SPECIAL] = 0.0
        return found


def _over_length(counts: Any, rarity: Floats) -> Any:
    length = np.sqrt(np.asarray(counts.multiply(rarity**2).sum(axis=1)).ravel()).clip(1.0)
    return counts.multiply(rarity).multiply(1 / length[:, None]).tocsr()


def _ridge(features: Any, logits: Floats, weights: Floats) -> NDArray[np.float64]:
    from sklearn.linear_model import Ridge

    found: NDArray[np.float64] = Ridge(alpha=PENALTY, solver="sparse_cg").fit(features, logits, weights).coef_
    return found


def _said(features: Any, weight: NDArray[np.float64]) -> Floats:
    found: Floats = (features @ weight).astype(np.float32)
    return found
