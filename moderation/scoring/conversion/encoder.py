"""The tensors of a text classifier, by what they do: one form for BERT, ALBERT, RoBERTa and XLM-R shapes.

`checkpoints` fills it from a checkpoint's names, `graph` writes it down for the engine. Arrays are float32; a matrix is
outputs × inputs.
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
    """Self-attention and a feed-forward part, each added to what came in and normalised afterwards."""

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
    """A part beside the classifier for the outputs on Perspective's scale, of which the first token tells too little.

    It reads every token, as the layers before the last left it.

    Attributes:
        down: From the rows of as many layers as its width holds, the last before the last one, side by side.
        norm: Of that, followed by the activation.
        turn: Once more, followed by the activation.
        pool: Of the pooled first token, the tokens' mean and their largest, side by side; followed by the activation.
        words: Of each token what it weighs in a linear model, and the square of its rarity: the sum of the first over
            the root of the sum of the second is one number more.
        out: One row an output, of both; added to the classifier's.
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
        kind: The embedding of the type of a lone text, one row.
        norm: Of the embeddings.
        widen: From the width of the embeddings to that of the layers, where they differ (ALBERT).
        layers: In order; ALBERT's are one layer several times.
        heads: Of the attention.
        epsilon: Of every norm.
        activation: Of the feed-forward part: GELU exact (`ERF`) or by its formula with tanh (`TANH`).
        pooler: Of the first token, followed by tanh.
        classifier: One row an output, followed by a sigmoid.
        tokens: The toxicity of each token, followed by a sigmoid, where the model has such an output.
        scale: What is added for the outputs on Perspective's scale, where the model has such a part.
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
