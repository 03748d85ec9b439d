"""Checkpoints in Detoxify's form to measure on: the embedded model's own weights, or seeded ones of BERT-base's shape.

Torch and transformers are imported when something here is called; scoring never does.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from moderation.scoring.catalogue.descriptions import describe, folder_of
from moderation.scoring.conversion.checkpoints import bert_tensors
from moderation.scoring.conversion.detoxified import open_checkpoint, write_checkpoint
from moderation.scoring.conversion.graph import load_tensors
from moderation.scoring.conversion.parity import Parity, Progress, compare, refer
from moderation.scoring.results import ATTRIBUTES

ARCHITECTURE = "BertForSequenceClassification"
BERT_BASE = {"layers": 12, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}
# MiniLM's: heads of 32.
COMPACT_HEADS = 12
SEED = 20171219


def compact_checkpoint(folder: Path) -> Path:
    """Write the embedded model's weights, which are half precision: `model.ckpt` and what it needs."""
    import torch

    own = load_tensors(folder_of("compact") / "model.xml")
    tensors = {name: torch.from_numpy(array) for name, array in bert_tensors(own).items()}
    labels = describe("compact").outputs
    inner, width = own["layers.0.inner.weight"].shape
    layers = sum(place.endswith("query.weight") for place in own)
    shape = {"layers": layers, "hidden_size": width, "num_attention_heads": COMPACT_HEADS, "intermediate_size": inner}
    _write_config(folder, shape, len(labels), len(own["positions"]))
    write_checkpoint(folder / "model.ckpt", tensors, folder, ARCHITECTURE, labels)
    return folder / "model.ckpt"


def nearness(name: str, checkpoint: Path, texts: Sequence[str], progress: Progress = iter) -> Parity:
    """The parity of an installed model with Detoxify.predict on a checkpoint of its weights.

    What a checkpoint in Detoxify's form cannot hold is taken from the model, and computed by torch.

    Args:
        name: As for `describe`.
        checkpoint: In Detoxify's form.
        texts: Those that fit into one window are compared.
        progress: Yields the texts, and shows the progress.
    """
    description, folder = describe(name), folder_of(name)
    tensors = load_tensors(folder / "model.xml").items()
    beside = {place: array for place, array in tensors if place.startswith("scale.")}
    source = replace(open_checkpoint(checkpoint, checkpoint.parent), own=beside)
    columns = [source.names.index(output) for output in description.outputs]
    reference = refer(source, folder, texts, columns, description.max_tokens, progress)
    return compare(folder / "model.xml", reference, description.precision, description.exact_parts)


def bert_base_checkpoint(folder: Path) -> Path:
    """Write seeded random weights of BERT-base's shape with Detoxify's seven outputs; half precision keeps them."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(SEED)
    _write_config(folder, BERT_BASE, len(ATTRIBUTES), 512)
    model: Any = BertForSequenceClassification(BertConfig.from_pretrained(folder))
    write_checkpoint(folder / "model.ckpt", model.half().float().state_dict(), folder, ARCHITECTURE, ATTRIBUTES)
    return folder / "model.ckpt"


def _write_config(folder: Path, shape: dict[str, int], outputs: int, positions: int) -> None:
    from transformers import BertConfig, BertTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder_of("compact") / "tokenizer.json", folder / "tokenizer.json")
    tokenizer = BertTokenizer.from_pretrained(folder, model_max_length=positions)
    tokenizer.save_pretrained(folder)
    sizes = {name: value for name, value in shape.items() if name != "layers"}
    config = BertConfig(
        vocab_size=len(tokenizer),
        num_hidden_layers=shape["layers"],
        max_position_embeddings=positions,
        type_vocab_size=1,
        num_labels=outputs,
        **sizes,
    )
    fields = config.to_dict() | {"architectures": [ARCHITECTURE]}
    (folder / "config.json").write_text(json.dumps(fields, default=str), encoding="utf-8")
