"""Soft labels from existing models: a new model learns from several and surpasses each.

A model's folder is what `export` writes: the embedded model, an earlier version of it, a run's. Models that were
trained independently make different errors, so the mean of their logits is better than each, and a network can learn
that mean (distillation; Hinton et al., 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from moderation.scoring.catalogue.descriptions import read_description, verify
from moderation.scoring.inference.session import InferenceSession
from moderation.scoring.inference.tokens import SPECIAL_TOKENS, Tokens
from moderation.scoring.metrics.identity_terms import terms_in
from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import OUTPUTS, Marked, Progress
from moderation.training.network.batches import PLACE, Floats

TEXTS_AT_ONCE = 2_048
# Probabilities are clipped to this distance from 0 and 1.
NEAREST = 0.001
# Shares below this are not kept.
MIN_SHARE = 0.04
# Texts of lower toxicity are not asked for words: they have none.
MIN_TOXICITY = 0.1


def ask_models(
    texts: Sequence[str], folders: Sequence[Path], most_tokens: int, progress: Progress
) -> tuple[Floats, list[Marked]]:
    """Soft labels of the models in these folders for each text, truncated at `most_tokens`.

    Returns:
        Shares, texts × outputs: of the mean logit of the models that have the output, NaN where none has. For a text
        that names a group only the first model's attributes count, so it should be the fairest. And the words by the
        first model with an output for them, none in texts that are not toxic; empty if no model has one.

    Raises:
        ScoringError: If a folder holds no model, or not the files of its description.
    """
    models = [ExistingModel(folder, most_tokens) for folder in folders]
    said = [model.logits(texts, progress(f"{model.label} says", len(texts))) for model in models]
    found = mean_shares(without_identity_texts(texts, said))
    marking = next((model for model in models if model.description.tokens), None)
    if marking is None:
        return found, []
    toxic = np.flatnonzero(found[:, PLACE["toxicity"]] >= MIN_TOXICITY).tolist()
    marks = marking.marks([texts[i] for i in toxic], progress(f"{marking.label} marks", len(toxic)))
    words: list[Marked] = [()] * len(texts)
    for i, marked in zip(toxic, marks, strict=True):
        words[i] = marked
    return found, words


class ExistingModel:
    """A model that was trained before."""

    def __init__(self, folder: Path, most_tokens: int) -> None:
        """Read its description.

        Raises:
            ScoringError: If the folder holds no model, or not the files of its description.
        """
        self.description = read_description(folder)
        verify(folder, self.description)
        self.label = self.description.label
        self._folder, self._most = folder, most_tokens - SPECIAL_TOKENS
        self._tokens = Tokens(folder / "tokenizer.json")

    def logits(self, texts: Sequence[str], show: Callable[[int], None]) -> Floats:
        """Logits, texts × the training's outputs, NaN for those that the model lacks."""
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
        """The word annotations of each text."""
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
    """Only places within the window have a share."""
    pairs = zip(places, shares, strict=False)
    return tuple((begin, end, round(share, 2)) for (begin, end), share in pairs if share >= MIN_SHARE)


def without_identity_texts(texts: Sequence[str], said: Sequence[Floats]) -> Sequence[Floats]:
    """The models' logits, NaN where a model does not count: on texts that name a group, all but the first."""
    naming = [i for i, text in enumerate(texts) if terms_in(text)]
    for one in said[1:]:
        one[naming, : len(ATTRIBUTES)] = np.nan
    return said


def mean_shares(known: Sequence[Floats]) -> Floats:
    """The share of the mean logit of those that are known; NaN where none is."""
    count = np.sum([~np.isnan(one) for one in known], axis=0)
    total = np.nansum(known, axis=0)
    found: Floats = np.where(count, 1 / (1 + np.exp(-total / np.maximum(count, 1))), np.nan).astype(np.float32)
    return found
