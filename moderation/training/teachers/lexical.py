"""A linear teacher for Perspective's scale, over words and letters, which complements the networks.

The attributes other than TOXICITY have 1,000 scores only. A ridge regression over n-grams (Hoerl and Kennard, 1970;
features as in Wang and Manning, 2012) learns from so few without overfitting, and its errors are not the networks'.
TOXICITY, which 20,000 rows have, is predicted from the words alone; the others from TOXICITY and the words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moderation.scoring.calibration import logits
from moderation.training.augmentation.concatenation import is_asked
from moderation.training.examples import Example, Progress
from moderation.training.network.batches import PLACE, SCALE, SoftLabelled

if TYPE_CHECKING:
    from sklearn.linear_model import Ridge

Numbers = NDArray[np.floating[Any]]

TOXICITY = "perspective_toxicity"
OTHERS = tuple(name for name in SCALE if name != TOXICITY)
# Its weight in the mean with the networks' logits; chosen on held-out rows.
SHARE, OTHERS_SHARE = 0.35, 0.5
# TOXICITY's weight falls to 0 between these logits of the networks (0.08, 0.27): words improve the order of the many
# low scores and worsen that of the few high ones, which depend on what is meant.
FULL_BELOW, NONE_ABOVE = -2.5, -1.0
# The 1,000 rows with all attributes are Perspective's newest; each counts as often as this.
FULL_ROW = 6
PENALTY = 1.0
# The others are learnt with a TOXICITY that is noisy, since a predicted one will be: deviation of the logits, draws.
DOUBT, DRAWS = 0.4, 8
# A word or a mark.
WORDS = r"\w+|[^\w\s]"
TEXTS_AT_ONCE = 4_096


def scaled(labelled: SoftLabelled, by_words: Lexical, progress: Progress) -> SoftLabelled:
    """The soft labels, on Perspective's scale combined with the lexical teacher's.

    Args:
        labelled: If it has shares on the scale already, they are averaged with the teacher's.
        by_words: The teacher, trained on the same examples.
    """
    examples = labelled.examples
    asked = [i for i, one in enumerate(examples) if is_asked(one)]
    texts = [examples[i].text for i in asked]
    toxicity = by_words.toxicity(texts, progress("words tell toxicity of", len(texts)))
    soft = labelled.soft.copy()
    networks = logits(soft[asked, PLACE[TOXICITY]])
    toxicity = _mixed(toxicity, networks, SHARE * _lowness(networks))
    soft[asked, PLACE[TOXICITY]] = _shares(toxicity)
    known = np.array([examples[i].labels.get(TOXICITY, np.nan) for i in asked])
    toxicity = np.where(np.isnan(known), toxicity, logits(known))
    others = by_words.others(texts, toxicity, progress("words tell the others of", len(texts)))
    for name, column in zip(OTHERS, others.T, strict=True):
        soft[asked, PLACE[name]] = _shares(_mixed(column, logits(soft[asked, PLACE[name]]), OTHERS_SHARE))
    return replace(labelled, soft=soft)


class Lexical:
    """The regressions."""

    def __init__(self, examples: Sequence[Example], chance: int) -> None:
        """Fit them on the examples that have Perspective's scores.

        Args:
            chance: Seed of the noise.
        """
        examples = [one for one in examples if TOXICITY in one.labels]
        self._vectorizers = _vectorizers([one.text for one in examples])
        features = self._features([one.text for one in examples])
        full = [i for i, one in enumerate(examples) if all(name in one.labels for name in OTHERS)]
        weights = np.ones(len(examples))
        weights[full] = FULL_ROW
        toxicity = logits(np.array([one.labels[TOXICITY] for one in examples]))
        self._toxicity = _ridge(PENALTY).fit(features, toxicity, sample_weight=weights)
        others = logits(np.array([[examples[i].labels[name] for name in OTHERS] for i in full]))
        self._others = _beside(features[full], toxicity[full], others, chance)

    def toxicity(self, texts: Sequence[str], show: Callable[[int], None]) -> Numbers:
        """Logits of TOXICITY."""
        return np.concatenate([self._toxicity.predict(part) for _, part in self._parts(texts, show)])

    def others(self, texts: Sequence[str], toxicity: Numbers, show: Callable[[int], None]) -> Numbers:
        """Logits, texts × `OTHERS`, given the logits of TOXICITY."""
        parts = self._parts(texts, show)
        return np.concatenate([self._others.predict(_with(part, toxicity[where])) for where, part in parts])

    def _parts(self, texts: Sequence[str], show: Callable[[int], None]) -> Any:
        for begin in range(0, len(texts), TEXTS_AT_ONCE):
            where = slice(begin, begin + TEXTS_AT_ONCE)
            yield where, self._features(texts[where])
            show(begin + len(texts[where]))

    def _features(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import hstack

        return hstack([one.transform(texts) for one in self._vectorizers] + [_style(texts)]).tocsr()


def _vectorizers(texts: Sequence[str]) -> list[Any]:
    """Words and their pairs with marks; letters within words, once as they are written."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    letters = {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 3, "sublinear_tf": True}
    found = [
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=WORDS),
        TfidfVectorizer(**letters),
        TfidfVectorizer(**letters, lowercase=False),
    ]
    return [one.fit(texts) for one in found]


def _style(texts: Sequence[str]) -> Numbers:
    """Length, capitals, punctuation, digits and lines of each text, each about 0 to 1."""
    return np.array([_style_of(text) for text in texts], dtype=np.float32)


def _style_of(text: str) -> list[float]:
    length, alphabetic = max(len(text), 1), sum(map(str.isalpha, text)) or 1
    return [
        float(np.log(length)) / 5,
        sum(map(str.isupper, text)) / alphabetic,
        min(text.count("!") / 5, 1.0),
        min(text.count("?") / 3, 1.0),
        10 * (text.count('"') + text.count("'")) / length,
        3 * sum(map(str.isdigit, text)) / length,
        min(text.count("\n") / 5, 1.0),
    ]


def _beside(features: Any, toxicity: Numbers, others: Numbers, chance: int) -> Ridge:
    from scipy.sparse import vstack

    doubt = np.random.default_rng(chance)
    drawn = [_with(features, toxicity + doubt.normal(0, DOUBT, len(toxicity))) for _ in range(DRAWS)]
    return _ridge(PENALTY * DRAWS).fit(vstack(drawn), np.tile(others, (DRAWS, 1)))


def _with(features: Any, toxicity: Numbers) -> Any:
    from scipy.sparse import hstack

    return hstack([features, toxicity[:, None]]).tocsr()


def _ridge(penalty: float) -> Ridge:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=penalty, solver="sparse_cg")


def _lowness(scores: Numbers) -> Numbers:
    """1 for a low logit, falling to 0 for a high one."""
    found: Numbers = np.clip((NONE_ABOVE - scores) / (NONE_ABOVE - FULL_BELOW), 0, 1)
    return found


def _mixed(by_words: Numbers, by_networks: Numbers, share: float | Numbers) -> Numbers:
    mixed: Numbers = np.where(np.isnan(by_networks), by_words, share * by_words + (1 - share) * by_networks)
    return mixed


def _shares(scores: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-scores))
    return found
