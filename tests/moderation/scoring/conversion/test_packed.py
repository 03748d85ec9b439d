"""Matrices in whole numbers: what the graph makes of them is what they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from openvino import Model, opset13, save_model

from moderation.scoring.conversion.packed import Packed, in_8_bits
from moderation.scoring.inference.compiled import open_core, read_graphs


@pytest.fixture
def matrices() -> list[Packed]:
    chance = np.random.default_rng(1)
    numbers, scales = chance.integers(-8, 8, (64, 2, 32)), chance.random((64, 2, 1))
    wide = chance.standard_normal((64, 64)).astype(np.float32)
    return [Packed(4, numbers.astype(np.int8), scales.astype(np.float16)), in_8_bits(wide)]


def test_8_bits_are_near_the_matrix() -> None:
    matrix = np.random.default_rng(2).standard_normal((8, 64)).astype(np.float32)
    assert np.abs(in_8_bits(matrix).matrix() - matrix).max() <= np.abs(matrix).max() / 127


def test_rows_that_are_looked_up_and_products_are_exact(matrices: list[Packed], tmp_path: Path) -> None:
    ids = opset13.parameter([-1], np.int64, name="ids")
    rows = opset13.gather(matrices[0].node(opset13), ids, opset13.constant(0))
    product = opset13.matmul(rows, matrices[1].node(opset13), False, True)
    product.output(0).set_names({"probabilities"})
    save_model(Model([opset13.result(product)], [ids], "a"), str(tmp_path / "a.xml"), compress_to_fp16=True)
    [graph] = read_graphs(tmp_path / "a.xml", output="probabilities", exact_parts=0)
    [weights] = [node.input_value(1) for node in graph.get_ordered_ops() if node.get_type_name() == "MatMul"]
    assert weights.get_node().get_type_name() == "Constant"
    compiled = open_core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    [found] = compiled([np.array([3, 0, 63])]).values()
    wanted = matrices[0].matrix()[[3, 0, 63]] @ matrices[1].matrix().T
    assert np.allclose(found, wanted, rtol=1e-4, atol=1e-3)
