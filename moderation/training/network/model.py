"""The network that is trained: a BERT encoder, the outputs, shifts for each set, and an output for each word piece.

The encoder, the outputs, the word pieces' output and the head for Perspective's scale are exported. The shifts (a
slope and an offset for each output) let a set have its own notion of toxic and are dropped afterwards; weight decay
keeps them small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch.nn import functional

from moderation.scoring.conversion.graph import HIDDEN
from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import FURTHER, SERVED, SETS
from moderation.training.network.batches import Batch
from moderation.training.recipe import Recipe

# Layers that the head for Perspective's scale reads, and its width: 0.6 MB in float16.
READ, SCALE_WIDTH = 4, 128
TOKEN_WEIGHT, TOKEN_BIAS = "token_classifier.weight", "token_classifier.bias"


class SetShift(torch.nn.Module):
    """A slope and an offset for each set and attribute, initially none; Perspective's scale is the same in all."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = torch.nn.Embedding(len(SETS), len(ATTRIBUTES))
        self.offset = torch.nn.Embedding(len(SETS), len(ATTRIBUTES))
        for part in (self.slope, self.offset):
            torch.nn.init.zeros_(part.weight)

    def forward(self, logits: torch.Tensor, sets: torch.Tensor) -> torch.Tensor:
        """Logits shifted to each row's set."""
        own, scale = logits[:, : len(ATTRIBUTES)], logits[:, len(ATTRIBUTES) :]
        return torch.cat([own * self.slope(sets).exp() + self.offset(sets), scale], dim=1)

    def size(self) -> torch.Tensor:
        """The squared size of the shifts, for their decay."""
        return self.slope.weight.square().sum() + self.offset.weight.square().sum()


class ScaleHead(torch.nn.Module):
    """The head whose output is added to the logits of the served attributes on Perspective's scale, initially 0.

    `scoring.conversion.encoder.ScaleWeights` says what it does.

    Args:
        hidden: Width of the encoder's layers.
        read: How many layers it reads, those before the last one.
        tokens: Size of the vocabulary.
    """

    words: torch.Tensor

    def __init__(self, hidden: int, read: int, tokens: int, epsilon: float) -> None:
        super().__init__()
        self.read = read
        self.down = torch.nn.Linear(read * hidden, SCALE_WIDTH)
        self.norm = torch.nn.LayerNorm(SCALE_WIDTH, eps=epsilon)
        self.turn = torch.nn.Linear(SCALE_WIDTH, SCALE_WIDTH)
        self.pool = torch.nn.Linear(hidden + 2 * SCALE_WIDTH, SCALE_WIDTH)
        self.out = torch.nn.Linear(SCALE_WIDTH + 1, len(SERVED))
        self.register_buffer("words", torch.zeros(tokens, 2))
        torch.nn.init.zeros_(self.out.weight)
        torch.nn.init.zeros_(self.out.bias)

    def forward(
        self, rows: torch.Tensor, mask: torch.Tensor, pooled: torch.Tensor, words: torch.Tensor
    ) -> torch.Tensor:
        """Texts × `SERVED`.

        Args:
            rows: Texts × width × the layers that are read, side by side.
            words: Texts × 1, from `word_sum`.
        """
        rows = functional.gelu(self.turn(functional.gelu(self.norm(self.down(rows)))))
        real = mask[:, :, None].to(rows.dtype)
        mean = (rows * real).sum(1) / real.sum(1)
        largest = (rows + (real - 1) * HIDDEN).max(1).values
        found = functional.gelu(self.pool(torch.cat([pooled, mean, largest], 1)))
        added: torch.Tensor = self.out(torch.cat([found, words], 1))
        return added

    def word_sum(self, ids: torch.Tensor) -> torch.Tensor:
        """Texts × 1: the linear model over the tokens."""
        found = self.words[ids].sum(1)
        return found[:, :1] / found[:, 1:].clamp(min=1.0).sqrt()


def side_by_side(states: Sequence[torch.Tensor], read: int) -> torch.Tensor:
    """The outputs of `read` layers before the last one, concatenated; `states` begins with the embeddings."""
    return torch.cat(list(states[-1 - read : -1]), -1)


