"""What models that are there already say of the training texts: a new one learns from several, and goes past each.

A model's folder is what `export` writes and what the project carries: the embedded model, one of an earlier version
out of the history, a run's. Two that were trained apart err differently, so the mean of their logits is better than
either, and a network that learns it is as good as the two together (Hinton and others, 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from moderation.scoring.descriptions import read_description, verify
from moderation.scoring.inference.session import InferenceSession
from moderation.scoring.inference.tokens import SPECIAL_TOKENS, Tokens
from moderation.scoring.metrics.identity_terms import terms_in
from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import OUTPUTS, Marked, Progress
from moderation.training.network.batches import PLACE, Floats

TEXTS_AT_ONCE = 2_048
# A probability nearer to 0 or 1 says no more than this.
NEAREST = 0.001
# A share below this is no mark.
MIN_SHARE = 0.04
# The words of a text whose toxicity is lower are not asked for: it has none.
MIN_TOXICITY = 0.1


def judged(
    texts: Sequence[str], folders: Sequence[Path], most_tokens: int, progress: Progress
) -> tuple[Floats, list[Marked]]:
    """What the models of these folders say of each text, read up to `most_tokens`.

    Returns:
        Shares, texts × outputs, of the mean of logits of the models that have the output, NaN where none has; of a
        text that names a group the first model alone tells the attributes, so it is to be the fairest. And the words
        that the first model marks that can mark any, none in what is not toxic. Empty: no model can.

    Raises:
        ScoringError: Where a folder holds no model, or another one than it says.
    """
    models = [Earlier(folder, most_tokens) for folder in folders]
    said = [model.logits(texts, progress(f"{model.label} says", len(texts))) for model in models]
    found = mean_shares(_heard(texts, said))
    marking = next((model for model in models if model.description.tokens), None)
    if marking is None:
        return found, []
    toxic = np.flatnonzero(found[:, PLACE["toxicity"]] >= MIN_TOXICITY).tolist()
    marks = marking.marks([texts[i] for i in toxic], progress(f"{marking.label} marks", len(toxic)))
    words: list[Marked] = [()] * len(texts)
    for i, marked in zip(toxic, marks, strict=True):
        words[i] = marked
    return found, words


class Earlier:
    """A model that is there."""

    def __init__(self, folder: Path, most_tokens: int) -> None:
        """Read what it is.

        Raises:
            ScoringError: Where the folder holds no model, or another one than it says.
        """
        self.description = read_description(folder)
        verify(folder, self.description)
        self.label = self.description.label
        self._folder, self._most = folder, most_tokens - SPECIAL_TOKENS
        self._tokens = Tokens(folder / "tokenizer.json")

    def logits(self, texts: Sequence[str], show: Callable[[int], None]) -> Floats:
        """Texts × outputs of the training, NaN for those that it lacks."""
        found = np.full((len(texts), len(OUTPUTS)), np.nan, dtype=np.float32)
        columns = [PLACE[name] for name in self.description.outputs]
        session = self._session("probabilities")
        for begin in range(0, len(texts), TEXTS_AT_ONCE):
            part = texts[begin : begin + TEXTS_AT_ONCE]
            shares = session.run(self._windows(part), len(columns)).clip(NEAREST, 1 - NEAREST)
            found[begin : begin + len(part), columns] = np.log(shares / (1 - shares))
            show(begin + len(part))
        return found

    def marks(self, texts: Sequence[str], show: Callable[[int], None]) -> list[Marked]:
        """The words of each text."""
        found: list[Marked] = []
        session = self._session("tokens")
        for begin in range(0, len(texts), TEXTS_AT_ONCE):
            part = texts[begin : begin + TEXTS_AT_ONCE]
            places = [self._tokens.places(text)[1] for text in part]
            shares = session.run_tokens(self._windows(part))
            found += [_marked(one, row.tolist()) for one, row in zip(places, shares, strict=True)]
            show(begin + len(part))
        return found

    def _windows(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        return [self._tokens.enclose(ids[: self._most]) for ids in self._tokens.encode(texts)]

    def _session(self, output: str) -> InferenceSession:
        one = self.description
        path = self._folder / "model.xml"
        return InferenceSession(path, precision=one.precision, exact_parts=one.exact_parts, output=output)


def _marked(places: Sequence[tuple[int, int]], shares: Sequence[float]) -> Marked:
    """Only the places within the window have a share."""
    pairs = zip(places, shares, strict=False)
    return tuple((begin, end, round(share, 2)) for (begin, end), share in pairs if share >= MIN_SHARE)


def _heard(texts: Sequence[str], said: Sequence[Floats]) -> Sequence[Floats]:
    """What counts of what the models say; NaN where one is not asked."""
    naming = [i for i, text in enumerate(texts) if terms_in(text)]
    for one in said[1:]:
        one[naming, : len(ATTRIBUTES)] = np.nan
    return said


def mean_shares(known: Sequence[Floats]) -> Floats:
    """Shares of the mean of logits, of those that know; NaN where none does."""
    count = np.sum([~np.isnan(one) for one in known], axis=0)
    total = np.nansum(known, axis=0)
    found: Floats = np.where(count, 1 / (1 + np.exp(-total / np.maximum(count, 1))), np.nan).astype(np.float32)
    return found
