"""Perspective's scale, told by every token: a small part is trained beside a network that stays as it is.

Perspective weighs single words more than our attributes do. What the network knows of them stands in the rows of its
later layers; its outputs are told from the first token's row, which holds what the attributes need. Nothing else of the
network changes, so nothing else gets worse (side networks: Sung, Cho and Bansal, 2022).

Where Perspective's own score is missing, what the network, models that teach and words say together stands for it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.scoring.results import ATTRIBUTES
from moderation.training.batches import BLUR, Floats, Taught, groups_of, open_tokenizer
from moderation.training.earlier import Earlier, mean
from moderation.training.examples import SERVED, Example, Progress
from moderation.training.frozen import Frozen, Seen, frozen
from moderation.training.joining import is_asked
from moderation.training.lexical import OTHERS, TOXICITY, Lexical, logits, scaled
from moderation.training.loop import LARGEST_GRADIENT, rates
from moderation.training.network import Network, Scale, distance_of, entropy_of
from moderation.training.pieces import Pieces
from moderation.training.telling import LINE_SECONDS

COLUMNS = slice(len(ATTRIBUTES), len(ATTRIBUTES) + len(SERVED))


@dataclass(frozen=True, slots=True)
class ScaleRecipe:
    """How the part is trained.

    Attributes:
        most_steps: End earlier, the rate falling to 0 by then; 0: no limit.
        passes: Over the texts that have a score of Perspective's and as many others as `others` says.
        others: Texts that have no score, in shares of those that have one.
        full: How often a pass sees a text with all of Perspective's scores, which are 1,000.
        rate, warm_up, decay: Of AdamW; the rate rises over `warm_up` of the steps, then falls to 0.
        dropout: Share of the rows' numbers that a step leaves out, the same for all tokens of a text.
        logit_weight: As in `Recipe`.
        toxicity: Share of what the part says of TOXICITY that is added in the end. With all of it ranks are the same,
            and the order of the few highest scores is worse than without the part; chosen on held-out rows.
    """

    most_steps: int = 0
    passes: float = 3.0
    others: float = 1.3
    full: int = 6
    rate: float = 1e-3
    warm_up: float = 0.06
    decay: float = 0.01
    dropout: float = 0.1
    batch_tokens: int = 8192
    max_tokens: int = 128
    logit_weight: float = 0.3
    toxicity: float = 0.7


@dataclass(frozen=True, slots=True)
class Labels:
    """Of each text and each of `SERVED`: scores, and their weights, 0 where nobody tells."""

    scores: Floats
    weights: Floats

    def part(self, group: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Those of these texts."""
        return torch.from_numpy(self.scores[group]), torch.from_numpy(self.weights[group])


def train_scale(
    network: Network,
    examples: Sequence[Example],
    tokenizer: Path,
    folder: Path,
    teachers: Sequence[Path],
    recipe: ScaleRecipe,
    seed: int,
    progress: Progress,
) -> None:
    """Give a trained network its part for Perspective's scale, in place of the one that it may have.

    Args:
        network: Changed in place; every other weight stays.
        examples: The training part.
        teachers: Folders of models that say, with the network, what Perspective has not.
        folder: Where the rows of the layers are kept meanwhile: 5 GB for 40,000 comments.
    """
    network.eval()
    chance = np.random.default_rng(seed)
    by_words = Lexical(examples, seed)
    chosen = _chosen(examples, recipe, chance)
    ids = [one.ids for one in open_tokenizer(tokenizer, recipe.max_tokens).encode_batch([one.text for one in chosen])]
    table, words = _pieces(chosen, Pieces(ids, network.classifier.config.vocab_size), recipe, seed)
    part = network.begin_scale(seed)
    part.words.copy_(torch.from_numpy(table))
    with frozen(network, part.read, ids, words, folder, progress("the network reads", len(ids))) as seen:
        said = mean([seen.logits, *_taught_by(teachers, chosen, recipe, progress)])
        labels = _labels(scaled(Taught(chosen, said, 1.0), by_words, progress))
        steps = list(_plan(chosen, seen.lengths, recipe, chance))
        _learn(part, seen, labels, steps[: recipe.most_steps or None], recipe)
    with torch.no_grad():
        for parameter in part.out.parameters():
            parameter[SERVED.index(TOXICITY)] *= recipe.toxicity


