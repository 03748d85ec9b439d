"""`benchmark scoring`: this engine against the real detoxify library, on the same weights and texts.

Two models: compact's own weights, and seeded ones of BERT-base's shape. Each engine runs in its own process, one after
the other, on the whole machine. No database is opened.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from moderation.benchmarks.engine.scoring_texts import SEED, comment_make, texts_make
from moderation.benchmarks.scratch import BenchmarkError
from moderation.scoring import ScoringError

TEXTS = 512
WORDS_ALONE = 50
MODELS = ("compact", "bert-base")

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScoringPlan:
    """What to measure.

    Attributes:
        texts: Comments; a sample of `count` is taken from a file that has more, seeded ones are made without.
        count: How many texts each engine scores.
    """

    texts: Sequence[str] | None = None
    count: int = TEXTS


def scoring_measured(plan: ScoringPlan, say: Callable[[str], object]) -> Figures:
    """Returns the figures of each model.

    Raises:
        BenchmarkError: a process failed, or a model could not be made.
    """
    texts = planned_texts(plan)
    figures: Figures = {"texts": len(texts), "seeded": plan.texts is None}
    with TemporaryDirectory(prefix="moderato-benchmark-") as folder:
        for model in MODELS:
            say(f"{model}: making its checkpoint and its fast form")
            figures[model] = _model(model, Path(folder), texts, say)
    return figures


def planned_texts(plan: ScoringPlan) -> list[str]:
    """Returns the texts that each engine scores: a sample of the plan's, or seeded ones."""
    if plan.texts is None:
        return texts_make(plan.count)
    import random

    # Every call the same sample, and no secret.
    different = list(dict.fromkeys(plan.texts))
    return random.Random(SEED).sample(different, min(plan.count, len(different)))  # noqa: S311


def _model(model: str, folder: Path, texts: Sequence[str], say: Callable[[str], object]) -> Figures:
    checkpoint, parity = _made(model, folder)
    shape = json.loads((checkpoint.parent / "config.json").read_text(encoding="utf-8"))
    sizes = {name: shape[name] for name in ("hidden_size", "intermediate_size")} | {
        "layers": shape["num_hidden_layers"]
    }
    job = {"texts": texts, "comment": comment_make(WORDS_ALONE), "shape": sizes}
    say(f"{model}: Detoxify.predict")
    theirs = run_engine({**job, "kind": "detoxify", "checkpoint": str(checkpoint)})
    say(f"{model}: this engine")
    ours = run_engine({**job, "kind": "engine", "model": _measured(model), "models": str(folder / "models")})
    best = max(theirs["lists_per_second"], theirs["one_at_a_time_per_second"])
    return {
        **ours,
        "ratio_to_detoxify": round(ours["comments_per_second"] / theirs["lists_per_second"], 2),
        "ratio_to_detoxify_best": round(ours["comments_per_second"] / best, 2),
        "parity": parity,
        "detoxify": theirs,
    }


def _measured(model: str) -> str:
    """Returns the name of the model to measure: the embedded one as installed, the other one as converted here."""
    return model if model == "compact" else f"measured-{model}"


def _made(model: str, folder: Path) -> tuple[Path, Figures]:
    """Makes a model's checkpoint, and converts it unless it is installed; returns the checkpoint and the parity."""
    # Torch comes with these; a server never imports them.
    from moderation.benchmarks.engine import specimens
    from moderation.scoring.conversion import convert

    try:
        if model == "compact":
            checkpoint = specimens.compact_checkpoint(folder / model)
            parity = specimens.nearness(model, checkpoint, convert.PROBE_TEXTS)
        else:
            checkpoint = specimens.bert_base_checkpoint(folder / model)
            origin = convert.Origin(_measured(model), 1, ("en",), "", "", max_tokens=512)
            _, parity = convert.convert(checkpoint, folder / "models" / origin.name, origin, config=checkpoint.parent)
    except ScoringError as error:
        raise BenchmarkError(error.detail) from error
    return checkpoint, {"largest": round(parity.largest, 5), "texts": parity.texts}


def run_engine(job: Figures) -> Figures:
    """Measures one engine in a process of its own; raises BenchmarkError if that fails."""
    command = [sys.executable, "-m", "moderation.benchmarks.engine.speed"]
    done = subprocess.run(  # noqa: S603
        command, cwd=settings.BASE_DIR, input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{job['kind']} ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
    figures: Figures = json.loads(done.stdout)
    return figures
