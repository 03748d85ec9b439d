"""Converts a checkpoint to a model folder: its tensors as an OpenVINO graph, checked against Detoxify.predict.

Not on the scoring path: torch, transformers and detoxify are imported only when `convert` is called. A conversion that
is killed leaves the previous model, or none, and can be run again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from moderation.scoring.catalogue.descriptions import (
    DESCRIPTION_FILE,
    HASHED_FILES,
    ModelDescription,
    folder_hash,
    read_description,
)
from moderation.scoring.conversion.checkpoints import failed, read_encoder
from moderation.scoring.conversion.detoxified import Detoxified, open_checkpoint, open_folder
from moderation.scoring.conversion.encoder import Encoder, Linear
from moderation.scoring.conversion.graph import save_graph
from moderation.scoring.conversion.parity import Parity, Progress, Reference, compare, refer
from moderation.scoring.inference.compiled import fastest_precision
from moderation.scoring.results import ATTRIBUTES

# How many parts at the start are tried in float32, in this order, before the whole model is; a layer has two, attention
# and feed-forward. Later parts amplify the rounding of the first ones most (docs/explanation/scoring.md).
EXACT_PARTS = (0, 1, 2, 4)
# Enough to detect a wrong layout or a missing sigmoid; a full report uses a file of real comments.
PROBE_TEXTS = (
    "Thank you for a clear and well written article.",
    "You are a stupid liar and everybody knows it.",
    "The council will vote on the budget on Tuesday.",
    "Shut up, you worthless idiot, or I will come and hurt you.",
    "I disagree with the mayor, but the numbers in the third paragraph are right.",
    "What a load of crap. " * 12,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model's description needs and the checkpoint does not say.

    Attributes:
        languages: ISO 639 codes; the first is the default.
        max_tokens: Longest window, special tokens included, as in training.
        overlap_tokens: Tokens shared by neighbouring windows of a long text.
    """

    name: str
    version: int
    languages: tuple[str, ...]
    licence: str
    source: str
    max_tokens: int = 192
    overlap_tokens: int = 32


def convert(
    checkpoint: Path,
    target: Path,
    origin: Origin,
    *,
    config: Path | None = None,
    texts: Sequence[str] = PROBE_TEXTS,
    progress: Progress = iter,
) -> tuple[ModelDescription, Parity]:
    """Convert a sequence classifier with sigmoid outputs.

    Args:
        checkpoint: A `.ckpt` file in Detoxify's format, or a folder in Hugging Face's; of a BERT, ALBERT, RoBERTa or
            XLM-R architecture.
        target: Folder to write; its model files are replaced at the end.
        origin: What to write into the description; unchanged files keep their version.
        config: Folder with `config.json` and the tokenizer for a `.ckpt`; None takes what the checkpoint names.
        texts: What parity is measured on; only those that fit into one window are used.
        progress: Yields the texts one by one, and shows the progress.

    Returns:
        The description, as written to `model.json`, and the parity of its arithmetic: bfloat16 if the processor has it;
        if that deviates too much, with the first parts in float32; if that does too, all in float32.

    Raises:
        ScoringError: `conversion_failed` if the checkpoint cannot be used, or if the outputs differ from Detoxify's by
            more than `parity` allows even in float32; nothing is replaced then.
    """
    stage = target.with_name(f".{target.name}.new")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    try:
        source = open_folder(checkpoint, stage) if checkpoint.is_dir() else open_checkpoint(checkpoint, stage, config)
        found = _convert(source, stage, target, origin, texts, progress)
        _put_in_place(stage, target)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        read_description.cache_clear()
    return found


