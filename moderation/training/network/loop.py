"""The training loop: steps, checkpoints that survive a kill at any moment, progress lines.

A checkpoint is one file, written in full and then renamed over the old one: weights, the optimiser's state, the step
and the random state. A resumed run continues as if it had not been stopped.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from moderation.training.network.batches import Batch, Batches
from moderation.training.network.model import Network, fast, loss_of
from moderation.training.progress import LINE_SECONDS
from moderation.training.recipe import Recipe

CHECKPOINT = "checkpoint.pt"
MAX_GRADIENT = 1.0
# A pass's number and the examples of one batch.
Work = tuple[int, list[int]]
# The pass number that seeds the cool-down phase.
COOL_DOWN = 1_000


@dataclass(slots=True)
class TrainingMoment:
    """The state of a training: steps done, and a running mean of the loss over about a hundred of them.

    The loss stays on its device until it is shown, so that steps do not wait for a GPU.
    """

    step: int = 0
    loss: torch.Tensor | float = 0.0


class Prepared(torch.utils.data.Dataset[Batch]):
    """The batches of the steps that are left, by number, as worker processes prepare them."""

    def __init__(self, batches: Batches, work: Sequence[Work]) -> None:
        """Keep what batches are made from."""
        self._batches, self._work = batches, work

    def __len__(self) -> int:
        return len(self._work)

    def __getitem__(self, place: int) -> Batch:
        return self._batches.batch(*self._work[place])


def train(
    network: Network, batches: Batches, recipe: Recipe, folder: Path, *, attributes: int, seed: int, workers: int = 0
) -> None:
    """Train to the end of the recipe, from the folder's checkpoint if there is one.

    Args:
        network: Trained in place.
        batches: Of the training split.
        folder: Where the checkpoint is kept; it stays, so that a finished training is not repeated.
        attributes: How many outputs, the first ones, are not on Perspective's scale.
        workers: Processes that prepare batches; 0: this one does.
    """
    torch.manual_seed(seed)
    optimiser = _optimiser(network, recipe)
    steps = list(planned_steps(batches, recipe))
    moment = _restore(network, optimiser, folder / CHECKPOINT)
    left = steps[moment.step :]
    saved = shown = time.monotonic()
    network.train()
    for batch, (_work, rate) in zip(_ahead(batches, [work for work, _ in left], workers), left, strict=True):
        loss = _step(network, optimiser, batch, recipe, rate, attributes)
        moment.step, moment.loss = moment.step + 1, _running(moment, loss)
        if time.monotonic() - saved >= recipe.save_seconds:
            _save(network, optimiser, moment, folder / CHECKPOINT)
            saved = time.monotonic()
        if time.monotonic() - shown >= LINE_SECONDS:
            shown = time.monotonic()
            sys.stderr.write(f"step {moment.step:,} of {len(steps):,}, loss {float(moment.loss):.4f}\n")
    _save(network, optimiser, moment, folder / CHECKPOINT)
    network.eval()


def _ahead(batches: Batches, work: Sequence[Work], workers: int) -> Iterator[Batch]:
    prepared = Prepared(batches, work)
    if not workers:
        return (prepared[place] for place in range(len(work)))
    loader: torch.utils.data.DataLoader[Batch] = torch.utils.data.DataLoader(
        prepared,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=8,
        worker_init_fn=_alone,
        multiprocessing_context="spawn",  # a fork would not have the threads of torch and OpenVINO
    )
    return iter(loader)


def _alone(_number: int) -> None:
    """Give the tokenizer of a worker process one thread: there are enough processes."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def planned_steps(batches: Batches, recipe: Recipe) -> Iterator[tuple[Work, float]]:
    """Work and learning rate of each step: the passes, then the cool-down phase."""
    for part, highest in ((_passes(batches, recipe), recipe.rate), (_cool_down(batches, recipe), recipe.closing_rate)):
        work = list(part)
        yield from zip(work, rates(recipe.warm_up, highest, len(work)), strict=True)


def _passes(batches: Batches, recipe: Recipe) -> Iterator[Work]:
    """Each pass's batches; the last pass may be partial."""
    left = recipe.passes
    number = taken = 0
    while left > 0:
        plan = batches.plan(number)
        for group in plan[: round(len(plan) * min(1.0, left))]:
            if recipe.most_steps and taken >= recipe.most_steps:
                return
            yield number, group
            taken += 1
        left, number = left - 1, number + 1


def _cool_down(batches: Batches, recipe: Recipe) -> Iterator[Work]:
    """The batches of the cool-down phase, whose pass has its own number."""
    plan = [] if recipe.most_steps else batches.plan(COOL_DOWN, cool_down=True)
    yield from ((COOL_DOWN, group) for group in plan[: round(len(plan) * recipe.closing)])


def _optimiser(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    decayed = [p for p in network.parameters() if p.ndim > 1 and not _is_shift(network, p)]
    others = [p for p in network.parameters() if p.ndim <= 1 or _is_shift(network, p)]
    groups = [{"params": decayed, "weight_decay": recipe.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.rate, fused=True)


def _is_shift(network: Network, parameter: torch.nn.Parameter) -> bool:
    return any(parameter is own for own in network.shift.parameters())


def rates(warm_up: float, highest: float, steps: int) -> Iterator[float]:
    """Each step's learning rate: linear warm-up over a share of the steps, then linear decay to 0."""
    rising = max(1, round(warm_up * steps))
    for step in range(steps):
        yield highest * min((step + 1) / rising, (steps - step) / max(1, steps - rising))


def _step(
    network: Network,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    recipe: Recipe,
    rate: float,
    attributes: int,
) -> torch.Tensor:
    for group in optimiser.param_groups:
        group["lr"] = rate
    with fast(network):
        loss = loss_of(network, batch, recipe, attributes)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT)
    optimiser.step()
    optimiser.zero_grad()
    return loss.detach()


def _running(moment: TrainingMoment, loss: torch.Tensor) -> torch.Tensor | float:
    share = max(0.01, 1 / (moment.step + 1))
    return moment.loss * (1 - share) + loss * share


def _save(network: Network, optimiser: torch.optim.Optimizer, moment: TrainingMoment, path: Path) -> None:
    new = path.with_suffix(".new")
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "chance": torch.get_rng_state()}
    torch.save({**state, "step": moment.step, "loss": float(moment.loss)}, new)
    new.replace(path)


def mean_of(networks: Sequence[Mapping[str, torch.Tensor]], path: Path) -> None:
    """Write a checkpoint with the mean of the weights of networks that started from the same ones.

    Averaging keeps what they have in common (Wortsman et al., 2022). A part that not all of them have is left out.
    """
    common = [name for name in networks[0] if all(name in one for one in networks)]
    torch.save({"network": {name: torch.stack([one[name] for one in networks]).mean(0) for name in common}}, path)


def _restore(network: Network, optimiser: torch.optim.Optimizer, path: Path) -> TrainingMoment:
    if not path.exists():
        return TrainingMoment()
    state = torch.load(path, weights_only=True, map_location="cpu")
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["chance"])
    return TrainingMoment(state["step"], state["loss"])
