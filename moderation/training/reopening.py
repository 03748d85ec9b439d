"""A model that is there as the beginning of a training: the weights of its graph under the names of the network.

What a model lacks (outputs that it was not worth serving, the sets' shifts) begins as in any training.
"""

from __future__ import annotations

from pathlib import Path

import torch

from moderation.scoring.descriptions import read_description, verify
from moderation.scoring.graph import load_tensors
from moderation.training.batches import PLACE
from moderation.training.examples import TrainingError
from moderation.training.network import TOKEN_BIAS, TOKEN_WEIGHT, Network

EMBEDDINGS = {
    "words": "word_embeddings.weight",
    "positions": "position_embeddings.weight",
    "norm.weight": "LayerNorm.weight",
    "norm.bias": "LayerNorm.bias",
}
KIND = "classifier.bert.embeddings.token_type_embeddings.weight"
PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "out_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
POOLER = "classifier.bert.pooler.dense"


def begin_with(network: Network, folder: Path) -> None:
    """Give a network the weights of a model of the same form, in float16 as they are kept.

    Args:
        network: Changed in place.

    Raises:
        ScoringError: Where the folder holds no model, or another one than it says.
        TrainingError: Where the model is of another form.
    """
    description = read_description(folder)
    verify(folder, description)
    tensors = {name: torch.from_numpy(array) for name, array in load_tensors(folder / "model.xml").items()}
    state = network.state_dict()
    try:
        for name, tensor in tensors.items():
            _put(state, name, tensor, [PLACE[output] for output in description.outputs])
    except (KeyError, RuntimeError) as error:
        raise TrainingError(f"{folder} holds a model of another form than the network that is trained.") from error
    network.load_state_dict(state)


def _put(state: dict[str, torch.Tensor], name: str, tensor: torch.Tensor, outputs: list[int]) -> None:
    if name.startswith("classifier."):
        state[f"classifier.{name}"][outputs] = tensor
    elif name == "kind":
        state[KIND][0] = tensor[0]
    else:
        state[_place(name)].copy_(tensor.reshape(state[_place(name)].shape))


def _place(name: str) -> str:
    """A tensor's name in the network, by its name in the graph."""
    if name in EMBEDDINGS:
        return f"classifier.bert.embeddings.{EMBEDDINGS[name]}"
    if name.startswith("layers."):
        _, number, part, kind = name.split(".")
        return f"classifier.bert.encoder.layer.{number}.{PARTS[part]}.{kind}"
    others = {"tokens.weight": TOKEN_WEIGHT, "tokens.bias": TOKEN_BIAS}
    return others.get(name) or f"{POOLER}.{name.removeprefix('pooler.')}"
