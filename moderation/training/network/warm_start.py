"""Warm start: a training that starts from an existing model or run, whose weights get the network's names.

What a model lacks (outputs that were not worth serving, the one for word pieces) is initialised as in any training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

import torch

from moderation.scoring.catalogue.descriptions import DESCRIPTION_FILE, ModelDescription, read_description, verify
from moderation.scoring.conversion.checkpoints import bert_tensors
from moderation.scoring.conversion.graph import load_tensors
from moderation.training.examples import SERVED, TrainingError
from moderation.training.network.batches import PLACE
from moderation.training.network.loop import CHECKPOINT
from moderation.training.network.model import TOKEN_BIAS, TOKEN_WEIGHT, Network

if TYPE_CHECKING:
    from moderation.scoring.conversion.encoder import Array

OUTPUTS = "classifier.classifier."
SCALE_OUTPUTS = "scale.out."


def warm_start(network: Network, folder: Path) -> None:
    """Load the weights that a run trained, or those of a model of the same architecture, which are float16.

    Args:
        network: Changed in place.
        folder: A run's or a model's.

    Raises:
        ScoringError: If the model's files are not those of its description.
        TrainingError: If the folder holds neither, or one of another architecture.
    """
    if model_in(folder):
        _take_model(network, folder)
        return
    try:
        network.load(torch.load(folder / CHECKPOINT, weights_only=True, map_location="cpu")["network"])
    except (OSError, KeyError, RuntimeError, UnpicklingError) as error:
        raise TrainingError(f"{folder} holds no network of this form: {type(error).__name__}.") from error


def model_in(folder: Path) -> ModelDescription | None:
    """The description of the model in a folder; None for a run's folder."""
    return read_description(folder) if (folder / DESCRIPTION_FILE).exists() else None


def _take_model(network: Network, folder: Path) -> None:
    description = read_description(folder)
    verify(folder, description)
    given = _named(load_tensors(folder / "model.xml"), description)
    if any(name.startswith("scale.") for name in given):
        network.begin_scale(0)
    state = network.state_dict()
    served = [output for output in description.outputs if output in SERVED]
    places = {OUTPUTS: [PLACE[output] for output in description.outputs]}
    places[SCALE_OUTPUTS] = [SERVED.index(output) for output in served]
    try:
        if lacking := {name for name in state if name.startswith("classifier.")} - given.keys():
            raise KeyError(*lacking)
        for name, array in given.items():
            rows = next((rows for layer, rows in places.items() if name.startswith(layer)), None)
            _put(state[name], torch.from_numpy(array), rows)
    except (KeyError, RuntimeError) as error:
        raise TrainingError(f"{folder} holds a model of another form than the network that is trained.") from error
    network.load_state_dict(state)


def _named(tensors: Mapping[str, Array], description: ModelDescription) -> dict[str, Array]:
    """A graph's tensors under the network's names."""
    words = {TOKEN_WEIGHT: "tokens.weight", TOKEN_BIAS: "tokens.bias"}
    found = {f"classifier.{name}": array for name, array in bert_tensors(tensors).items()}
    found |= {name: tensors[place] for name, place in words.items() if place in tensors}
    scale = {name: array for name, array in tensors.items() if name.startswith("scale.")}
    # The head has empty rows for the other outputs.
    rows = [i for i, output in enumerate(description.outputs) if output in SERVED]
    return found | {name: array[rows] if name.startswith(SCALE_OUTPUTS) else array for name, array in scale.items()}


def _put(target: torch.Tensor, tensor: torch.Tensor, places: Sequence[int] | None) -> None:
    """Copy a tensor: only the outputs that the model has, only the first of the segment types."""
    if places is not None:
        target[places] = tensor
    elif len(tensor) == 1 < len(target):
        target[:1] = tensor
    else:
        target.copy_(tensor.reshape(target.shape))
