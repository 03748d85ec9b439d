"""A model that is there as the beginning: the network says what the model says; another form is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moderation.scoring.catalogue.descriptions import MODELS
from moderation.training.examples import OUTPUTS, TrainingError
from moderation.training.teachers.existing_models import ExistingModel

COMPACT = MODELS["compact"]
TEXTS = ["Thank you for the timetable.", "You are a pathetic idiot.", "Nobody wants to read page four."]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An encoder of the embedded model's form with random weights."""
    return encoder(tmp_path, layers=6)


def encoder(folder: Path, layers: int) -> Path:
    pytest.importorskip("torch")
    from transformers import BertConfig, BertModel

    form = {"hidden_size": 384, "num_hidden_layers": layers, "num_attention_heads": 12, "intermediate_size": 1536}
    BertModel(BertConfig(**form)).save_pretrained(folder)
    return folder


def quiet(done: int) -> None:
    pass


def test_the_network_says_what_the_model_says(bare: Path) -> None:
    from moderation.training.network.model import build
    from moderation.training.network.predict import predict
    from moderation.training.network.warm_start import warm_start

    network = build(bare, OUTPUTS, 1)
    warm_start(network, COMPACT)
    said = predict(network, COMPACT / "tokenizer.json", TEXTS, 128, quiet)
    expected = ExistingModel(COMPACT, 128).logits(TEXTS, quiet)
    known = ~np.isnan(expected[0])
    shares, model = (1 / (1 + np.exp(-logits[:, known])) for logits in (said.logits, expected))
    assert np.abs(shares - model).max() < 0.02
    marks = {begin: share for begin, _, share in said.words[1]}
    assert max(marks, key=lambda begin: marks[begin]) in {10, 19}


def test_a_model_of_another_form_is_refused(base: Path, tmp_path: Path) -> None:
    from moderation.training.network.model import build
    from moderation.training.network.warm_start import warm_start

    for other in (base, encoder(tmp_path / "more", layers=7), encoder(tmp_path / "fewer", layers=5)):
        with pytest.raises(TrainingError, match="another form"):
            warm_start(build(other, OUTPUTS, 1), COMPACT)
