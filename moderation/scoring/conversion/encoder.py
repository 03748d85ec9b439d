"""The tensors of a text classifier by function: one form for BERT, ALBERT, RoBERTa and XLM-R.

`checkpoints` creates it from a checkpoint, `graph` writes it for the engine. Arrays are float32; a matrix is outputs ×
inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    Array = NDArray[float32]


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """`x · weightᵀ + bias`."""

    weight: Array
    bias: Array


@dataclass(frozen=True, slots=True, eq=False)
class Norm:
    """Layer normalisation over the last axis, then `· weight + bias`."""

    weight: Array
    bias: Array


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Self-attention and a feed-forward part, each with a residual connection and normalised afterwards."""

    query: Linear
    key: Linear
    value: Linear
    out: Linear
    out_norm: Norm
    inner: Linear
    outer: Linear
    outer_norm: Norm


@dataclass(frozen=True, slots=True, eq=False)
class ScaleWeights:
    """An addition to the classifier for the outputs on Perspective's scale, for which the first token is not enough.

    It reads every token, from the layers before the last.

    Attributes:
        down: Applied to the concatenated rows of the last layers before the final one, as many as its width holds.
        norm: Applied to that, followed by the activation.
        turn: Applied to that, followed by the activation.
        pool: Applied to the concatenation of the pooled first token and the tokens' mean and maximum, followed by the
            activation.
        words: For each token its weight in a linear model, and its squared rarity: the sum of the first divided by the
            root of the sum of the second is one more feature.
        out: One row per output, over both; added to the classifier's logits.
    """

    down: Linear
    norm: Norm
    turn: Linear
    pool: Linear
    words: Array
    out: Linear


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """A whole classifier.

    Attributes:
        words: Tokens × width of the embeddings.
        positions: Positions × the same width.
        kind: The token type embedding of a single text, one row.
        norm: Of the embeddings.
        widen: From the width of the embeddings to that of the layers, if they differ (ALBERT).
        layers: In order; ALBERT's are one layer repeated.
        heads: Number of attention heads.
        epsilon: Of every norm.
        activation: Of the feed-forward part: GELU exact (`ERF`) or by its formula with tanh (`TANH`).
        pooler: Of the first token, followed by tanh.
        classifier: One row per output, followed by a sigmoid.
        tokens: The toxicity of each token, followed by a sigmoid, if the model has such an output.
        scale: The addition for the outputs on Perspective's scale, if the model has one.
        mean: Whether the pooler reads the mean of the tokens, not the first one.
    """

    words: Array
    positions: Array
    kind: Array
    norm: Norm
    widen: Linear | None
    layers: tuple[Layer, ...]
    heads: int
    epsilon: float
    activation: Literal["ERF", "TANH"]
    pooler: Linear
    classifier: Linear
    tokens: Linear | None = None
    scale: ScaleWeights | None = None
    mean: bool = False
