"""A checkpoint opened by the detoxify library: the source of a conversion, and the reference for parity and speed.

Not on the scoring path: torch, transformers and detoxify are imported when something here is called. Detoxify unpickles
what it loads, so every file is first read with `weights_only=True`, which refuses anything but tensors and plain data.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.scoring.catalogue.descriptions import file_hash
from moderation.scoring.conversion.checkpoints import failed

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

# Tensors of the token output, and of the addition for Perspective's scale (`encoder.ScaleWeights`).
OWN_PARTS = ("token_classifier.", "scale.")
TOKENIZERS = {
    "BertForSequenceClassification": "BertTokenizer",
    "AlbertForSequenceClassification": "AlbertTokenizer",
    "RobertaForSequenceClassification": "RobertaTokenizer",
    "XLMRobertaForSequenceClassification": "XLMRobertaTokenizer",
}


@dataclass(frozen=True, slots=True)
class Detoxified:
    """A model in the detoxify library.

    Attributes:
        library: The `Detoxify` object.
        sha256: Of the checkpoint that it was read from.
        own: The tensors of parts that Detoxify does not know (`OWN_PARTS`); empty if there are none.
    """

    library: Any
    sha256: str
    own: dict[str, NDArray[float32]]

    @property
    def names(self) -> list[str]:
        """Detoxify's names of the outputs, in order; the model may have further outputs without a name."""
        return list(self.library.class_names)

    @property
    def config(self) -> dict[str, Any]:
        """The fields of the model's `config.json`."""
        fields: dict[str, Any] = self.library.model.config.to_dict()
        return fields

    @property
    def longest(self) -> int:
        """Tokens after which its tokenizer truncates a text, special ones included."""
        return int(self.library.tokenizer.model_max_length)

    def tensors(self) -> dict[str, NDArray[float32]]:
        """The state dict in float32."""
        state = {name: tensor.float().numpy() for name, tensor in self.library.model.state_dict().items()}
        return state | self.own

    def save_tokenizer(self, path: Path) -> None:
        """Write the tokenizer as `tokenizer.json`."""
        self.library.tokenizer.backend_tokenizer.save(str(path))

    def predict(self, texts: Sequence[str]) -> NDArray[float32]:
        """`Detoxify.predict` for one batch of texts: texts × names; a part that Detoxify lacks is computed in torch."""
        import numpy

        if "scale.down.weight" in self.own:
            return self._with_scale(texts)
        found = self.library.predict(list(texts))
        columns = [numpy.atleast_1d(numpy.asarray(found[name], dtype=numpy.float32)) for name in self.names]
        return numpy.stack(columns, axis=1)

    def _with_scale(self, texts: Sequence[str]) -> NDArray[float32]:
        import torch

        model, own = self.library.model, {name: torch.from_numpy(array) for name, array in self.own.items()}
        given = self.library.tokenizer(list(texts), return_tensors="pt", truncation=True, padding=True)
        with torch.no_grad():
            said = model(**given, output_hidden_states=True)
            pooled = model.base_model.pooler(said.hidden_states[-1])
            added = _scale(own, given, said.hidden_states, pooled, model.config.layer_norm_eps)
        found: NDArray[float32] = (said.logits + added).sigmoid().numpy()
        return found


def open_checkpoint(checkpoint: Path, scratch: Path, folder: Path | None = None) -> Detoxified:
    """Open a local checkpoint in Detoxify's format.

    Args:
        checkpoint: The `.ckpt` file.
        scratch: A folder for a copy that refers to `folder`.
        folder: With `config.json` and the tokenizer's files; None takes what the checkpoint names, a folder or a model
            on the Hugging Face hub.

    Raises:
        ScoringError: `conversion_failed` if the file holds anything but weights and plain data, has another format, or
            needs files that are missing; the message says which.
    """
    loaded, sha256 = _read(checkpoint), file_hash(checkpoint)
    if folder:
        import torch

        loaded["config"]["arch"]["args"]["model_type"] = str(folder)
        checkpoint = scratch / "model.ckpt"
        torch.save({"config": loaded["config"], "state_dict": loaded["state_dict"]}, checkpoint)
    return Detoxified(_load(checkpoint), sha256, {})


def fetch_published(kind: str) -> Path:
    """The checkpoint of a model that Detoxify publishes, downloaded if it is missing.

    Args:
        kind: Detoxify's own name for it, such as `original-small`.

    Raises:
        ScoringError: `conversion_failed` without a network, with what to copy where; or if the file's hash does not
            begin with the prefix in its published name.
    """
    import torch
    from detoxify.detoxify import MODEL_URLS

    url: str = MODEL_URLS[kind]
    file = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    if not file.exists():
        _fetch(url, file)
    found, prefix = file_hash(file), file.stem.rpartition("-")[2]
    if not found.startswith(prefix):
        raise failed(f"{file} has SHA-256 {found[:12]}…, its name says {prefix}…: delete it and fetch it again.")
    return file


