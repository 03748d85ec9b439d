"""Which languages a trained network serves, and at which thresholds: decided by figures, never by hand.

A language is served if its sets of real comments, none of them trained on, have a mean AUC of 0.85; from 0.80 on it is
experimental, as is one that has held-out sentences of the project's own alone. Any other is refused by name. HateCheck,
which is templates, is told and does not decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from moderation.scoring.results import ATTRIBUTES
from moderation.training.world.judge import Floats, Judged
from moderation.training.world.sentences import OWN, WORDS

# The default for what is too short to tell, if the model is alone.
FIRST = "tr"
SERVED_FROM, EXPERIMENTAL_FROM = 0.85, 0.80
TEMPLATES = (OWN, WORDS, "dev-multilingual-hatecheck-half")
# English has the compact model.
ELSEWHERE = "en"
# Shares of 1,359 harmless English talk comments, held out, that compact@6 flags at the built-in policy's thresholds.
FLAGGED = {
    "toxicity": 0.0191,
    "severe_toxicity": 0.0015,
    "obscene": 0.0096,
    "threat": 0.0007,
    "insult": 0.0074,
    "identity_attack": 0.0015,
    "sexual_explicit": 0.0066,
}
# A threshold rests on at least so many harmless texts above it, whatever the share.
LEAST_FLAGGED, MOST_FLAGGED = 5, 0.1
# With fewer harmless comments than this, everyday sentences are counted with them.
ENOUGH = 500
LOWEST, HIGHEST = 0.05, 0.95

Figures = Mapping[str, Mapping[str, float]]


def means(texts: Sequence[Judged], figures: Figures) -> tuple[dict[str, float], dict[str, float]]:
    """Language → mean AUC over its sets of real comments, and the AUC on its own held-out sentences."""
    languages = {one.set: one.language for one in texts}
    real: dict[str, list[float]] = defaultdict(list)
    own: dict[str, float] = {}
    for name, found in figures.items():
        language, kind = languages[name], name.split(" ")[0]
        if "auc" in found and language != ELSEWHERE and kind not in TEMPLATES:
            real[language].append(found["auc"])
        elif "auc" in found and kind == OWN:
            own[language] = found["auc"]
    return {language: float(np.mean(values)) for language, values in real.items()}, own


def decide(real: Mapping[str, float], own: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """The languages that are served, the default first, then the best; and the experimental ones, by the alphabet."""
    good = (code for code, area in real.items() if area >= SERVED_FROM)
    served = sorted(good, key=lambda code: (code != FIRST, -real[code], code))
    near = [code for code, area in real.items() if EXPERIMENTAL_FROM <= area < SERVED_FROM]
    near += [code for code, area in own.items() if code not in real and area >= EXPERIMENTAL_FROM]
    return served, sorted(near)


def thresholds(harmless: Floats) -> dict[str, float]:
    """Attribute → the threshold at which as many harmless texts are flagged as of English ones by the compact model.

    Args:
        harmless: Texts × outputs, logits.
    """
    found = {}
    for place, name in enumerate(ATTRIBUTES):
        share = max(FLAGGED[name], min(MOST_FLAGGED, LEAST_FLAGGED / len(harmless)))
        logit = float(np.quantile(harmless[:, place], 1 - share))
        found[name] = round(float(np.clip(1 / (1 + np.exp(-logit)), LOWEST, HIGHEST)), 3)
    return found


def harmless_texts(texts: Sequence[Judged], everyday: Sequence[Judged]) -> dict[str, list[str]]:
    """Language → harmless texts: comments that were not trained on and, where these are few, everyday sentences."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in texts:
        if not one.label and one.set.split(" ")[0] not in TEMPLATES:
            found[one.language].append(one.text)
    few = {one.language for one in everyday if len(found[one.language]) < ENOUGH}
    for one in everyday:
        if one.language in few:
            found[one.language].append(one.text)
    return found