def _convert(
    source: Detoxified, stage: Path, target: Path, origin: Origin, texts: Sequence[str], progress: Progress
) -> tuple[ModelDescription, Parity]:
    names = served(source.names)
    columns = [source.names.index(name) for name in names]
    encoder = _with_outputs(read_encoder(source.tensors(), source.config), columns)
    origin = replace(origin, max_tokens=min(origin.max_tokens, len(encoder.positions), source.longest))
    save_graph(encoder, stage / "model.xml")
    source.save_tokenizer(stage / "tokenizer.json")
    reference = refer(source, stage, texts, columns, origin.max_tokens, progress)
    parity = _kept(stage / "model.xml", reference, len(encoder.layers))
    description = _versioned(_description(origin, names, stage, source, encoder, parity), target)
    (stage / DESCRIPTION_FILE).write_text(json.dumps(asdict(description), indent=2) + "\n", encoding="utf-8")
    return description, parity


def served(names: Sequence[str]) -> list[str]:
    """The outputs to keep: the attributes in this project's order, then those on Perspective's scale.

    Raises:
        ScoringError: `conversion_failed` if no output is an attribute.
    """
    attributes = [name for name in ATTRIBUTES if name in names]
    if not attributes:
        raise failed(
            f"The checkpoint's outputs are {', '.join(names)}; none of them is one of {', '.join(ATTRIBUTES)}."
        )
    return attributes + [name for name in names if name.startswith("perspective_")]


def _with_outputs(encoder: Encoder, columns: Sequence[int]) -> Encoder:
    scale = encoder.scale and replace(encoder.scale, out=_rows(encoder.scale.out, columns))
    return replace(encoder, classifier=_rows(encoder.classifier, columns), scale=scale)


def _rows(linear: Linear, columns: Sequence[int]) -> Linear:
    return Linear(linear.weight[list(columns)], linear.bias[list(columns)])


def _kept(model: Path, reference: Reference, layers: int) -> Parity:
    """The parity of the fastest arithmetic that is within its limits."""
    found: Parity | None = None
    for precision, parts in _arithmetics(layers):
        found = replace(compare(model, reference, precision, parts), strayed=found)
        if found.kept:
            return found
    worst = f"by up to {found.largest:.4f}, with a rank correlation of {found.rank_correlation:.5f}" if found else ""
    raise failed(f"Even in float32 the outputs differ from Detoxify's {worst}.")


def _arithmetics(layers: int) -> list[tuple[str, int]]:
    """Number type and number of parts in float32, fastest first; the cut is never inside or after the last layer."""
    fastest = fastest_precision()
    mixed = [(fastest, parts) for parts in EXACT_PARTS if parts <= 2 * (layers - 1) and fastest != "f32"]
    return [*mixed, ("f32", 0)]


def _description(
    origin: Origin, names: Sequence[str], stage: Path, source: Detoxified, encoder: Encoder, parity: Parity
) -> ModelDescription:
    return ModelDescription(
        **asdict(origin),
        attributes=tuple(name for name in names if name in ATTRIBUTES),
        perspective=tuple(name for name in names if name not in ATTRIBUTES),
        default_language=origin.languages[0],
        size_bytes=sum((stage / file).stat().st_size for file in HASHED_FILES),
        sha256=folder_hash(stage),
        checkpoint_sha256=source.sha256,
        precision=parity.precision,
        exact_parts=parity.exact_parts,
        tokens=encoder.tokens is not None,
    )


def _versioned(description: ModelDescription, target: Path) -> ModelDescription:
    """The description with the existing version if the files are unchanged, so that existing scores stay current."""
    if not (target / DESCRIPTION_FILE).exists():
        return description
    before = read_description(target)
    return replace(description, version=before.version) if before.sha256 == description.sha256 else description


def _put_in_place(stage: Path, target: Path) -> None:
    """Move the files; the description is removed first and moved last, so that a mix of two models is never opened."""
    target.mkdir(parents=True, exist_ok=True)
    (target / DESCRIPTION_FILE).unlink(missing_ok=True)
    for name in (*HASHED_FILES, DESCRIPTION_FILE):
        (stage / name).replace(target / name)
