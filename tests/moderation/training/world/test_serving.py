"""Languages are served by what their real comments say, and thresholds flag the same share everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from moderation.training.world.judge import Judged
from moderation.training.world.serving import FLAGGED, decide, harmless_texts, means, thresholds


def test_real_comments_decide_and_templates_alone_are_experimental_at_most() -> None:
    real = {"tr": 0.9, "zh": 0.93, "de": 0.82, "fr": 0.74}
    own = {"tr": 0.7, "ru": 0.99, "hi": 0.6, "fr": 0.99}
    assert decide(real, own) == (["tr", "zh"], ["de", "ru"])


def test_hatecheck_is_not_counted_and_several_sets_are_averaged() -> None:
    names = [("dev-jigsaw tr", "tr"), ("tr-lingda", "tr"), ("dev-multilingual-hatecheck-half tr", "tr")]
    names += [("own-world tr", "tr"), ("en tweets", "en")]
    texts = [Judged(name, code, "a", label=True) for name, code in names]
    figures = {name: {"auc": area} for (name, _), area in zip(names, (0.9, 0.8, 0.5, 0.95, 0.97), strict=True)}
    real, own = means(texts, figures)
    assert real == {"tr": pytest.approx(0.85)}
    assert own == {"tr": 0.95}


def test_the_threshold_flags_the_share_that_english_has() -> None:
    said = np.random.default_rng(1).normal(-3, 1, (20_000, 16)).astype(np.float32)
    found = thresholds(said)
    flagged = (1 / (1 + np.exp(-said[:, 0])) >= found["toxicity"]).mean()
    assert flagged == pytest.approx(FLAGGED["toxicity"], abs=0.001)
    assert set(found) == set(FLAGGED)


def test_everyday_sentences_are_counted_where_comments_are_few() -> None:
    comments = [Judged("dev-a tr", "tr", f"t{n}", label=False) for n in range(600)]
    comments += [Judged("dev-a es", "es", "e", label=False), Judged("dev-a es", "es", "rude", label=True)]
    found = harmless_texts(comments, [Judged("tatoeba", code, code, label=False) for code in ("tr", "es", "ru")])
    assert len(found["tr"]) == 600
    assert (found["es"], found["ru"]) == (["e", "es"], ["ru"])
