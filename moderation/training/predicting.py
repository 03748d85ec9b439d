"""What a network says of texts: logits of the outputs and shares of the words, without shifts and without chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.scoring.batches import plan
from moderation.scoring.engine import pad
from moderation.training.batches import open_tokenizer
from moderation.training.network import Network, fast

Floats = NDArray[np.float32]
Words = list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True)
class Said:
    """Of n texts: logits, n × outputs, and for each text its word pieces as (begin, end, probability)."""

    logits: Floats
    words: list[Words]


def predict(
    network: Network, tokenizer: Path, texts: Sequence[str], max_tokens: int, progress: Callable[[int], None]
) -> Said:
    """Run texts, each cut at `max_tokens`; same order."""
    network.eval()
    found = open_tokenizer(tokenizer, max_tokens).encode_batch(list(texts))
    logits = np.zeros((len(texts), network.classifier.config.num_labels), dtype=np.float32)
    words: list[Words] = [[] for _ in texts]
    done = 0
    for group in plan([len(one.ids) for one in found]):
        ids, mask = pad([found[i].ids for i in group])
        with torch.no_grad(), fast(network):
            outputs, tokens = network(network.place(ids), network.place(mask))
        logits[group] = outputs.cpu().numpy()
        for i, shares in zip(group, tokens.sigmoid().tolist(), strict=True):
            pieces = zip(found[i].offsets, shares, strict=False)
            words[i] = [(begin, end, share) for (begin, end), share in pieces if end > begin]
        done += len(group)
        progress(done)
    return Said(logits, words)