def _taught_by(
    teachers: Sequence[Path], examples: Sequence[Example], recipe: ScaleRecipe, progress: Progress
) -> Iterator[Floats]:
    texts = [one.text for one in examples]
    for model in (Earlier(folder, recipe.max_tokens) for folder in teachers):
        yield model.logits(texts, progress(f"{model.label} says", len(texts)))


def _pieces(examples: Sequence[Example], pieces: Pieces, recipe: ScaleRecipe, seed: int) -> tuple[Floats, Floats]:
    """The table of the linear model over word pieces, and what it says of each text."""
    scored = [i for i, one in enumerate(examples) if TOXICITY in one.labels]
    scores = logits(np.array([examples[i].labels[TOXICITY] for i in scored]))
    weights = np.array([recipe.full if _is_full(examples[i]) else 1.0 for i in scored])
    return pieces.learnt(scored, scores, weights, seed)


def _chosen(examples: Sequence[Example], recipe: ScaleRecipe, chance: np.random.Generator) -> list[Example]:
    """The texts that have a score of Perspective's, and others by chance of which one can be told."""
    scored = [one for one in examples if TOXICITY in one.labels]
    others = [one for one in examples if TOXICITY not in one.labels and is_asked(one)]
    count = min(len(others), round(recipe.others * len(scored)))
    return scored + [others[i] for i in sorted(chance.choice(len(others), count, replace=False).tolist())]


def _labels(taught: Taught) -> Labels:
    """Perspective's own scores where they are there, else what is taught."""
    own = np.array([[one.labels.get(name, np.nan) for name in SERVED] for one in taught.examples], dtype=np.float32)
    scores = np.where(np.isnan(own), taught.soft[:, COLUMNS], own)
    return Labels(np.nan_to_num(scores), (~np.isnan(scores)).astype(np.float32))


def _plan(
    examples: Sequence[Example], lengths: NDArray[np.int64], recipe: ScaleRecipe, chance: np.random.Generator
) -> Iterator[list[int]]:
    """The texts of each step: each pass in an order of its own, texts of like length together."""
    times = np.array([recipe.full if _is_full(one) else 1 for one in examples])
    left = recipe.passes
    while left > 0:
        seen = np.repeat(np.arange(len(examples)), times)
        blurred = lengths[seen] * chance.uniform(1 - BLUR, 1 + BLUR, len(seen))
        groups = list(groups_of(seen[np.argsort(-blurred)].tolist(), lengths, recipe.batch_tokens))
        chance.shuffle(groups)
        yield from groups[: round(len(groups) * min(1.0, left))]
        left -= 1


def _is_full(one: Example) -> bool:
    return all(name in one.labels for name in OTHERS)


def _learn(part: Scale, seen: Frozen, labels: Labels, groups: Sequence[Sequence[int]], recipe: ScaleRecipe) -> None:
    optimiser = torch.optim.AdamW(part.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    told = time.monotonic()
    for step, (group, rate) in enumerate(zip(groups, rates(recipe.warm_up, recipe.rate, len(groups)), strict=True), 1):
        optimiser.param_groups[0]["lr"] = rate
        loss = _loss(part, seen.seen(group), *labels.part(group), recipe)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(part.parameters(), LARGEST_GRADIENT)
        optimiser.step()
        if time.monotonic() - told >= LINE_SECONDS:
            told = time.monotonic()
            sys.stderr.write(f"step {step:,} of {len(groups):,}, loss {loss.item():.4f}\n")


def _loss(part: Scale, texts: Seen, scores: torch.Tensor, weights: torch.Tensor, recipe: ScaleRecipe) -> torch.Tensor:
    rows = torch.nn.functional.dropout1d(texts.rows.transpose(1, 2), recipe.dropout).transpose(1, 2)
    said = texts.logits[:, COLUMNS] + part(rows, texts.mask, texts.pooled, texts.words)
    lost = entropy_of(said, scores, weights) + distance_of(said, scores, recipe.logit_weight) * weights
    return lost.sum() / weights.sum()
