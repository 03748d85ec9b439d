"""Maps a checkpoint's tensors to an `Encoder`, for transformers' BERT, ALBERT, RoBERTa and XLM-R classifiers.

No torch here: tensors are arrays. Each architecture's layout is that of its class in transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moderation.scoring.conversion.encoder import Encoder, Layer, Linear, Norm, ScaleWeights
from moderation.scoring.results import ScoringError

if TYPE_CHECKING:
    from moderation.scoring.conversion.encoder import Array

ACTIVATIONS = {"gelu": "ERF", "gelu_new": "TANH", "gelu_pytorch_tanh": "TANH"}
BERT_LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "out_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
ALBERT_LAYER = {
    "query": "attention.query",
    "key": "attention.key",
    "value": "attention.value",
    "out": "attention.dense",
    "out_norm": "attention.LayerNorm",
    "inner": "ffn",
    "outer": "ffn_output",
    "outer_norm": "full_layer_layer_norm",
}


def read_encoder(tensors: Mapping[str, Array], config: Mapping[str, Any]) -> Encoder:
    """Read an encoder from a checkpoint's tensors.

    Args:
        tensors: By name in the state dict, float32.
        config: The fields of `config.json`.

    Raises:
        ScoringError: `conversion_failed` for another architecture or a missing tensor; a retry does not help.
    """
    kind = str(config.get("model_type"))
    reader = _READERS.get(kind)
    if reader is None:
        raise failed(f"The checkpoint is of the kind {kind}; known: {', '.join(_READERS)}.")
    if config["hidden_act"] not in ACTIVATIONS:
        raise failed(f"The activation {config['hidden_act']} is not known; known: {', '.join(ACTIVATIONS)}.")
    try:
        return reader(tensors, config)
    except KeyError as error:
        raise failed(f"The checkpoint has no {error.args[0]}.") from error


def bert_tensors(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """The state dict of a BERT from tensors by their path in the `Encoder`: the inverse of `read_encoder`."""
    embeddings = "bert.embeddings"
    names = {
        "words": f"{embeddings}.word_embeddings.weight",
        "positions": f"{embeddings}.position_embeddings.weight",
        "kind": f"{embeddings}.token_type_embeddings.weight",
        "norm": f"{embeddings}.LayerNorm",
        "pooler": "bert.pooler.dense",
        "classifier": "classifier",
    }
    own = ("tokens.", "scale.")
    return {_bert_name(place, names): array for place, array in tensors.items() if not place.startswith(own)}


def _bert_name(place: str, names: Mapping[str, str]) -> str:
    first, *rest = place.split(".")
    if first == "layers":
        number, part, kind = rest
        return f"bert.encoder.layer.{number}.{BERT_LAYER[part]}.{kind}"
    return ".".join([names[first], *rest])


def failed(detail: str) -> ScoringError:
    """The error of a conversion that is impossible; a retry does not help."""
    return ScoringError("conversion_failed", detail)


def _bert(tensors: Mapping[str, Array], config: Mapping[str, Any]) -> Encoder:
    dense, classifier = _linear(tensors, "bert.pooler.dense"), _linear(tensors, "classifier")
    return _encoder(tensors, config, "bert", _layers(tensors, config, "bert"), dense, classifier)


def _roberta(tensors: Mapping[str, Array], config: Mapping[str, Any]) -> Encoder:
    dense, classifier = _linear(tensors, "classifier.dense"), _linear(tensors, "classifier.out_proj")
    # RoBERTa reserves the first positions for padding.
    first = int(config["pad_token_id"]) + 1
    layers = _layers(tensors, config, "roberta")
    return _encoder(tensors, config, "roberta", layers, dense, classifier, first=first)


def _albert(tensors: Mapping[str, Array], config: Mapping[str, Any]) -> Encoder:
    count, groups, inner = (config[name] for name in ("num_hidden_layers", "num_hidden_groups", "inner_group_num"))
    shared = [
        [
            _layer(tensors, f"albert.encoder.albert_layer_groups.{g}.albert_layers.{i}", ALBERT_LAYER)
            for i in range(inner)
        ]
        for g in range(groups)
    ]
    layers = tuple(layer for i in range(count) for layer in shared[i * groups // count])
    dense, classifier = _linear(tensors, "albert.pooler"), _linear(tensors, "classifier")
    widen = _linear(tensors, "albert.encoder.embedding_hidden_mapping_in")
    return _encoder(tensors, config, "albert", layers, dense, classifier, widen=widen)


_READERS: dict[str, Callable[[Mapping[str, Array], Mapping[str, Any]], Encoder]] = {
    "bert": _bert,
    "roberta": _roberta,
    "xlm-roberta": _roberta,
    "albert": _albert,
}


def _encoder(
    tensors: Mapping[str, Array],
    config: Mapping[str, Any],
    name: str,
    layers: tuple[Layer, ...],
    pooler: Linear,
    classifier: Linear,
    *,
    first: int = 0,
    widen: Linear | None = None,
) -> Encoder:
    embeddings = f"{name}.embeddings"
    return Encoder(
        words=tensors[f"{embeddings}.word_embeddings.weight"],
        positions=tensors[f"{embeddings}.position_embeddings.weight"][first:],
        kind=tensors[f"{embeddings}.token_type_embeddings.weight"][:1],
        norm=_norm(tensors, f"{embeddings}.LayerNorm"),
        widen=widen,
        layers=layers,
        heads=config["num_attention_heads"],
        epsilon=config["layer_norm_eps"],
        activation="TANH" if ACTIVATIONS[config["hidden_act"]] == "TANH" else "ERF",
        pooler=pooler,
        classifier=classifier,
        tokens=_linear(tensors, "token_classifier") if "token_classifier.weight" in tensors else None,
        scale=_scale(tensors) if "scale.down.weight" in tensors else None,
    )


def _scale(tensors: Mapping[str, Array]) -> ScaleWeights:
    linear = {part: _linear(tensors, f"scale.{part}") for part in ("down", "turn", "pool", "out")}
    return ScaleWeights(norm=_norm(tensors, "scale.norm"), words=tensors["scale.words"], **linear)


def _layers(tensors: Mapping[str, Array], config: Mapping[str, Any], name: str) -> tuple[Layer, ...]:
    count = range(config["num_hidden_layers"])
    return tuple(_layer(tensors, f"{name}.encoder.layer.{i}", BERT_LAYER) for i in count)


def _layer(tensors: Mapping[str, Array], name: str, names: Mapping[str, str]) -> Layer:
    parts: dict[str, Any] = {
        part: (_norm if part.endswith("norm") else _linear)(tensors, f"{name}.{inside}")
        for part, inside in names.items()
    }
    return Layer(**parts)


def _linear(tensors: Mapping[str, Array], name: str) -> Linear:
    return Linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _norm(tensors: Mapping[str, Array], name: str) -> Norm:
    return Norm(tensors[f"{name}.weight"], tensors[f"{name}.bias"])
