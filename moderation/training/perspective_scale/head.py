"""Perspective's scale, told by every token: a small part is trained beside a network that stays as it is.

Perspective weighs single words more than our attributes do. What the network knows of them stands in the rows of its
later layers; its outputs are told from the first token's row, which holds what the attributes need. Nothing else of the
network changes, so nothing else gets worse (side networks: Sung, Cho and Bansal, 2022).

Where Perspective's own score is missing, what the network, models that teach and words say together stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.scoring.calibration import logits
from moderation.scoring.results import ATTRIBUTES
from moderation.training.augmentation.joining import is_asked
from moderation.training.examples import SERVED, Example, Progress
from moderation.training.network.batches import Floats, Taught, groups_by_chance, open_tokenizer
from moderation.training.network.loop import MAX_GRADIENT, rates
from moderation.training.network.model import Network, ScaleHead, distance_of, entropy_of
from moderation.training.perspective_scale.features import Frozen, Seen, frozen
from moderation.training.perspective_scale.word_pieces import Pieces
from moderation.training.recipe import Recipe
from moderation.training.teachers.existing_models import Earlier, mean_shares
from moderation.training.teachers.lexical import FULL_ROW, OTHERS, TOXICITY, Lexical, scaled

COLUMNS = slice(len(ATTRIBUTES), len(ATTRIBUTES) + len(SERVED))


# Texts without a score that are learnt from, in shares of those that have one.
UNSCORED = 1.3
# Share of what the part says of TOXICITY that is added in the end. With all of it the many low scores are in a better
# order, the few highest in a worse one than without the part (docs/models.md, runs n and r); chosen on held-out rows.
ADDED = 0.2


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
    *,
    recipe: Recipe,
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
    chosen = _chosen(examples, chance)
    ids = [one.ids for one in open_tokenizer(tokenizer, recipe.max_tokens).encode_batch([one.text for one in chosen])]
    table, words = _pieces(chosen, Pieces(ids, network.classifier.config.vocab_size), seed)
    part = network.begin_scale(seed)
    part.words.copy_(torch.from_numpy(table))
    with frozen(network, part.read, ids, words, folder, progress("the network reads", len(ids))) as seen:
        said = mean_shares([seen.logits, *_taught_by(teachers, chosen, recipe, progress)])
        labels = _labels(scaled(Taught(chosen, said, 1.0), by_words, progress))
        steps = list(_plan(chosen, seen.lengths, recipe, chance))
        steps = steps[: recipe.most_steps or None]
        _learn(part, seen, labels, steps, recipe, progress("the part learns, step", len(steps)))
    with torch.no_grad():
        for parameter in part.out.parameters():
            parameter[SERVED.index(TOXICITY)] *= ADDED


def _taught_by(
    teachers: Sequence[Path], examples: Sequence[Example], recipe: Recipe, progress: Progress
) -> Iterator[Floats]:
    texts = [one.text for one in examples]
    for model in (Earlier(folder, recipe.max_tokens) for folder in teachers):
        yield model.logits(texts, progress(f"{model.label} says", len(texts)))


def _pieces(examples: Sequence[Example], pieces: Pieces, seed: int) -> tuple[Floats, Floats]:
    """The table of the linear model over word pieces, and what it says of each text."""
    scored = [i for i, one in enumerate(examples) if TOXICITY in one.labels]
    scores = logits(np.array([examples[i].labels[TOXICITY] for i in scored]))
    weights = np.array([_times(examples[i]) for i in scored])
    return pieces.learnt(scored, scores, weights, seed)


def _chosen(examples: Sequence[Example], chance: np.random.Generator) -> list[Example]:
    """The texts that have a score of Perspective's, and others by chance of which one can be told."""
    scored = [one for one in examples if TOXICITY in one.labels]
    others = [one for one in examples if TOXICITY not in one.labels and is_asked(one)]
    count = min(len(others), round(UNSCORED * len(scored)))
    return scored + [others[i] for i in sorted(chance.choice(len(others), count, replace=False).tolist())]


def _labels(taught: Taught) -> Labels:
    """Perspective's own scores where they are there, else what is taught."""
    own = np.array([[one.labels.get(name, np.nan) for name in SERVED] for one in taught.examples], dtype=np.float32)
    scores = np.where(np.isnan(own), taught.soft[:, COLUMNS], own)
    return Labels(np.nan_to_num(scores), (~np.isnan(scores)).astype(np.float32))


def _plan(
    examples: Sequence[Example], lengths: NDArray[np.int64], recipe: Recipe, chance: np.random.Generator
) -> Iterator[list[int]]:
    """The texts of each step: each pass in an order of its own, texts of like length together."""
    times = np.array([_times(one) for one in examples])
    left = recipe.passes
    while left > 0:
        groups = groups_by_chance(times, lengths, recipe.batch_tokens, chance)
        yield from groups[: round(len(groups) * min(1.0, left))]
        left -= 1


def _times(one: Example) -> int:
    """How often a pass sees the example: those with all of Perspective's scores are few."""
    return FULL_ROW if all(name in one.labels for name in OTHERS) else 1


def _learn(
    part: ScaleHead,
    seen: Frozen,
    labels: Labels,
    steps: Sequence[Sequence[int]],
    recipe: Recipe,
    show: Callable[[int], None],
) -> None:
    optimiser = torch.optim.AdamW(part.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    for step, (group, rate) in enumerate(zip(steps, rates(recipe.warm_up, recipe.rate, len(steps)), strict=True), 1):
        optimiser.param_groups[0]["lr"] = rate
        optimiser.zero_grad()
        _loss(part, seen.seen(group), *labels.part(group), recipe).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(part.parameters(), MAX_GRADIENT)
        optimiser.step()
        show(step)


def _loss(part: ScaleHead, texts: Seen, scores: torch.Tensor, weights: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    rows = torch.nn.functional.dropout1d(texts.rows.transpose(1, 2), recipe.dropout).transpose(1, 2)
    said = texts.logits[:, COLUMNS] + part(rows, texts.mask, texts.pooled, texts.words)
    lost = entropy_of(said, scores, weights) + distance_of(said, scores, recipe.logit_weight) * weights
    return lost.sum() / weights.sum()
