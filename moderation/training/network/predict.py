"""A network's predictions: logits of the outputs and probabilities of the words, without set shifts or dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.scoring.inference.batches import MAX_ROWS, TOKEN_BUDGET, plan
from moderation.scoring.inference.session import pad
from moderation.training.network.batches import open_tokenizer
from moderation.training.network.model import Network, fast

# Padded tokens in a batch on a GPU.
GPU_BUDGET = 32_768

Floats = NDArray[np.float32]
Words = list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions for N texts: logits, N × outputs, and each text's word pieces as (begin, end, probability)."""

    logits: Floats
    words: list[Words]


def predict(
    network: Network, tokenizer: Path, texts: Sequence[str], max_tokens: int, progress: Callable[[int], None]
) -> Predicted:
    """Predict texts, each truncated at `max_tokens`; same order."""
    network.eval()
    found = open_tokenizer(tokenizer, max_tokens).encode_batch(list(texts))
    logits = np.zeros((len(texts), network.classifier.config.num_labels), dtype=np.float32)
    words: list[Words] = [[] for _ in texts]
    done = 0
    large = network.token_classifier.weight.is_cuda
    budget, rows = (GPU_BUDGET, GPU_BUDGET) if large else (TOKEN_BUDGET, MAX_ROWS)
    for group in plan([len(one.ids) for one in found], budget, rows):
        ids, mask = pad([found[i].ids for i in group])
        with torch.no_grad(), fast(network):
            outputs, tokens = network(network.place(ids), network.place(mask))
        logits[group] = outputs.cpu().numpy()
        for i, shares in zip(group, tokens.sigmoid().tolist(), strict=True):
            pieces = zip(found[i].offsets, shares, strict=False)
            words[i] = [(begin, end, share) for (begin, end), share in pieces if end > begin]
        done += len(group)
        progress(done)
    return Predicted(logits, words)
