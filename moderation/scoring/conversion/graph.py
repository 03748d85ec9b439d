"""Builds an OpenVINO graph from an `Encoder`, so that the engine is fast and close to float32.

Built from tensors rather than traced from torch, because two things differ from the model's own code:

- If the classifier reads the first token's row of the last layer alone, only that row is computed: its keys and values
  come from all tokens, the rest of the layer from one. That saves a sixth of compact's arithmetic.
- OpenVINO computes every matrix product in bfloat16, but what comes after the last of them in float32. So pooler and
  classifier, a thousandth of the work, are multiply and sum, which took the largest error from 0.014 to 0.009. The sum
  is over the second to last axis; over the last one, OpenVINO 2026.4 is wrong for more than one row.

The tensors between parts (a layer's attention, its feed-forward half) are named, so that `compiled` can cut the graph
there and compute the first parts in float32.

The token output needs every row of the last layer. It has its own branch, which the engine removes unless it is
requested. The addition for Perspective's scale reads every row too, but of the layers before the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.scoring.inference.compiled import load_openvino, open_core, rows_after

if TYPE_CHECKING:
    from moderation.scoring.conversion.encoder import Array, Encoder, Layer, Linear, Norm, ScaleWeights
    from moderation.scoring.conversion.packed import Packed

# Subtracted, it is far below any attention score, and it fits half precision.
HIDDEN = 10_000.0


def save_graph(encoder: Encoder, path: Path, packed: Mapping[str, Packed] | None = None) -> None:
    """Write `model.xml`, and next to it `model.bin` with the weights in float16.

    Args:
        packed: Matrices that are kept in whole numbers, by their path in the `Encoder`.
    """
    graph = _Graph(encoder, packed or {}).model()
    for number, node in enumerate(graph.get_ordered_ops()):
        # By default names are numbered per process, and a second conversion would give another hash.
        if node.get_type_name() not in {"Constant", "Parameter"}:
            node.set_friendly_name(f"{node.get_type_name()}.{number}")
    load_openvino().save_model(graph, str(path), compress_to_fp16=True)


def load_tensors(path: Path) -> dict[str, Array]:
    """The tensors that `save_graph` wrote, by their path in the `Encoder`, such as `layers.0.query.weight`."""
    import numpy

    found = open_core().read_model(str(path)).get_ordered_ops()
    constants = [node for node in found if node.get_type_name() == "Constant"]
    named = {node.get_friendly_name().removesuffix("_compressed"): node for node in constants}
    return {name: node.data.astype(numpy.float32) for name, node in named.items() if not name.startswith("constant.")}


def placed(encoder: Encoder) -> dict[str, Array]:
    """Every tensor of an encoder by its path; one that occurs twice by its first."""
    found: dict[str, Array] = {}
    seen: set[int] = set()
    for place, array in _walk(encoder, ""):
        if id(array) not in seen:
            seen.add(id(array))
            found[place] = array
    return found


def _walk(part: Any, place: str) -> Iterator[tuple[str, Array]]:
    if hasattr(part, "shape"):
        yield place, part
    elif isinstance(part, tuple):
        for number, layer in enumerate(part):
            yield from _walk(layer, f"{place}.{number}")
    elif is_dataclass(part):
        for field in fields(part):
            yield from _walk(getattr(part, field.name), f"{place}.{field.name}".lstrip("."))


class _Graph:
    """Builds the graph of one encoder; a tensor that occurs twice becomes one constant."""

    def __init__(self, encoder: Encoder, packed: Mapping[str, Packed]) -> None:
        load_openvino()
        from openvino import opset13

        self._ops: Any = opset13
        self._encoder, self._packed = encoder, packed
        self._places = {id(array): place for place, array in placed(encoder).items()}
        self._constants: dict[int, Any] = {}
        self._unnamed = count()

    def model(self) -> Any:
        """From `input_ids` and `attention_mask`, rows × width, to `probabilities`, and to `tokens` if there are any."""
        ids, mask = self._input("input_ids"), self._input("attention_mask")
        rows, hidden = self._embeddings(ids), self._hidden(mask)
        *before, last = self._encoder.layers
        after = []
        for place, layer in enumerate(before):
            rows = self._layer(layer, rows, rows, hidden, place)
            after.append(rows)
        pooled = self._layer(last, rows, self._first(rows), hidden) if not self._encoder.mean else None
        whole = self._layer(last, rows, rows, hidden) if self._encoder.mean or self._encoder.tokens else None
        first = self._mean(whole, mask) if pooled is None else self._ops.squeeze(pooled, self._whole([1]))
        results = [self._named(self._probabilities(first, after, ids, mask), "probabilities")]
        if self._encoder.tokens:
            marks = self._ops.sigmoid(self._linear(self._encoder.tokens, whole))
            results.append(self._named(self._ops.squeeze(marks, self._whole([-1])), "tokens"))
        return load_openvino().Model([self._ops.result(result) for result in results], [ids, mask], "encoder")

    def _first(self, rows: Any) -> Any:
        return self._ops.slice(rows, *map(self._whole, ([0], [1], [1], [1])))

    def _mean(self, rows: Any, mask: Any) -> Any:
        """The mean of the rows that are tokens."""
        real = self._ops.unsqueeze(self._ops.convert(mask, "f32"), self._whole([-1]))
        return self._ops.reduce_sum(rows * real, self._whole([1])) / self._ops.reduce_sum(real, self._whole([1]))

    def _input(self, name: str) -> Any:
        import numpy

        return self._named(self._ops.parameter([-1, -1], numpy.int64, name=name), name)

    def _named(self, node: Any, name: str) -> Any:
        node.output(0).set_names({name})
        return node

    def _embeddings(self, ids: Any) -> Any:
        width = self._ops.gather(self._ops.shape_of(ids), self._whole([1]), self._whole([0]))
        positions = self._ops.slice(
            self._constant(self._encoder.positions), self._whole([0]), width, self._whole([1]), self._whole([0])
        )
        words = self._ops.gather(self._constant(self._encoder.words), ids, self._whole([0]))
        rows = self._norm(self._encoder.norm, words + (positions + self._constant(self._encoder.kind)))
        return self._linear(self._encoder.widen, rows) if self._encoder.widen else rows

    def _hidden(self, mask: Any) -> Any:
        """What is added to the attention scores: 0 for a token, a large negative number for padding."""
        real = self._ops.convert(mask, "f32")
        return self._ops.unsqueeze((real - self._number(1.0)) * self._number(HIDDEN), self._whole([1, 2]))

    def _layer(self, layer: Layer, rows: Any, asking: Any, hidden: Any, place: int | None = None) -> Any:
        """A layer's output for the rows `asking`, a subset of `rows`; with a place, its parts are named."""
        found = self._linear(layer.out, self._attention(layer, rows, asking, hidden))
        asking = self._part(self._norm(layer.out_norm, asking + found), place, 1)
        inner = self._ops.gelu(self._linear(layer.inner, asking), self._encoder.activation)
        return self._part(self._norm(layer.outer_norm, asking + self._linear(layer.outer, inner)), place, 2)

    def _part(self, node: Any, place: int | None, half: int) -> Any:
        return node if place is None else self._named(node, rows_after(2 * place + half))

    def _attention(self, layer: Layer, rows: Any, asking: Any, hidden: Any) -> Any:
        query, key, value = (
            self._split(self._linear(part, source))
            for part, source in ((layer.query, asking), (layer.key, rows), (layer.value, rows))
        )
        width = len(layer.query.bias)
        scaled = query * self._number((width // self._encoder.heads) ** -0.5)
        shares = self._ops.softmax(self._ops.matmul(scaled, key, False, True) + hidden, -1)
        found = self._ops.transpose(self._ops.matmul(shares, value, False, False), self._whole([0, 2, 1, 3]))
        return self._ops.reshape(found, self._whole([0, 0, width]), True)

    def _split(self, rows: Any) -> Any:
        """Rows × width × all heads to rows × heads × width × one head."""
        return self._ops.transpose(
            self._ops.reshape(rows, self._whole([0, 0, self._encoder.heads, -1]), True), self._whole([0, 2, 1, 3])
        )

    def _probabilities(self, first: Any, after: Sequence[Any], ids: Any, mask: Any) -> Any:
        pooled = self._ops.tanh(self._exact(self._encoder.pooler, first))
        logits = self._exact(self._encoder.classifier, pooled)
        if self._encoder.scale:
            tokens = self._of_tokens(self._encoder.scale, after, self._ops.convert(mask, "f32"))
            logits = logits + self._added(self._encoder.scale, [pooled, *tokens], self._words(self._encoder.scale, ids))
        return self._ops.sigmoid(logits)

    def _added(self, scale: ScaleWeights, pooled: list[Any], words: Any) -> Any:
        found = self._ops.gelu(self._exact(scale.pool, self._ops.concat(pooled, -1)), self._encoder.activation)
        return self._exact(scale.out, self._ops.concat([found, words], -1))

    def _of_tokens(self, scale: ScaleWeights, after: Sequence[Any], mask: Any) -> tuple[Any, Any]:
        """Mean and maximum over the tokens of the rows from the layers before the last."""
        gelu = self._encoder.activation
        read = int(scale.down.weight.shape[1]) // len(self._encoder.layers[0].query.bias)
        rows = self._linear(scale.down, self._ops.concat(list(after[-read:]), -1))
        rows = self._ops.gelu(self._norm(scale.norm, rows), gelu)
        rows = self._ops.gelu(self._linear(scale.turn, rows), gelu)
        real = self._ops.unsqueeze(mask, self._whole([-1]))
        mean = self._ops.reduce_sum(rows * real, self._whole([1])) / self._ops.reduce_sum(real, self._whole([1]))
        padding = (real - self._number(1.0)) * self._number(HIDDEN)
        return mean, self._ops.reduce_max(rows + padding, self._whole([1]))

    def _words(self, scale: ScaleWeights, ids: Any) -> Any:
        """The linear model over the tokens; padding and other special tokens have weight 0."""
        found = self._ops.gather(self._constant(scale.words), ids, self._whole([0]))
        weight, rarity = self._ops.split(self._ops.reduce_sum(found, self._whole([1])), self._whole(1), 2).outputs()
        return self._ops.divide(weight, self._ops.sqrt(self._ops.maximum(rarity, self._number(1.0))))

    def _exact(self, linear: Linear, rows: Any) -> Any:
        turned = self._ops.transpose(self._constant(linear.weight), self._whole([1, 0]))
        products = self._ops.unsqueeze(rows, self._whole([-1])) * turned
        return self._ops.reduce_sum(products, self._whole([-2])) + self._constant(linear.bias)

    def _linear(self, linear: Linear, rows: Any) -> Any:
        return self._ops.matmul(rows, self._constant(linear.weight), False, True) + self._constant(linear.bias)

    def _norm(self, norm: Norm, rows: Any) -> Any:
        even = self._ops.mvn(rows, self._whole([-1]), True, self._encoder.epsilon, "INSIDE_SQRT")
        return even * self._constant(norm.weight) + self._constant(norm.bias)

    def _constant(self, array: Array) -> Any:
        if id(array) not in self._constants:
            place = self._places[id(array)]
            found = self._packed[place].node(self._ops) if place in self._packed else self._ops.constant(array)
            found.set_friendly_name(place)
            self._constants[id(array)] = found
        return self._constants[id(array)]

    def _whole(self, values: list[int] | int) -> Any:
        return self._own(values, "int64")

    def _number(self, value: float) -> Any:
        return self._own(value, "float32")

    def _own(self, value: Any, kind: str) -> Any:
        import numpy

        constant = self._ops.constant(numpy.array(value, dtype=kind))
        constant.set_friendly_name(f"constant.{next(self._unnamed)}")
        return constant
