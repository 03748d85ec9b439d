"""The teacher: its files are the known ones, its word list can hold nothing that runs, its judgement is a teacher's."""

from __future__ import annotations

import importlib.util
import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from moderation.training.examples import TrainingError
from moderation.training.teachers.lstm import SHA256, TAUGHT, Teacher, _Unpickler, teacher_folder


def test_a_file_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    for name in SHA256:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(TrainingError, match="not the known file"):
        Teacher(tmp_path)


def test_a_word_list_that_would_run_something_is_refused() -> None:
    class Runs:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("true",)

    with pytest.raises(TrainingError, match="no word list needs"):
        _Unpickler(io.BytesIO(pickle.dumps(Runs()))).load()


def test_it_tells_abuse_from_thanks(missing: Callable[[str], None]) -> None:
    for package in ("toxic_classifier", "h5py"):
        if importlib.util.find_spec(package) is None:
            missing(f"{package} (requirements-training.txt)")
    told: list[int] = []
    said = Teacher(teacher_folder())(["Thank you, that was kind.", "You stupid fucking idiot.", ""], told.append)
    assert said.shape == (3, len(TAUGHT))
    assert said[0].max() < 0.1
    assert said[1][TAUGHT.index("toxicity")] > 0.9
    assert np.isfinite(said).all()
    assert told == [3]
