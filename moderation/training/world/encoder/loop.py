"""The training loop: steps in bfloat16, a checkpoint every few minutes, a line every twenty seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from moderation.training.network.loop import MAX_GRADIENT, rates
from moderation.training.progress import LINE_SECONDS, say
from moderation.training.world.encoder.batches import Batches
from moderation.training.world.encoder.network import Network, loss_of

CHECKPOINT = "checkpoint.pt"
AVERAGE = 0.02


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training; see `moderation.training.recipe` for what is alike.

    Attributes:
        passes: How often each row is seen, times its weight.
        most_steps: Stop there; the rate falls to 0 by then. 0: no limit.
        rate: Highest learning rate.
        batch_tokens: Padded tokens a step.
        save_seconds: Seconds between checkpoints.
    """

    passes: float = 1.5
    most_steps: int = 0
    rate: float = 1.5e-4
    warm_up: float = 0.05
    decay: float = 0.01
    batch_tokens: int = 4096
    token_weight: float = 0.5
    shift_decay: float = 0.0005
    save_seconds: float = 180.0


def planned(batches: Batches, recipe: Recipe) -> list[tuple[int, list[int]]]:
    """The pass and the rows of each step."""
    work: list[tuple[int, list[int]]] = []
    left, number = recipe.passes, 0
    while left > 0:
        plan = batches.plan(number)
        work += [(number, group) for group in plan[: round(len(plan) * min(1.0, left))]]
        left, number = left - 1, number + 1
    return work[: recipe.most_steps] if recipe.most_steps else work


def train(network: Network, batches: Batches, recipe: Recipe, path: Path) -> None:
    """Train to the end of the recipe, from the checkpoint at `path` if there is one."""
    optimiser = _optimiser(network, recipe)
    work = planned(batches, recipe)
    begin = _restore(network, optimiser, path)
    network.train()
    saved = shown = time.monotonic()
    mean = 0.0
    for step, rate in _left(begin, recipe, len(work)):
        loss = _step(network, optimiser, batches, work[step], rate, recipe)
        mean = loss if not mean else mean + AVERAGE * (loss - mean)
        now = time.monotonic()
        if now - shown >= LINE_SECONDS:
            shown = now
            say(f"step {step + 1:,} of {len(work):,}, loss {mean:.4f}")
        if now - saved >= recipe.save_seconds:
            saved = now
            _save(network, optimiser, step + 1, path)
    _save(network, optimiser, len(work), path)
    network.eval()


def _left(begin: int, recipe: Recipe, steps: int) -> Iterator[tuple[int, float]]:
    all_rates = list(rates(recipe.warm_up, recipe.rate, steps))
    return ((step, all_rates[step]) for step in range(begin, steps))


def _optimiser(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    free = [(name, one) for name, one in network.named_parameters() if one.requires_grad]
    decayed = [one for name, one in free if one.ndim > 1 and not name.startswith("shift.")]
    others = [one for name, one in free if one.ndim <= 1 or name.startswith("shift.")]
    groups = [{"params": decayed, "weight_decay": recipe.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.rate, fused=True)


def _step(
    network: Network,
    optimiser: torch.optim.Optimizer,
    batches: Batches,
    work: tuple[int, list[int]],
    rate: float,
    recipe: Recipe,
) -> float:
    for group in optimiser.param_groups:
        group["lr"] = rate
    batch = batches.batch(*work)
    with torch.autocast("cpu", torch.bfloat16):
        loss = loss_of(network, batch, recipe.shift_decay, recipe.token_weight)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT)
    optimiser.step()
    optimiser.zero_grad()
    return float(loss.detach())


def trained_state(network: Network) -> dict[str, torch.Tensor]:
    """The network's weights, without the embeddings, which the base has."""
    return {name: one for name, one in network.state_dict().items() if name not in {"words", "places"}}


def _save(network: Network, optimiser: torch.optim.Optimizer, step: int, path: Path) -> None:
    new = path.with_suffix(".new")
    torch.save({"network": trained_state(network), "optimiser": optimiser.state_dict(), "step": step}, new)
    new.replace(path)


def _restore(network: Network, optimiser: torch.optim.Optimizer, path: Path) -> int:
    if not path.exists():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"], strict=False)
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])
