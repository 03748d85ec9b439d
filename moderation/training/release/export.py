"""Writes a trained network: a checkpoint in Hugging Face's form, converted to the folder that serves.

The checkpoint's `model.safetensors` also holds the word pieces' output, which the conversion adds to the graph.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch

from moderation.scoring.catalogue.descriptions import ModelDescription
from moderation.scoring.conversion.convert import Origin, convert
from moderation.scoring.conversion.parity import Parity
from moderation.training.examples import OUTPUTS, SERVED, TrainingError
from moderation.training.network.model import TOKEN_BIAS, TOKEN_WEIGHT, Network

SOURCE = "all-MiniLM-L6-v2 (Apache-2.0), fine-tuned on public comment sets by moderation.training; see docs/models.md"
MAX_BYTES = 48_000_000


def write_checkpoint(network: Network, outputs: Sequence[str], tokenizer: Path, folder: Path) -> None:
    """Write the network with these outputs alone."""
    from safetensors.torch import load_file, save_file

    beside = _beside(network, outputs)
    _keep(network, outputs)
    _round(network)
    network.classifier.save_pretrained(folder)
    weights = load_file(folder / "model.safetensors") | beside
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(tokenizer, folder / "tokenizer.json")


def _beside(network: Network, outputs: Sequence[str]) -> dict[str, torch.Tensor]:
    """The parts that Hugging Face's classifier has no place for, named as `scoring.conversion.convert` reads them.

    The part for Perspective's scale adds nothing to other outputs than it was trained for.
    """
    found = {TOKEN_WEIGHT: network.token_classifier.weight, TOKEN_BIAS: network.token_classifier.bias}
    if network.scale:
        found |= {f"scale.{name}": tensor for name, tensor in network.scale.state_dict().items()}
        for name in ("scale.out.weight", "scale.out.bias"):
            rows = dict(zip(SERVED, found[name], strict=True))
            found[name] = torch.stack([rows.get(output, torch.zeros_like(found[name][0])) for output in outputs])
    return {name: tensor.detach().contiguous() for name, tensor in found.items()}


def _keep(network: Network, outputs: Sequence[str]) -> None:
    places = torch.tensor([OUTPUTS.index(name) for name in outputs])
    before, config = network.classifier.classifier, network.classifier.config
    layer = torch.nn.Linear(before.in_features, len(outputs))
    with torch.no_grad():
        layer.weight.copy_(before.weight[places])
        layer.bias.copy_(before.bias[places])
    network.classifier.classifier = layer
    config.id2label = dict(enumerate(outputs))
    config.label2id = {name: i for i, name in enumerate(outputs)}


def _round(network: Network) -> None:
    """Make the encoder's matrices what bfloat16 holds.

    The engine rounds them anyway, so nothing that serves is lost, and it strays half as far from the checkpoint.
    """
    with torch.no_grad():
        for weight in network.classifier.bert.encoder.parameters():
            if weight.dim() == 2:  # noqa: PLR2004 - a matrix; norms and biases stay in float32
                weight.copy_(weight.bfloat16())


def export(
    checkpoint: Path, target: Path, version: int, texts: Sequence[str], max_tokens: int
) -> tuple[ModelDescription, Parity]:
    """Convert, compare on `texts`, and refuse what would not fit into the repository.

    Args:
        max_tokens: Longest text that it was trained on: the window in which it reads longer ones.

    Raises:
        TrainingError: If the files are larger than 48 MB.
        ScoringError: If the converted form strays from torch.
    """
    origin = Origin("compact", version, ("en",), "Apache-2.0", SOURCE, max_tokens=max_tokens)
    description, parity = convert(checkpoint, target, origin, texts=texts)
    if description.size_bytes > MAX_BYTES:
        raise TrainingError(f"The model has {description.size_bytes:,} bytes; at most {MAX_BYTES:,} go in.")
    return description, parity
