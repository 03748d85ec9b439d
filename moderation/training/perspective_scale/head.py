"""The head for Perspective's scale: a small network that reads every token of a frozen one.

Perspective weighs single words more than our attributes do. The hidden states of the later layers represent them, while
the outputs read the first token's state, which holds what the attributes need. Nothing else of the network changes, so
nothing else gets worse (side networks: Sung, Cho and Bansal, 2022).

Where Perspective's own score is missing, soft labels of the network, teachers and the lexical teacher replace it.
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
from moderation.training.augmentation.concatenation import is_asked
from moderation.training.examples import SERVED, Example, Progress
from moderation.training.network.batches import Floats, SoftLabelled, groups_by_chance, open_tokenizer
from moderation.training.network.loop import MAX_GRADIENT, rates
from moderation.training.network.model import Network, ScaleHead, distance_of, entropy_of
from moderation.training.perspective_scale.features import CachedFeatures, Seen, cached_features
from moderation.training.perspective_scale.word_pieces import Pieces
from moderation.training.recipe import Recipe
from moderation.training.teachers.existing_models import ExistingModel, mean_shares
from moderation.training.teachers.lexical import FULL_ROW, OTHERS, TOXICITY, Lexical, scaled

COLUMNS = slice(len(ATTRIBUTES), len(ATTRIBUTES) + len(SERVED))
# Texts without a score, for each text with one.
UNSCORED = 1.3
# Share of the head's output for TOXICITY that is added in the end. All of it would improve the order of the many low
# scores and worsen that of the few highest (docs/models.md, runs n and r); chosen on held-out rows.
ADDED = 0.2


@dataclass(frozen=True, slots=True)
class Labels:
    """Scores of each text for each of `SERVED`, and their weights, 0 where there is no score."""

    scores: Floats
    weights: Floats

    def part(self, group: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """The labels of these texts."""
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
    """Train the head for Perspective's scale of a trained network, replacing the one that it may have.

    Args:
        network: Changed in place; every other weight stays.
        examples: The training split.
        teachers: Folders of models that label, with the network, what Perspective did not score.
        folder: For the cached features: 5 GB for 40,000 comments.
    """
    network.eval()
    chance = np.random.default_rng(seed)
    by_words = Lexical(examples, seed)
    chosen = _chosen(examples, chance)
    ids = [one.ids for one in open_tokenizer(tokenizer, recipe.max_tokens).encode_batch([one.text for one in chosen])]
    table, words = _pieces(chosen, Pieces(ids, network.classifier.config.vocab_size), seed)
    part = network.begin_scale(seed)
    part.words.copy_(torch.from_numpy(table))
    with cached_features(network, part.read, ids, words, folder, progress("the network reads", len(ids))) as seen:
        said = mean_shares([seen.logits, *_labels_by(teachers, chosen, recipe, progress)])
        labels = _labels(scaled(SoftLabelled(chosen, said, 1.0), by_words, progress))
        steps = list(_plan(chosen, seen.lengths, recipe, chance))
        steps = steps[: recipe.most_steps or None]
        _learn(part, seen, labels, steps, recipe, progress("the part learns, step", len(steps)))
    with torch.no_grad():
        for parameter in part.out.parameters():
            parameter[SERVED.index(TOXICITY)] *= ADDED


def _labels_by(
    teachers: Sequence[Path], examples: Sequence[Example], recipe: Recipe, progress: Progress
) -> Iterator[Floats]:
    texts = [one.text for one in examples]
    for model in (ExistingModel(folder, recipe.max_tokens) for folder in teachers):
        yield model.logits(texts, progress(f"{model.label} says", len(texts)))


def _pieces(examples: Sequence[Example], pieces: Pieces, seed: int) -> tuple[Floats, Floats]:
    """The table of the linear model over word pieces, and its output for each text."""
    scored = [i for i, one in enumerate(examples) if TOXICITY in one.labels]
    scores = logits(np.array([examples[i].labels[TOXICITY] for i in scored]))
    weights = np.array([_times(examples[i]) for i in scored])
    return pieces.learnt(scored, scores, weights, seed)


def _chosen(examples: Sequence[Example], chance: np.random.Generator) -> list[Example]:
    """The texts with a score of Perspective's, and a random sample of others that teachers may label."""
    scored = [one for one in examples if TOXICITY in one.labels]
    others = [one for one in examples if TOXICITY not in one.labels and is_asked(one)]
    count = min(len(others), round(UNSCORED * len(scored)))
    return scored + [others[i] for i in sorted(chance.choice(len(others), count, replace=False).tolist())]


def _labels(labelled: SoftLabelled) -> Labels:
    """Perspective's own scores, else soft labels."""
    own = np.array([[one.labels.get(name, np.nan) for name in SERVED] for one in labelled.examples], dtype=np.float32)
    scores = np.where(np.isnan(own), labelled.soft[:, COLUMNS], own)
    return Labels(np.nan_to_num(scores), (~np.isnan(scores)).astype(np.float32))


def _plan(
    examples: Sequence[Example], lengths: NDArray[np.int64], recipe: Recipe, chance: np.random.Generator
) -> Iterator[list[int]]:
    """The texts of each step: each pass shuffled, texts of similar length together."""
    times = np.array([_times(one) for one in examples])
    left = recipe.passes
    while left > 0:
        groups = groups_by_chance(times, lengths, recipe.batch_tokens, chance)
        yield from groups[: round(len(groups) * min(1.0, left))]
        left -= 1


def _times(one: Example) -> int:
    """How often a pass sees the example: few have all of Perspective's scores."""
    return FULL_ROW if all(name in one.labels for name in OTHERS) else 1


def _learn(
    part: ScaleHead,
    seen: CachedFeatures,
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
