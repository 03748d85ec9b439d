"""Matrices that are kept in whole numbers with scales: a quarter or half of float16's bytes.

The graph holds the numbers and the arithmetic that makes them float again: `inference.compiled` has that done once for
the layers, and OpenVINO does it row by row for the embeddings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation.scoring.inference.compiled import load_openvino

if TYPE_CHECKING:
    from numpy import float16, float32, int8
    from numpy.typing import NDArray

MOST_OF_8_BITS = 127


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A matrix: whole numbers times scales.

    Attributes:
        bits: 8, or 4: then the numbers are from -8 to 7.
        numbers: Rows × blocks × numbers of a block.
        scales: Rows × blocks × 1.
    """

    bits: int
    numbers: NDArray[int8]
    scales: NDArray[float16]

    def matrix(self) -> NDArray[float32]:
        """The matrix in float32, rows × columns."""
        found: NDArray[float32] = (self.numbers.astype("float32") * self.scales.astype("float32")).reshape(
            len(self.numbers), -1
        )
        return found

    def node(self, ops: Any) -> Any:
        """The graph's nodes for it, in float32."""
        whole = ops.convert(self._constant(ops), "f16")
        rows, blocks, size = self.numbers.shape
        shape = ops.constant([rows, blocks * size], dtype="int64")
        return ops.convert(ops.reshape(ops.multiply(whole, ops.constant(self.scales)), shape, False), "f32")

    def _constant(self, ops: Any) -> Any:
        openvino = load_openvino()
        if self.bits == 8:  # noqa: PLR2004
            return ops.constant(self.numbers)
        halves = (self.numbers.astype("uint8") & 15).reshape(-1, 2)
        # The first of two numbers is in the lower half of a byte.
        # A tensor of its own: one over numpy's memory would outlive it.
        tensor = openvino.Tensor(openvino.Type.i4, openvino.Shape(self.numbers.shape))
        tensor.data[:] = halves[:, 0] | halves[:, 1] << 4
        return ops.constant(tensor)


def in_8_bits(matrix: NDArray[float32]) -> Packed:
    """A matrix in 8 bits, each row with its own scale."""
    import numpy

    scales = (numpy.abs(matrix).max(axis=1, keepdims=True) / MOST_OF_8_BITS).clip(1e-6).astype(numpy.float16)
    numbers = numpy.rint(matrix / scales.astype(numpy.float32)).clip(-MOST_OF_8_BITS, MOST_OF_8_BITS)
    return Packed(8, numbers.astype(numpy.int8)[:, None, :], scales[:, :, None])