class Network(torch.nn.Module):
    """`classifier` is in Hugging Face's form, so that `scoring.conversion.convert` reads what is saved.

    A teacher may have an encoder without a pooler, whose outputs read the hidden states.

    Attributes:
        scale: The head for Perspective's scale; None until it is trained, after everything else.
    """

    scale: ScaleHead | None

    def __init__(self, classifier: Any) -> None:
        super().__init__()
        self.classifier = classifier
        self.token_classifier = torch.nn.Linear(classifier.config.hidden_size, 1)
        self.shift = SetShift()
        self.scale = None

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits: rows × outputs, and rows × width for the word pieces."""
        found = self.encoded(ids, mask, all_layers=self.scale is not None)
        pooled = self.pooled(found)
        logits = self.classifier.classifier(pooled)
        if self.scale:
            rows = side_by_side(found.hidden_states, self.scale.read)
            added = self.scale(rows, mask, pooled, self.scale.word_sum(ids))
            logits = logits + functional.pad(added, (len(ATTRIBUTES), len(FURTHER)))
        return logits.float(), self.token_classifier(found.last_hidden_state).squeeze(-1).float()

    def encoded(self, ids: torch.Tensor, mask: torch.Tensor, *, all_layers: bool) -> Any:
        """The encoder's output, with the hidden states of all layers or of the last one alone."""
        return self.classifier.base_model(input_ids=ids, attention_mask=mask, output_hidden_states=all_layers)

    def pooled(self, found: Any) -> torch.Tensor:
        """The input of the output layer."""
        pooler = getattr(self.classifier.base_model, "pooler", None)
        hidden: torch.Tensor = found.last_hidden_state
        pooled: torch.Tensor = self.classifier.dropout(pooler(hidden)) if pooler else hidden
        return pooled

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Load these weights, including the head for Perspective's scale if they have one."""
        if self.scale is None and any(name.startswith("scale.") for name in state):
            self.begin_scale(0)
        self.load_state_dict({**self.state_dict(), **state})

    def begin_scale(self, seed: int) -> ScaleHead:
        """Add an untrained head for Perspective's scale, which adds 0."""
        config = self.classifier.config
        torch.manual_seed(seed)
        read = min(READ, config.num_hidden_layers - 1)
        self.scale = ScaleHead(config.hidden_size, read, config.vocab_size, config.layer_norm_eps)
        return self.scale

    def place(self, numbers: NDArray[Any]) -> torch.Tensor:
        """An array as a tensor on the weights' device."""
        return torch.from_numpy(numbers).to(self.token_classifier.weight.device, non_blocking=True)


def build(base: Path, outputs: Sequence[str], seed: int, dropout: float = 0.0) -> Network:
    """The network on the weights of a base encoder, or of an earlier classifier with the same outputs.

    Args:
        seed: For what the base lacks: pooler, outputs.
        dropout: Dropout rate of the hidden layers.
    """
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(seed)
    labels = dict(enumerate(outputs))
    classifier = AutoModelForSequenceClassification.from_pretrained(
        str(base),
        num_labels=len(outputs),
        id2label=labels,
        label2id={name: i for i, name in labels.items()},
        problem_type="multi_label_classification",
        dtype=torch.float32,
        local_files_only=True,
        # On a CPU torch's fused attention takes twice as long in bfloat16, and dropout of attention a fifth of a step.
        attn_implementation="eager",
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=dropout,
    )
    return Network(classifier)


def fast(network: Network) -> AbstractContextManager[Any]:
    """Matrix products in bfloat16 if the device supports them: about twice as fast on a CPU."""
    device = network.token_classifier.weight.device.type
    has = device == "cuda" or (
        torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
    return torch.autocast(device, dtype=torch.bfloat16) if has else nullcontext()


def loss_of(network: Network, batch: Batch, recipe: Recipe, attributes: int) -> torch.Tensor:
    """The loss of one batch, the sum of three parts.

    Cross-entropy over all known labels, with the set's shift for people's and without for teachers'; the distance on
    Perspective's scale; cross-entropy over the word pieces of annotated texts.
    """
    ids, mask, sets = (network.place(part) for part in (batch.ids, batch.mask, batch.sets))
    targets, weights, soft, soft_weights = (
        network.place(part) for part in (batch.targets, batch.weights, batch.soft, batch.soft_weights)
    )
    logits, tokens = network(ids, mask)
    scale = slice(attributes, None)
    parts = ((network.shift(logits, sets), targets, weights), (logits, soft, soft_weights))
    entropy = sum(entropy_of(said, known, weight).sum() for said, known, weight in parts)
    distance = sum(
        (distance_of(said[:, scale], known[:, scale], recipe.logit_weight) * weight[:, scale]).sum()
        for said, known, weight in parts
    )
    weight = weights + soft_weights
    words = entropy_of(tokens, network.place(batch.pieces), network.place(batch.piece_weights)).sum()
    loss: torch.Tensor = (
        entropy / weight.sum()
        + recipe.scale_weight * distance / weight[:, scale].sum().clamp(min=1)
        + recipe.token_weight * words / network.place(batch.piece_weights).sum().clamp(min=1)
        + recipe.set_decay * network.shift.size()
    )
    return loss


def entropy_of(logits: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted cross-entropy with shares."""
    return functional.binary_cross_entropy_with_logits(logits, shares, weights, reduction="none")


def distance_of(logits: torch.Tensor, scores: torch.Tensor, logit_weight: float) -> torch.Tensor:
    """The distance of logits from Perspective's scores.

    Cross-entropy alone pulls rare high scores to the middle, so the distance of scores is added; and it hardly
    distinguishes 0.02 from 0.05, so that of logits is too: most scores are low, and ranks are what is evaluated.
    """
    between = functional.smooth_l1_loss(logits, torch.logit(scores, eps=0.01), reduction="none")
    return (logits.sigmoid() - scores).abs() + logit_weight * between