def open_folder(folder: Path, scratch: Path) -> Detoxified:
    """Open a classifier in Hugging Face's format, by way of a checkpoint in Detoxify's.

    Args:
        folder: With `config.json`, `model.safetensors` and the tokenizer's files.
        scratch: A folder for the checkpoint.

    Raises:
        ScoringError: `conversion_failed` if something is missing, or for another architecture.
    """
    from safetensors.torch import load_file

    weights = folder / "model.safetensors"
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        [architecture] = config["architectures"]
        tensors = {name: tensor.float() for name, tensor in load_file(weights).items()}
    except (OSError, ValueError, KeyError) as error:
        raise failed(f"{folder} cannot be read as a model in Hugging Face form.") from error
    own = {name: tensors.pop(name).numpy() for name in list(tensors) if name.startswith(OWN_PARTS)}
    labels = list(config.get("id2label", {"0": "LABEL_0", "1": "LABEL_1"}).values())
    write_checkpoint(scratch / "model.ckpt", tensors, folder, architecture, labels)
    return Detoxified(_load(scratch / "model.ckpt"), file_hash(weights), own)


def write_checkpoint(path: Path, tensors: Any, folder: Path, architecture: str, labels: Sequence[str]) -> None:
    """Write weights in Detoxify's format.

    Args:
        path: The `.ckpt` file.
        tensors: The state dict.
        folder: With `config.json` and the tokenizer.
        architecture: The class in transformers.
        labels: The outputs' names.

    Raises:
        ScoringError: `conversion_failed` for a class without a known tokenizer.
    """
    import torch

    if architecture not in TOKENIZERS:
        raise failed(f"The model is a {architecture}; known: {', '.join(TOKENIZERS)}.")
    arch = {
        "model_type": str(folder),
        "model_name": architecture,
        "tokenizer_name": TOKENIZERS[architecture],
        "num_classes": len(labels),
    }
    config = {"dataset": {"args": {"classes": list(labels)}}, "arch": {"args": arch}}
    torch.save({"config": config, "state_dict": tensors}, path)


def _scale(own: Mapping[str, Any], given: Mapping[str, Any], states: Sequence[Any], pooled: Any, epsilon: float) -> Any:
    """What `encoder.ScaleWeights` adds to the logits, from the states after the embeddings and after each layer."""
    import torch
    from torch.nn.functional import gelu, layer_norm, linear

    def put(part: str, rows: Any) -> Any:
        return linear(rows, own[f"scale.{part}.weight"], own[f"scale.{part}.bias"])

    norm, read = own["scale.norm.weight"], own["scale.down.weight"].shape[1] // states[0].shape[-1]
    rows = put("down", torch.cat(list(states[-1 - read : -1]), -1))
    rows = gelu(put("turn", gelu(layer_norm(rows, norm.shape, norm, own["scale.norm.bias"], epsilon))))
    real = given["attention_mask"][:, :, None]
    mean, largest = (rows * real).sum(1) / real.sum(1), rows.masked_fill(real == 0, -torch.inf).max(1).values
    weight, rarity = own["scale.words"][given["input_ids"]].sum(1).unbind(-1)
    words = (weight / rarity.clamp(min=1.0).sqrt())[:, None]
    return put("out", torch.cat([gelu(put("pool", torch.cat([pooled, mean, largest], -1))), words], -1))


def _read(checkpoint: Path) -> dict[str, Any]:
    import torch

    try:
        loaded: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except OSError as error:
        raise failed(f"{checkpoint} cannot be read.") from error
    except Exception as error:
        raise failed(f"{checkpoint} holds more than weights and plain data, or is broken: not opened.") from error
    try:
        known = loaded["config"]["arch"]["args"]["model_name"] in TOKENIZERS
        known &= bool(loaded["config"]["dataset"]["args"]["classes"] and loaded["state_dict"])
    except (KeyError, TypeError) as error:
        raise failed(f"{checkpoint} is not in Detoxify's form: config and state_dict.") from error
    if not known:
        raise failed(f"{checkpoint} has another shape; known: {', '.join(TOKENIZERS)}.")
    return loaded


def _load(checkpoint: Path) -> Any:
    from detoxify import Detoxify
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Detoxify(checkpoint=str(checkpoint))
    except (OSError, ValueError, RuntimeError) as error:
        raise failed(
            "The model's config.json or its tokenizer is missing, or does not fit its weights. Where there is no "
            "network, copy config.json and the tokenizer's files of its base model into a folder, and give --config."
        ) from error


def _fetch(url: str, file: Path) -> None:
    import torch

    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(file), hash_prefix=file.stem.rpartition("-")[2])
    except (OSError, RuntimeError) as error:
        raise failed(f"{url} cannot be fetched. Where there is no network, copy that file to {file}.") from error
