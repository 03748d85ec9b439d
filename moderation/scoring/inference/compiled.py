"""A model's graph compiled for this processor: one of its outputs, in one number type or two.

With `conversion.graph`, the only module that uses OpenVINO, which has one number type per compiled graph. If the
model's first parts are computed in float32 and the others in bfloat16, the graph is cut in two at a tensor that
`conversion.graph` has named, and the second half takes the first half's rows.
"""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openvino
    from numpy import float32, int64
    from numpy.typing import NDArray

ROWS = "rows"


def load_openvino() -> Any:
    """The `openvino` module, without its Google Analytics client.

    If `openvino_telemetry` cannot be imported, openvino uses its own stub and writes nothing to the home folder.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def open_core() -> openvino.Core:
    """This process's OpenVINO core, shared by all models and never destroyed.

    A core installs a signal stack on the thread that creates it, and on destruction restores the previous one; if the
    owner of that is gone, the next signal kills the process (2026.4).
    """
    return _core_of(os.getpid())


@cache
def _core_of(_process: int) -> openvino.Core:
    core = load_openvino().Core()
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(core))
    return core


@cache
def fastest_precision() -> str:
    """This processor's fastest number type: `bf16` if it has instructions for it, else `f32`."""
    return "bf16" if "BF16" in open_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def rows_after(part: int) -> str:
    """The name of the tensor after the first `part` parts; a layer has two, attention and feed-forward.

    Args:
        part: From 1 on.
    """
    return f"{ROWS}.{part}"


class Compiled:
    """One output of a model, compiled for streams of one thread each.

    Attributes:
        precision: The number type, or that of the second graph: `bf16` or `f32`.
        graphs: Run in sequence; the second takes the first one's rows.
    """

    def __init__(self, model: Path, *, streams: int, precision: str | None, exact_parts: int, output: str) -> None:
        """Read and compile.

        Args:
            model: `model.xml`.
            streams: Concurrent inferences.
            precision: As for `InferenceSession`.
            exact_parts: How many parts at the start are computed in float32.
            output: The output to keep; whatever only other outputs need is removed.

        Raises:
            RuntimeError: OpenVINO failed, or the graph has no such output or part.
        """
        fastest = fastest_precision()
        self.precision = fastest if precision in {None, fastest} else "f32"
        graphs = read_graphs(model, output=output, exact_parts=exact_parts if self.precision != "f32" else 0)
        kinds = ("f32", self.precision)[-len(graphs) :]
        self.graphs = tuple(compile_graph(graph, streams, kind) for graph, kind in zip(graphs, kinds, strict=True))

    def request(self) -> Request:
        """A new inference request, which runs one batch at a time."""
        return Request(tuple(graph.create_infer_request() for graph in self.graphs))


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One inference at a time, through all graphs."""

    steps: tuple[Any, ...]

    def run(self, ids: NDArray[int64], mask: NDArray[int64]) -> NDArray[float32]:
        """The output for a batch of token ids and its mask, both rows × width."""
        inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": mask}
        for step in self.steps:
            step.start_async(inputs, share_inputs=True)
            step.wait()
            found = step.get_output_tensor(0)
            inputs = {ROWS: found, "input_ids": ids, "attention_mask": mask}
        values: NDArray[float32] = found.data.copy()
        return values


def read_graphs(model: Path, *, output: str, exact_parts: int) -> tuple[openvino.Model, ...]:
    """The graph of one output, cut in two after the first `exact_parts` parts if that is not 0.

    Raises:
        RuntimeError: the graph has no such output or part.
    """
    whole = _one_output(open_core().read_model(str(model)), output)
    _unpack(whole)
    return _cut(whole, rows_after(exact_parts)) if exact_parts else (whole,)


def _one_output(graph: openvino.Model, output: str) -> openvino.Model:
    kept = [result for result in graph.get_results() if output in result.input_value(0).get_names()]
    if not kept:
        raise RuntimeError(f"the graph has no output {output}")
    return load_openvino().Model(kept, graph.get_parameters(), "encoder")


def _unpack(graph: openvino.Model) -> None:
    """Make the layers' matrices that are kept in whole numbers (`conversion.packed`) float, once.

    Left alone, OpenVINO 2026.4 does so in every product, which is a third slower. The embeddings stay as they are: only
    the rows of a batch's tokens are made float.
    """
    from openvino import passes

    found = load_openvino()
    packed = [node.input_value(1) for node in graph.get_ordered_ops() if _is_packed_product(node)]
    if packed:
        manager = passes.Manager()
        manager.register_pass(passes.ConstantFolding())
        # Each matrix becomes a constant in the graph too, as it is the same node.
        manager.run_passes(found.Model(packed, [], "matrices"))


def _is_packed_product(node: Any) -> bool:
    if node.get_type_name() != "MatMul":
        return False
    source = node.input_value(1).get_node()
    return bool(source.get_type_name() == "Convert" and source.input_value(0).get_node().get_type_name() == "Reshape")


def _cut(graph: openvino.Model, name: str) -> tuple[openvino.Model, openvino.Model]:
    """The graph up to the tensor with this name, and the rest, which takes it as `rows`."""
    import numpy
    from openvino import opset13

    model = load_openvino().Model
    [before] = [port for node in graph.get_ordered_ops() for port in node.outputs() if name in port.get_names()] or [0]
    if not before:
        raise RuntimeError(f"the graph has no {name}")
    rows = opset13.parameter(before.get_partial_shape(), numpy.float32, name=ROWS)
    rows.output(0).set_names({ROWS})
    for port in before.get_target_inputs():
        port.replace_source_output(rows.output(0))
    first = model([opset13.result(before)], graph.get_parameters(), "first")
    return first, model(graph.get_results(), [rows, *graph.get_parameters()], "second")


def compile_graph(graph: openvino.Model, streams: int, precision: str) -> openvino.CompiledModel:
    """The graph compiled for `streams` concurrent inferences in the number type `precision`."""
    settings = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
    return open_core().compile_model(graph, "CPU", settings)
