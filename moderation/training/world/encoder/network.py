"""The network: e5's encoder with its first layers frozen, the mean of its tokens, and the outputs.

It is e5's own form (a BERT), written out so that a step on a CPU is cheap: the first layers run without gradients, and
a layer's three projections are one product. Outputs read the mean over all tokens, as e5 was trained to be read, which
is what makes a sentence and its translation alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from moderation.scoring.conversion.graph import HIDDEN
from moderation.scoring.results import ATTRIBUTES
from moderation.training.world.encoder.base import Base
from moderation.training.world.encoder.batches import Batch, placed
from moderation.training.world.rows import OUTPUTS, SETS

FROZEN = 6
EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Said:
    """What the network says: logits, rows × outputs, and rows × width for the tokens."""

    logits: torch.Tensor
    tokens: torch.Tensor


class Layer(torch.nn.Module):
    """Self-attention and a feed-forward part, each normalised after its residual connection."""

    def __init__(self, width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.asked = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Linear(width, width)
        self.out_norm = torch.nn.LayerNorm(width, eps=EPSILON)
        self.inner = torch.nn.Linear(width, inner)
        self.outer = torch.nn.Linear(inner, width)
        self.outer_norm = torch.nn.LayerNorm(width, eps=EPSILON)

    def forward(self, rows: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """Rows after the layer; `hidden` is added to the attention scores."""
        texts, width, size = rows.shape
        parts = self.asked(rows).view(texts, width, 3, self.heads, size // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = parts
        # Torch's fused attention takes twice as long here, in bfloat16 on a CPU.
        shares = torch.softmax(query @ key.transpose(-1, -2) * (size // self.heads) ** -0.5 + hidden, -1)
        found = (shares.to(value.dtype) @ value).transpose(1, 2).reshape(texts, width, size)
        rows = self.out_norm(rows + self.out(found))
        after: torch.Tensor = self.outer_norm(rows + self.outer(functional.gelu(self.inner(rows))))
        return after


class Shift(torch.nn.Module):
    """A slope and an offset for each set and attribute, initially none: sets differ in what they call toxic."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = torch.nn.Parameter(torch.zeros(len(SETS), len(ATTRIBUTES)))
        self.offset = torch.nn.Parameter(torch.zeros(len(SETS), len(ATTRIBUTES)))

    def forward(self, logits: torch.Tensor, sets: torch.Tensor) -> torch.Tensor:
        """The attributes' logits as each row's set would have them."""
        return logits[:, : len(ATTRIBUTES)] * self.slope[sets].exp() + self.offset[sets]

    def size(self) -> torch.Tensor:
        """Their squared size, for their decay."""
        return self.slope.square().sum() + self.offset.square().sum()


class Network(torch.nn.Module):
    """The encoder on the base's weights, and the outputs."""

    words: torch.Tensor
    places: torch.Tensor

    def __init__(self, base: Base, rows: torch.Tensor, seed: int) -> None:
        """Take the base's tensors.

        Args:
            rows: The rows of the base's embeddings that the vocabulary keeps.
            seed: For what the base lacks: pooler, outputs.
        """
        super().__init__()
        width, heads = base.sizes["width"], base.sizes["heads"]
        self.register_buffer("words", torch.from_numpy(base.grid("emb.word").rows(rows.numpy()).matrix()))
        self.register_buffer("places", torch.from_numpy(base.array("emb.pos") + base.array("emb.type")[:1]))
        self.norm = torch.nn.LayerNorm(width, eps=EPSILON)
        self.stack = [Layer(width, base.sizes["inner"], heads) for _ in range(base.sizes["layers"])]
        self.layers = torch.nn.ModuleList(self.stack)
        self._take(base)
        torch.manual_seed(seed)
        self.pooler = torch.nn.Linear(width, width)
        self.classifier = torch.nn.Linear(width, len(OUTPUTS))
        self.token_classifier = torch.nn.Linear(width, 1)
        self.shift = Shift()
        for part in (self.norm, *self.stack[:FROZEN]):
            part.requires_grad_(False)

    def _take(self, base: Base) -> None:
        def tensor(name: str) -> torch.Tensor:
            return torch.from_numpy(base.array(name))

        with torch.no_grad():
            for kind, into in (("w", "weight"), ("b", "bias")):
                getattr(self.norm, into).copy_(tensor(f"emb.ln.{kind}"))
                for i, layer in enumerate(self.stack):
                    asked = torch.cat([tensor(f"l{i}.{part}.{kind}") for part in "qkv"])
                    getattr(layer.asked, into).copy_(asked)
                    for part, name in PARTS.items():
                        getattr(getattr(layer, part), into).copy_(tensor(f"l{i}.{name}.{kind}"))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> Said:
        """Logits of texts and of their tokens."""
        real = mask.to(torch.float32)
        rows = self._encoded(ids, (real - 1)[:, None, None] * HIDDEN).float()
        mean = (rows * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        logits = self.classifier(torch.tanh(self.pooler(mean)))
        return Said(logits.float(), self.token_classifier(rows).squeeze(-1).float())

    def _encoded(self, ids: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
        with torch.no_grad():
            rows: torch.Tensor = self.norm(self.words[ids] + self.places[: ids.shape[1]]).to(kind)
            hidden = hidden.to(kind)
            for layer in self.stack[:FROZEN]:
                rows = layer(rows, hidden)
        for layer in self.stack[FROZEN:]:
            rows = layer(rows, hidden)
        return rows


PARTS = {"out": "ao", "out_norm": "aln", "inner": "fi", "outer": "fo", "outer_norm": "oln"}


def loss_of(network: Network, batch: Batch, shift_decay: float, token_weight: float) -> torch.Tensor:
    """The mean cross-entropy against people's labels and teachers', and that of the tokens.

    People's labels are met after the set's shift, teachers' and the own sentences' without.
    """
    said = network(*placed(batch.ids, batch.mask))
    people, weights, soft, soft_weights = placed(batch.people, batch.weights, batch.soft, batch.soft_weights)
    shifted = network.shift(said.logits, *placed(batch.sets))
    by_people = functional.binary_cross_entropy_with_logits(shifted, people, reduction="none") * weights
    by_teachers = functional.binary_cross_entropy_with_logits(said.logits, soft, reduction="none") * soft_weights
    pieces, piece_weights = placed(batch.pieces, batch.piece_weights)
    marked = functional.binary_cross_entropy_with_logits(said.tokens, pieces, reduction="none") * piece_weights
    words = marked.sum() / piece_weights.sum().clamp(min=1)
    whole = (by_people.sum() + by_teachers.sum()) / len(people) / len(ATTRIBUTES)
    return whole + token_weight * words + shift_decay * network.shift.size()
